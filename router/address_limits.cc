// SPDX-License-Identifier: Apache-2.0
#include "router/address_limits.h"

#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace room_router {
namespace {

using Exact = std::chrono::nanoseconds;

constexpr AddressKey kIpv4 = 0xffff'ffff'0000'0000;  // in ff00::/8, which is nobody's address

}  // namespace

AddressKey KeyOfAddress(const SocketAddress& address) {
  if (address.family() == AF_INET6) {
    AddressKey network = 0;
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.data());
    std::memcpy(&network, &v6->sin6_addr, sizeof network);
    return network;
  }
  if (address.family() != AF_INET) return kIpv4;
  return kIpv4 | reinterpret_cast<const sockaddr_in*>(address.data())->sin_addr.s_addr;
}

AddressLimits::AddressLimits(uint64_t seed, size_t addresses) : seed_(seed), entries_(addresses) {
  assert(addresses >= kWays && (addresses & (addresses - 1)) == 0);
}

bool AddressLimits::Entry::Idle(TimePoint now) const {
  return connections == 0 && LastRecovered() <= now;
}

TimePoint AddressLimits::Entry::LastRecovered() const {
  return *std::max_element(recovered.begin(), recovered.end());
}

size_t AddressLimits::SetOf(AddressKey key) const {
  return XXH3_64bits_withSeed(&key, sizeof key, seed_) & (entries_.size() / kWays - 1);
}

AddressLimits::Entry* AddressLimits::Find(size_t set, AddressKey key) {
  for (size_t i = set * kWays; i < (set + 1) * kWays; ++i) {
    if (entries_[i].taken && entries_[i].key == key) return &entries_[i];
  }
  return nullptr;
}

AddressLimits::Entry* AddressLimits::FindOrMake(size_t set, AddressKey key, TimePoint now) {
  if (Entry* found = Find(set, key)) return found;
  Entry* place = nullptr;
  for (size_t i = set * kWays; i < (set + 1) * kWays; ++i) {
    Entry& entry = entries_[i];
    if (!entry.taken || entry.Idle(now)) {
      place = &entry;
      break;
    }
    if (entry.connections > 0) continue;
    if (place == nullptr || entry.LastRecovered() < place->LastRecovered()) place = &entry;
  }
  if (place == nullptr) {
    uncounted_.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  if (!place->taken) used_.fetch_add(1, std::memory_order_relaxed);
  *place = {.key = key, .taken = true};
  return place;
}

Duration AddressLimits::Take(AddressRate which, AddressKey key, const config::Rate& rate,
                             TimePoint now) {
  const size_t set = SetOf(key);
  const std::lock_guard lock(LockOf(set));
  Entry* entry = FindOrMake(set, key, now);
  if (entry == nullptr) return Duration::zero();
  const Exact each = std::chrono::duration_cast<Exact>(rate.period) / rate.amount;
  TimePoint& recovered = entry->recovered[static_cast<size_t>(which)];
  const TimePoint next = std::max(recovered, now) + each;
  const Exact over = next - now - each * rate.burst;
  if (over > Exact::zero()) return std::chrono::ceil<Duration>(over);
  recovered = next;
  return Duration::zero();
}

AddressLimits::Connection AddressLimits::TakeConnection(AddressKey key, uint64_t limit,
                                                        TimePoint now) {
  const size_t set = SetOf(key);
  const std::lock_guard lock(LockOf(set));
  Entry* entry = FindOrMake(set, key, now);
  if (entry == nullptr) return Connection::kUncounted;
  if (entry->connections >= limit) return Connection::kTooMany;
  ++entry->connections;
  return Connection::kCounted;
}

void AddressLimits::GiveConnection(AddressKey key) {
  const size_t set = SetOf(key);
  const std::lock_guard lock(LockOf(set));
  Entry* entry = Find(set, key);
  assert(entry != nullptr && entry->connections > 0);
  --entry->connections;
}

}  // namespace room_router
