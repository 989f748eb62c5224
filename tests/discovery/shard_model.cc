// SPDX-License-Identifier: Apache-2.0
#include "tests/discovery/shard_model.h"

#include <algorithm>

namespace room_router::test {
namespace {

// The last thing of a kind that was said, or what counts when nothing was.
template <class Value>
Value Last(const std::vector<ModelWords>& words, std::optional<Value> ModelWords::*kind,
           Value unsaid) {
  for (auto it = words.rbegin(); it != words.rend(); ++it) {
    if ((*it).*kind) return *((*it).*kind);
  }
  return unsaid;
}

AdminState StateSaid(const std::vector<ModelWords>& words) {
  return Last(words, &ModelWords::state, AdminState::kReady);
}

}  // namespace

ShardModel::ShardModel(ModelRules rules, std::map<std::string, std::string> targets)
    : rules_(rules) {
  for (const auto& [target, shard] : targets) {
    targets_[target].shard = shard;
    shards_[shard];
  }
}

void ShardModel::Answer(std::set<std::string> targets) {
  answers_.emplace_back(now_, std::move(targets));
  LookAtAll();
}

void ShardModel::Check(const std::string& target, Health result, ModelWords words) {
  targets_.at(target).results.push_back(result);
  targets_.at(target).words.push_back(words);
  LookAtAll();
}

void ShardModel::Order(const std::string& shard, AdminState state) {
  shards_.at(shard).admin = state;
}

void ShardModel::Agree(const std::string& shard, Quorum quorum) {
  shards_.at(shard).quorum = quorum;
}

void ShardModel::PassSecond() {
  ++now_;
  LookAtAll();
}

// There from the first answer that has it until the first one that lacks it is too old.
bool ShardModel::Has(const std::string& target) const {
  constexpr int kNever = -1;
  int lacked_since = kNever;
  bool seen = false;
  for (const auto& [second, targets] : answers_) {
    if (lacked_since != kNever && second - lacked_since >= rules_.obsolete) seen = false;
    if (targets.contains(target)) {
      seen = true;
      lacked_since = kNever;
    } else if (lacked_since == kNever) {
      lacked_since = second;
    }
  }
  return seen && (lacked_since == kNever || now_ - lacked_since < rules_.obsolete);
}

std::vector<const ShardModel::Target*> ShardModel::TargetsOf(const std::string& shard) const {
  std::vector<const Target*> found;
  for (const auto& [name, target] : targets_) {
    if (target.shard == shard && Has(name)) found.push_back(&target);
  }
  return found;
}

// A verdict changes when the last so many results, all of them since it was reached, are better
// than it, or worse; it becomes the last of them.
Health ShardModel::VerdictOf(const Target& target) const {
  Health verdict = Health::kUnknown;
  size_t reached = 0;
  for (size_t end = 1; end <= target.results.size(); ++end) {
    const auto all = [&](int count, auto differs) {
      const auto n = static_cast<size_t>(count);
      if (end - reached < n) return false;
      for (size_t i = end - n; i < end; ++i) {
        if (!differs(target.results[i])) return false;
      }
      return true;
    };
    if (all(rules_.rise, [&](Health h) { return h > verdict; }) ||
        all(rules_.fall, [&](Health h) { return h < verdict; })) {
      verdict = target.results[end - 1];
      reached = end;
    }
  }
  return verdict;
}

Health ShardModel::HealthOf(const Target& target) const {
  return Last(target.words, &ModelWords::down, false) ? Health::kBad : VerdictOf(target);
}

// Those who speak for the shard: of all not in maint the best; of all if all are.
std::vector<const ShardModel::Target*> ShardModel::Speakers(const std::string& shard) const {
  std::vector<const Target*> all = TargetsOf(shard), in_service;
  for (const Target* target : all) {
    if (StateSaid(target->words) != AdminState::kMaint) in_service.push_back(target);
  }
  if (in_service.empty()) in_service = all;
  Health best = Health::kBad;
  for (const Target* target : in_service) best = std::max(best, HealthOf(*target));
  std::erase_if(in_service, [&](const Target* target) { return HealthOf(*target) != best; });
  return in_service;
}

AdminState ShardModel::AgentOf(const std::string& shard) const {
  bool all_maint = true, all_drain = true;
  for (const Target* target : Speakers(shard)) {
    all_maint = all_maint && StateSaid(target->words) == AdminState::kMaint;
    all_drain = all_drain && StateSaid(target->words) == AdminState::kDrain;
  }
  return all_maint ? AdminState::kMaint : all_drain ? AdminState::kDrain : AdminState::kReady;
}

Health ShardModel::Best(const std::string& shard) const {
  return HealthOf(*Speakers(shard).front());
}

int ShardModel::SecondsGood(const Shard& shard) const {
  int since = now_;
  for (auto it = shard.looks.rbegin(); it != shard.looks.rend() && it->best == Health::kGood;
       ++it) {
    since = it->second;
  }
  return now_ - since;
}

// Without a good moment, and in soft_down all the while.
int ShardModel::SecondsFailing(const Shard& shard) const {
  int since = now_;
  for (auto it = shard.looks.rbegin();
       it != shard.looks.rend() && it->best != Health::kGood && it->state == ShardState::kSoftDown;
       ++it) {
    since = it->second;
  }
  return now_ - since;
}

ShardState ShardModel::Next(const Shard& shard, Health best) const {
  const ShardState state = shard.looks.empty() ? ShardState::kStarting : shard.looks.back().state;
  const bool was_up = std::ranges::any_of(
      shard.looks, [](const Look& look) { return look.state == ShardState::kUp; });
  const bool settled = SecondsGood(shard) >= rules_.dampening || !was_up;
  if (state == ShardState::kStarting || state == ShardState::kUp) {
    if (best == Health::kGood) return ShardState::kUp;
    return best == Health::kUnknown ? state : ShardState::kSoftDown;
  }
  if (best == Health::kGood) return settled ? ShardState::kUp : state;
  const bool over = SecondsFailing(shard) >= rules_.grace;
  return state == ShardState::kSoftDown && over ? ShardState::kDown : state;
}

void ShardModel::LookAtAll() {
  for (auto& [name, target] : targets_) {
    if (!Has(name)) target.words.clear();
  }
  for (auto& [name, shard] : shards_) {
    if (TargetsOf(name).empty()) continue;
    const Health best = Best(name);
    const ShardState before =
        shard.looks.empty() ? ShardState::kStarting : shard.looks.back().state;
    shard.looks.push_back({now_, best, before});
    while (true) {
      const ShardState next = Next(shard, best);
      if (next == shard.looks.back().state) break;
      shard.looks.push_back({now_, best, next});
    }
  }
}

std::map<std::string, ModelShard> ShardModel::Shards() const {
  std::map<std::string, ModelShard> shown;
  for (const auto& [name, shard] : shards_) {
    if (TargetsOf(name).empty()) continue;
    ModelShard model{.state = shard.looks.back().state,
                     .admin = shard.admin,
                     .agent = AgentOf(name),
                     .weight = 100,
                     .takes_new_rooms = false,
                     .keeps_rooms = false,
                     .down_here = false};
    std::vector<int> percents;
    for (const Target* target : Speakers(name)) {
      const int percent = Last(target->words, &ModelWords::percent, -1);
      if (percent >= 0) percents.push_back(percent);
    }
    double sum = 0;
    for (const int percent : percents) sum += percent;
    if (!percents.empty()) model.weight = sum / static_cast<double>(percents.size());
    if (model.agent == AdminState::kMaint) model.state = ShardState::kDown;
    model.down_here = model.state == ShardState::kDown;
    if (shard.quorum == Quorum::kDown) model.state = ShardState::kDown;
    if (shard.quorum == Quorum::kNotDown && model.down_here) model.state = ShardState::kSoftDown;
    const bool emptied = model.admin != AdminState::kReady || model.agent != AdminState::kReady;
    model.takes_new_rooms = model.state == ShardState::kUp && !emptied && model.weight > 0;
    model.keeps_rooms = model.state != ShardState::kDown && model.admin != AdminState::kMaint;
    shown[name] = model;
  }
  return shown;
}

}  // namespace room_router::test
