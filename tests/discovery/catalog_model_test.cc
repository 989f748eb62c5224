// SPDX-License-Identifier: Apache-2.0
// The catalog against shard_model.h, over random histories of three shards. TEST_SEED repeats one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <sstream>

#include "discovery/catalog.h"
#include "tests/discovery/shard_model.h"

namespace room_router {
namespace {

using std::chrono::seconds;
using test::ModelRules;
using test::ModelShard;
using test::ModelWords;

constexpr int kSequences = 3000, kEvents = 40;
const char* const kService = "_http._tcp.web";

class History {
 public:
  explicit History(uint32_t seed) : random_(seed), rules_(AnyRules()), model_(rules_, kTargets) {
    settings_.discovery.srv = {kService};
    settings_.discovery.obsolete = seconds(rules_.obsolete);
    settings_.name = {.pattern = R"(^(shard-\d+)-)", .replace = "$1"};
    settings_.health.rise = rules_.rise;
    settings_.health.fall = rules_.fall;
    settings_.health.soft_down_grace = seconds(rules_.grace);
    settings_.health.dampening = seconds(rules_.dampening);
    settings_.health.checks.push_back({.type = config::HealthCheck::Type::kAgent, .port = 1});
    catalog_.emplace(settings_, now_);
  }

  // "" as long as the two agree, else how they came to differ.
  std::string Run() {
    for (int i = 0; i < kEvents; ++i) {
      Event();
      const std::string difference = Difference();
      if (!difference.empty()) return story_.str() + difference;
    }
    return "";
  }

 private:
  ModelRules AnyRules() {
    const auto up_to = [this](uint32_t limit) { return static_cast<int>(random_() % (limit + 1)); };
    return {.rise = 1 + up_to(2),
            .fall = 1 + up_to(2),
            .grace = up_to(9),
            .dampening = up_to(4),
            .obsolete = up_to(6)};
  }

  void Event() {
    switch (random_() % 16) {
      case 0:
      case 1:
        return Answer();
      case 2:
        return Order();
      case 3:
        return Agree();
      case 4:
      case 5:
        for (auto n = random_() % 6; n > 0; --n) PassSecond();
        return;
      case 6:
        Fail();
        return;
      default:
        return Check();
    }
  }

  void Answer() {
    ServiceAnswer answer;
    answer.outcome = static_cast<LookupOutcome>(random_() % 3);
    std::set<std::string> found;
    for (const auto& [name, shard] : kTargets) {
      if (answer.outcome != LookupOutcome::kFound || random_() % 3 == 0) continue;
      found.insert(name);
      ServiceTarget target;
      target.name = name;
      target.addresses = {*SocketAddress::FromIp("10.0.0.1", PortOf(name))};
      answer.targets.push_back(std::move(target));
    }
    story_ << "answer " << static_cast<int>(answer.outcome);
    for (const std::string& name : found) story_ << ' ' << name;
    story_ << '\n';
    catalog_->Receive(kService, answer, now_);
    Tick();
    if (answer.outcome != LookupOutcome::kFailed) model_.Answer(std::move(found));
  }

  void Check() {
    const std::vector<CheckSubject> subjects = catalog_->Subjects();
    if (subjects.empty()) return;
    const CheckSubject& subject = subjects[random_() % subjects.size()];
    const Health results[] = {Health::kBad, Health::kSoft, Health::kGood, Health::kGood};
    const char* const lines[] = {"",      "",      "up",    "down",  "drain",     "maint",
                                 "ready", "50%",   "0%",    "100%",  "up ready",  "down drain",
                                 "fail",  "up 9%", "maint", "ready", "up 100%\t", "stopped"};
    const Health result = results[random_() % 4];
    const std::string line = lines[random_() % 18];
    std::string name;
    for (const auto& [target, shard] : kTargets) {
      if (PortOf(target) == subject.address.port()) name = target;
    }
    story_ << "check " << name << ' ' << ToString(result) << ' ' << line << '\n';
    catalog_->Record(
        {.endpoint = subject.endpoint, .health = result, .agent = *ParseAgentReply(line + "\n")},
        now_);
    Tick();
    model_.Check(name, result, Words(line));
  }

  static ModelWords Words(const std::string& line) {
    ModelWords words;
    std::istringstream text(line);
    std::string word;
    while (text >> word) {
      if (word == "up") words.down = false;
      if (word == "down" || word == "fail" || word == "stopped") words.down = true;
      if (word == "ready") words.state = AdminState::kReady;
      if (word == "drain") words.state = AdminState::kDrain;
      if (word == "maint") words.state = AdminState::kMaint;
      if (word.ends_with('%')) words.percent = std::stoi(word);
    }
    return words;
  }

