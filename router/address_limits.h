// SPDX-License-Identifier: Apache-2.0
// What each client address has used up: connections at once, and rates.
//
// One table for all workers; thread-safe (striped locks). Bounded: sets of kWays places; a newcomer
// takes the place of an address without connections whose rates have recovered, else of the one
// nearest to it; where all hold connections it goes uncounted (and that is counted). A rate is one
// point in time per address (GCRA, ITU-T I.371): `amount` in `period`, at most `burst` at once.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "config/limits.h"
#include "config/socket_address.h"

namespace room_router {

enum class AddressRate : uint8_t { kConnections, kRequests, kConferenceRequests, kUpgrades };

// An IPv4 address, or the /64 of an IPv6 one.
using AddressKey = uint64_t;
AddressKey KeyOfAddress(const SocketAddress& address);

class AddressLimits {
 public:
  static constexpr size_t kAddresses = 1 << 16, kWays = 8, kRates = 4;

  // `seed` keeps clients from choosing addresses that share a set; addresses: a power of two.
  explicit AddressLimits(uint64_t seed, size_t addresses = kAddresses);

  // How long until one more is within the rate; zero: it is, and has been taken.
  Duration Take(AddressRate which, AddressKey key, const config::Rate& rate, TimePoint now);

  enum class Connection : uint8_t { kCounted, kUncounted, kTooMany };
  // kCounted is to be given back by Give.
  Connection TakeConnection(AddressKey key, uint64_t limit, TimePoint now);
  void GiveConnection(AddressKey key);

  size_t capacity() const { return entries_.size(); }
  size_t used() const { return used_.load(std::memory_order_relaxed); }
  uint64_t uncounted() const { return uncounted_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kStripes = 64;
  struct Entry {
    AddressKey key = 0;
    uint32_t connections = 0;
    bool taken = false;
    std::array<TimePoint, kRates> recovered{};  // when each rate is as if never used

    bool Idle(TimePoint now) const;
    TimePoint LastRecovered() const;
  };

  size_t SetOf(AddressKey key) const;
  std::mutex& LockOf(size_t set) { return locks_[set % kStripes]; }
  Entry* Find(size_t set, AddressKey key);
  // Makes room if need be; null when everybody in the set has connections.
  Entry* FindOrMake(size_t set, AddressKey key, TimePoint now);

  const uint64_t seed_;
  std::vector<Entry> entries_;
  std::array<std::mutex, kStripes> locks_;
  std::atomic<size_t> used_{0};
  std::atomic<uint64_t> uncounted_{0};
};

}  // namespace room_router
