// SPDX-License-Identifier: Apache-2.0
#include "discovery/service_answer.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace room_router {
namespace {

void KeepBest(std::vector<SrvRecord>& records, size_t count) {
  if (records.size() <= count) return;
  std::sort(records.begin(), records.end(), [](const SrvRecord& a, const SrvRecord& b) {
    return std::tie(a.priority, a.target, a.port) < std::tie(b.priority, b.target, b.port);
  });
  records.resize(count);
}

}  // namespace

ServiceAnswer TakeServices(DnsAnswer answer) {
  std::erase_if(answer.services, [](const SrvRecord& record) { return record.target.empty(); });
  KeepBest(answer.services, kMaxTargets);
  ServiceAnswer result;
  if (answer.services.empty()) {
    result.outcome = LookupOutcome::kAbsent;
    return result;
  }
  std::multimap<std::string, const AddressRecord*> offered;
  for (const AddressRecord& record : answer.additional) offered.emplace(record.name, &record);
  uint32_t ttl = ~uint32_t{0};
  for (const SrvRecord& record : answer.services) {
    ttl = std::min(ttl, record.ttl);
    ServiceTarget target;
    target.name = record.target;
    target.port = record.port;
    target.priority = record.priority;
    target.weight = record.weight;
    const auto [first, last] = offered.equal_range(record.target);
    for (auto it = first; it != last; ++it) {
      target.addresses.push_back(it->second->address.WithPort(record.port));
      ttl = std::min(ttl, it->second->ttl);
    }
    result.targets.push_back(std::move(target));
  }
  result.outcome = LookupOutcome::kFound;
  result.ttl = std::chrono::seconds(ttl);
  return result;
}

}  // namespace room_router