  // A shard that was there once.
  std::string AnyShard() {
    const std::string name = "shard-" + std::to_string(random_() % 3);
    return catalog_->names().Find(name) ? name : "";
  }

  void Order() {
    const std::string shard = AnyShard();
    const auto state = static_cast<AdminState>(random_() % 3);
    if (shard.empty()) return;
    story_ << "order " << shard << ' ' << ToString(state) << '\n';
    catalog_->Obey(shard, {.state = state, .given = true});
    model_.Order(shard, state);
  }

  void Agree() {
    const std::string shard = AnyShard();
    const auto quorum = static_cast<Quorum>(random_() % 3);
    if (shard.empty()) return;
    story_ << "quorum " << shard << ' ' << static_cast<int>(quorum) << '\n';
    catalog_->SetQuorum(*catalog_->names().Find(shard), quorum, now_);
    model_.Agree(shard, quorum);
  }

  // Connections that fail put endpoints out, but say nothing about a shard.
  void Fail() {
    const auto endpoint = static_cast<EndpointId>(random_() % 6);
    for (auto n = random_() % 5; n > 0; --n) catalog_->NoteConnectFailure(endpoint, now_);
  }

  void PassSecond() {
    story_ << "a second\n";
    const TimePoint next = now_ + seconds(1);
    while (catalog_->NextDeadline() && *catalog_->NextDeadline() < next) {
      now_ = *catalog_->NextDeadline();  // of an endpoint put out
      catalog_->Tick(now_);
    }
    now_ = next;
    Tick();
    model_.PassSecond();
  }

  // As the alarm of Discovery does: only when the catalog asked for it.
  void Tick() {
    while (catalog_->NextDeadline() && *catalog_->NextDeadline() <= now_) catalog_->Tick(now_);
  }

  std::string Difference() {
    const ShardSetPtr snapshot = catalog_->Snapshot(now_);
    const std::map<std::string, ModelShard> wanted = model_.Shards();
    std::ostringstream text;
    if (snapshot->shards.size() != wanted.size()) text << "another number of shards";
    for (const Shard& shard : snapshot->shards) {
      const auto found = wanted.find(shard.name);
      if (found == wanted.end()) return shard.name + " should be gone";
      const ModelShard& model = found->second;
      if (shard.state == model.state && shard.admin == model.admin && shard.agent == model.agent &&
          std::abs(shard.weight - model.weight) < 1e-9 && shard.down_here == model.down_here &&
          shard.TakesNewRooms() == model.takes_new_rooms &&
          shard.KeepsRooms() == model.keeps_rooms) {
        continue;
      }
      text << shard.name << ": " << ToString(shard.state) << ' ' << ToString(shard.agent) << ' '
           << shard.weight << ", should be " << ToString(model.state) << ' '
           << ToString(model.agent) << ' ' << model.weight << " (rise " << rules_.rise << " fall "
           << rules_.fall << " grace " << rules_.grace << " dampening " << rules_.dampening
           << " obsolete " << rules_.obsolete << ")";
    }
    return text.str();
  }

  static uint16_t PortOf(const std::string& target) {
    return static_cast<uint16_t>(8000 + target.back());
  }

  static inline const std::map<std::string, std::string> kTargets = {
      {"shard-0-a", "shard-0"}, {"shard-1-b", "shard-1"}, {"shard-1-c", "shard-1"},
      {"shard-2-d", "shard-2"}, {"shard-2-e", "shard-2"}, {"shard-2-f", "shard-2"}};
  std::mt19937 random_;
  ModelRules rules_;
  test::ShardModel model_;
  config::Shards settings_;
  TimePoint now_{std::chrono::hours(1)};
  std::optional<Catalog> catalog_;
  std::ostringstream story_;
};

TEST(CatalogModel, AgreesAfterEveryEvent) {
  const char* given = std::getenv("TEST_SEED");
  const uint32_t first =
      given != nullptr ? static_cast<uint32_t>(std::stoul(given)) : std::random_device{}();
  RecordProperty("seed", std::to_string(first));
  const int sequences = given != nullptr ? 1 : kSequences;
  for (int i = 0; i < sequences; ++i) {
    const uint32_t seed = first + static_cast<uint32_t>(i);
    ASSERT_EQ(History(seed).Run(), "") << "TEST_SEED=" << seed;
  }
}

}  // namespace
}  // namespace room_router
