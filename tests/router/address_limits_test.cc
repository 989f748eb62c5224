// SPDX-License-Identifier: Apache-2.0
#include "router/address_limits.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

namespace room_router {
namespace {

using namespace std::chrono_literals;
using Connection = AddressLimits::Connection;

constexpr uint64_t kSeed = 7;
const TimePoint kStart{1h};
constexpr config::Rate kTwentyBurstFive{.amount = 20, .period = 1s, .burst = 5};

AddressKey Key(const std::string& ip) { return KeyOfAddress(*SocketAddress::FromIp(ip, 1)); }

Duration Request(AddressLimits& limits, AddressKey key, TimePoint now,
                 const config::Rate& rate = kTwentyBurstFive) {
  return limits.Take(AddressRate::kRequests, key, rate, now);
}

TEST(AddressKey, IsAnIpv4AddressOrTheNetworkOfAnIpv6One) {
  EXPECT_EQ(Key("10.0.0.1"), KeyOfAddress(*SocketAddress::FromIp("10.0.0.1", 2)));
  EXPECT_NE(Key("10.0.0.1"), Key("10.0.0.2"));
  EXPECT_EQ(Key("2001:db8:1:2::1"), Key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(Key("2001:db8:1:2::1"), Key("2001:db8:1:3::1"));
  EXPECT_EQ(Key("::ffff:10.0.0.1"), Key("10.0.0.1"));
  EXPECT_NE(Key("ffff:ffff::"), Key("0.0.0.0"));
}

TEST(AddressLimits, ABurstAndThenTheRate) {
  AddressLimits limits(kSeed);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Request(limits, Key("10.0.0.1"), kStart), 0ms) << i;
  EXPECT_EQ(Request(limits, Key("10.0.0.1"), kStart), 50ms);
  EXPECT_EQ(Request(limits, Key("10.0.0.1"), kStart + 49ms), 1ms);
  EXPECT_EQ(Request(limits, Key("10.0.0.1"), kStart + 50ms), 0ms);
  EXPECT_EQ(Request(limits, Key("10.0.0.1"), kStart + 50ms), 50ms);
  EXPECT_EQ(Request(limits, Key("10.0.0.2"), kStart + 50ms), 0ms) << "somebody else";
}

TEST(AddressLimits, InTheLongRunExactlyTheRate) {
  for (const config::Rate& rate :
       {kTwentyBurstFive, config::Rate{.amount = 7, .period = 60s, .burst = 3},
        config::Rate{.amount = 1, .period = 1s, .burst = 1}}) {
    AddressLimits limits(kSeed);
    std::mt19937_64 random(kSeed);
    uint64_t taken = 0;
    TimePoint now = kStart;
    for (; now < kStart + 1h; now += Duration(random() % 40)) {
      if (Request(limits, Key("10.0.0.1"), now, rate) == 0ms) ++taken;
    }
    const uint64_t fair = 1h / rate.period * rate.amount;
    EXPECT_LE(taken, fair + rate.burst);
    EXPECT_GE(taken, fair - fair / 20);
  }
}

TEST(AddressLimits, WaitingAsToldIsEnough) {
  AddressLimits limits(kSeed);
  const config::Rate rate{.amount = 3, .period = 1s, .burst = 1};
  TimePoint now = kStart;
  for (int i = 0; i < 100; ++i) {
    const Duration wait = Request(limits, Key("10.0.0.1"), now, rate);
    if (wait == 0ms) continue;
    now += wait;
    EXPECT_EQ(Request(limits, Key("10.0.0.1"), now, rate), 0ms);
  }
  EXPECT_GT(now, kStart + 30s);
}

TEST(AddressLimits, RatesAreApart) {
  AddressLimits limits(kSeed);
  const config::Rate one{.amount = 1, .period = 60s, .burst = 1};
  for (const auto which : {AddressRate::kConnections, AddressRate::kRequests,
                           AddressRate::kConferenceRequests, AddressRate::kUpgrades}) {
    EXPECT_EQ(limits.Take(which, 1, one, kStart), 0ms);
    EXPECT_EQ(limits.Take(which, 1, one, kStart), 60s);
  }
}

TEST(AddressLimits, ConnectionsAtOnce) {
  AddressLimits limits(kSeed);
  EXPECT_EQ(limits.TakeConnection(1, 2, kStart), Connection::kCounted);
  EXPECT_EQ(limits.TakeConnection(1, 2, kStart), Connection::kCounted);
  EXPECT_EQ(limits.TakeConnection(1, 2, kStart), Connection::kTooMany);
  EXPECT_EQ(limits.TakeConnection(2, 2, kStart), Connection::kCounted);
  limits.GiveConnection(1);
  EXPECT_EQ(limits.TakeConnection(1, 2, kStart), Connection::kCounted);
}

// Memory stays what it is; who has connections is never forgotten, who has recovered goes first.
TEST(AddressLimits, TheTableIsBounded) {
  AddressLimits limits(kSeed, AddressLimits::kWays);  // one set
  const config::Rate slow{.amount = 1, .period = 60s, .burst = 2};
  EXPECT_EQ(limits.TakeConnection(1, 1, kStart), Connection::kCounted);
  EXPECT_EQ(Request(limits, 2, kStart, slow), 0ms);
  EXPECT_EQ(Request(limits, 2, kStart, slow), 0ms);
  for (AddressKey key = 10; key < 1000; ++key) {
    EXPECT_EQ(Request(limits, key, kStart + 1s, slow), 0ms);
  }
  EXPECT_EQ(limits.used(), AddressLimits::kWays);
  EXPECT_EQ(limits.uncounted(), 0U);
  EXPECT_EQ(limits.TakeConnection(1, 1, kStart + 2s), Connection::kTooMany);
  EXPECT_EQ(Request(limits, 2, kStart + 2s, slow), 59s + 59s - 60s) << "it was nearer the limit";
}

TEST(AddressLimits, WhereAllHaveConnectionsANewcomerGoesUncounted) {
  AddressLimits limits(kSeed, AddressLimits::kWays);
  for (AddressKey key = 1; key <= AddressLimits::kWays; ++key) {
    EXPECT_EQ(limits.TakeConnection(key, 1, kStart), Connection::kCounted);
  }
  EXPECT_EQ(limits.TakeConnection(99, 1, kStart), Connection::kUncounted);
  EXPECT_EQ(Request(limits, 99, kStart), 0ms);
  EXPECT_EQ(limits.uncounted(), 2U);
  limits.GiveConnection(3);
  EXPECT_EQ(limits.TakeConnection(99, 1, kStart), Connection::kCounted);
}

TEST(AddressLimits, WorkersCountTogether) {
  AddressLimits limits(kSeed);
  const config::Rate rate{.amount = 1, .period = 60s, .burst = 1000};
  std::atomic<int> taken{0}, counted{0};
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        if (Request(limits, 5, kStart, rate) == 0ms) ++taken;
        if (limits.TakeConnection(6, 100, kStart) == Connection::kCounted) ++counted;
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(taken, 1000);
  EXPECT_EQ(counted, 100);
}

}  // namespace
}  // namespace room_router
