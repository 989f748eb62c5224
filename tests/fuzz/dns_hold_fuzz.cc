// SPDX-License-Identifier: Apache-2.0
// Whatever DNS servers answer, in any order, as far as the snapshot: parser, hold, membership and
// catalog. An answer alone takes no shard away, and a failed one changes nothing.
//
// The input is a series of steps: what happens (one byte), a length (two bytes), so many bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>

#include "discovery/catalog.h"
#include "discovery/dns_answer.h"
#include "discovery/service_answer.h"

namespace {

using namespace room_router;
using Bytes = std::span<const uint8_t>;

constexpr const char* kServices[] = {"_http._tcp.web.jitsi", "_http._tcp.more.jitsi"};

config::Shards Settings() {
  config::Shards settings;
  settings.discovery.srv = {kServices[0], kServices[1]};
  settings.name.pattern = "^([a-z]+-?[0-9]*)";
  return settings;
}

ServiceAnswer AnswerOf(uint8_t what, Bytes message) {
  ServiceAnswer failed{.outcome = LookupOutcome::kFailed, .error = "x"};
  if (what % 4 == 2) return failed;
  if (what % 4 == 3) return {.outcome = LookupOutcome::kAbsent};
  auto answer = ParseDnsAnswer(message);
  return answer ? TakeServices(std::move(*answer)) : failed;
}

void Check(const ShardSet& shards) {
  const std::string* before = nullptr;
  for (const Shard& shard : shards.shards) {
    if (!IsShardName(shard.name) || (before != nullptr && *before >= shard.name)) std::abort();
    if (shards.FindByName(shard.name) != &shard || shards.FindById(shard.id) != &shard)
      std::abort();
    if (!(shard.weight >= 0 && shard.weight <= 65535)) std::abort();
    before = &shard.name;
  }
}

void CheckStep(const ShardSet& before, const ShardSet& after, const ServiceAnswer& answer) {
  Check(after);
  for (const Shard& shard : before.shards) {
    if (after.FindByName(shard.name) == nullptr) std::abort();
  }
  ShardSet same = after;
  same.answered = before.answered;
  if (answer.outcome == LookupOutcome::kFailed && !LooksSame(before, same)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  TimePoint now{std::chrono::hours(1)};
  Catalog catalog(Settings(), now);
  for (Bytes rest(data, size); rest.size() >= 3;) {
    const uint8_t what = rest[0];
    const size_t length = std::min(rest[1] * size_t{256} + rest[2], rest.size() - 3);
    const ServiceAnswer answer = AnswerOf(what, rest.subspan(3, length));
    rest = rest.subspan(3 + length);
    const ShardSetPtr before = catalog.Snapshot(now);
    catalog.Receive(kServices[what & 1], answer, now);
    CheckStep(*before, *catalog.Snapshot(now), answer);
    for (const CheckSubject& subject : catalog.Subjects()) {
      catalog.Record({.endpoint = subject.endpoint, .health = Health::kGood, .status = "L4OK"},
                     now);
    }
    now += std::chrono::seconds(what >> 3);
    catalog.Tick(now);
    Check(*catalog.Snapshot(now));
    catalog.TakeEvents();
  }
  return 0;
}
