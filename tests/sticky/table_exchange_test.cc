// SPDX-License-Identifier: Apache-2.0
// Several tables that tell each other: they agree in the end, whatever the order of what they hear.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "replica.h"

namespace room_router::test {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kRooms = 40;
constexpr Duration kSkew = 5min;

// One write names one shard, wherever it is told.
ShardId ShardOf(const Binding& binding) {
  if (binding.tombstone) return kNoShard;
  return static_cast<ShardId>((binding.stamp.time + 3 * binding.stamp.replica) % 7);
}

// Written by replicas whose clocks are wrong by up to kSkew; many are rivals.
CellRecord RandomRecord(std::mt19937& random) {
  const auto time = [&random] {
    const uint64_t skewed = kWallMs + random() % (2 * kSkew.count()) - kSkew.count();
    return (random() % 4 == 0 ? kWallMs : skewed) << 16 | random() % 2;
  };
  const Binding binding{.epoch = static_cast<uint32_t>(random() % 3),
                        .stamp = {.time = time(), .replica = 1 + random() % 4},
                        .tombstone = random() % 5 == 0};
  return {.key = Key(random() % kRooms),
          .cell = {.binding = binding, .renewed = time()},
          .shard = ShardOf(binding),
          .lease = std::chrono::milliseconds(1 + random() % 120'000)};
}

void ExpectSameBindings(const Replica& a, const Replica& b, TimePoint now) {
  EXPECT_EQ(a.table.BucketDigests(), b.table.BucketDigests());
  for (uint64_t n = 0; n < kRooms; ++n) {
    const auto one = a.table.Record(kRoom, Key(n), now), other = b.table.Record(kRoom, Key(n), now);
    ASSERT_EQ(one.has_value(), other.has_value()) << n;
    if (!one) continue;
    EXPECT_EQ(one->cell, other->cell) << n;
    EXPECT_EQ(one->shard, other->shard) << n;
  }
}

// A bucket that differs goes both ways. How many records were sent.
size_t Reconcile(Replica& a, Replica& b, TimePoint now) {
  size_t sent = 0;
  const auto ours = a.table.BucketDigests(), theirs = b.table.BucketDigests();
  for (size_t bucket = 0; bucket < ours.size(); ++bucket) {
    if (ours[bucket] == theirs[bucket]) continue;
    const auto from_a = a.table.RecordsIn(bucket, now), from_b = b.table.RecordsIn(bucket, now);
    for (const CellRecord& record : from_a) b.table.Merge(record, now);
    for (const CellRecord& record : from_b) a.table.Merge(record, now);
    sent += from_a.size() + from_b.size();
  }
  return sent;
}

TEST(TableExchange, TheOrderOfMergesDoesNotMatter) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 50; ++round) {
    std::vector<CellRecord> records;
    std::map<uint64_t, Cell> joined;
    for (int i = 0; i < 300; ++i) {
      records.push_back(RandomRecord(random));
      const CellRecord& record = records.back();
      const auto [at, fresh] = joined.emplace(record.key.low, record.cell);
      if (!fresh) at->second = Join(at->second, record.cell);
    }
    Replica first(1, {.expire = 60s}), second(2, {.expire = 60s, .stripes = 1}, kSkew);
    for (Replica* replica : {&first, &second}) {
      for (int again = 0; again < 2; ++again) {
        std::shuffle(records.begin(), records.end(), random);
        for (const CellRecord& record : records) {
          ASSERT_NE(replica->table.Merge(record, kStart).outcome, MergeOutcome::kRefused);
          if (random() % 3 == 0) {
            ASSERT_NE(replica->table.Merge(record, kStart).outcome, MergeOutcome::kAdopted);
          }
        }
      }
      for (uint64_t n = 0; n < kRooms; ++n) {
        if (!joined.contains(Key(n).low)) continue;
        const CellRecord record = replica->Record(n, kStart);
        ASSERT_EQ(record.cell, joined.at(Key(n).low));
        ASSERT_EQ(record.shard, ShardOf(record.cell.binding));
      }
    }
    ExpectSameBindings(first, second, kStart);
  }
}

// Three replicas at work, with wrong clocks; what they tell comes late, twice and in any order.
class ThreeReplicas {
 public:
  explicit ThreeReplicas(unsigned seed) : random_(seed) {
    for (const Duration skew : {-kSkew, Duration(0), kSkew}) {
      const StickTable::Options options{.expire = 1h, .stripes = 4};
      replicas_.push_back(std::make_unique<Replica>(replicas_.size() + 1, options, skew));
      sessions_.emplace_back(kRooms);
    }
  }

  void Work(TimePoint now) {
    const size_t who = random_() % replicas_.size();
    StickTable& table = replicas_[who]->table;
    const uint64_t n = random_() % kRooms;
    const auto shard = static_cast<ShardId>(random_() % 5);
    int& sessions = sessions_[who][n];
    const auto what = random_() % 10;
    if (what == 0) {
      table.Set(kRoom, Key(n), "room", shard, now);
    } else if (what == 1) {
      table.Erase(kRoom, Key(n));
    } else if (what < 4) {
      table.AcquireSession(kRoom, Key(n), now);
      ++sessions;
    } else if (what < 6 && sessions > 0) {
      table.ReleaseSession(kRoom, Key(n), now);
      --sessions;
    } else {
      replicas_[who]->Bind(n, shard, now);
    }
    if (random_() % 50 == 0) table.Sweep(now);
  }

  void Tell(TimePoint now) {
    for (size_t from = 0; from < replicas_.size(); ++from) {
      for (const CellRecord& record : replicas_[from]->Changes(now)) {
        for (size_t to = 0; to < replicas_.size(); ++to) {
          if (to == from) continue;
          for (int copies = random_() % 5 == 0 ? 2 : 1; copies > 0; --copies) {
            under_way_.emplace_back(to, record);
          }
        }
      }
    }
  }

  void Hear(size_t count, TimePoint now) {
    for (; count > 0 && !under_way_.empty(); --count) {
      std::swap(under_way_[random_() % under_way_.size()], under_way_.back());
      const auto& [to, record] = under_way_.back();
      EXPECT_NE(replicas_[to]->table.Merge(record, now).outcome, MergeOutcome::kRefused);
      under_way_.pop_back();
    }
  }

  void BecomeQuiet(TimePoint now) {
    do {
      Tell(now);
      Hear(under_way_.size(), now);
      Tell(now);
    } while (!under_way_.empty());
  }

  const Replica& operator[](size_t index) const { return *replicas_[index]; }

 private:
  std::mt19937 random_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<std::vector<int>> sessions_;
  std::vector<std::pair<size_t, CellRecord>> under_way_;
};

TEST(TableExchange, ReplicasAgreeOnceAllIsTold) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  ThreeReplicas three(seed);
  TimePoint now = kStart;
  for (int i = 0; i < 20'000; ++i) {  // for 50 minutes, so nothing expires
    now += 150ms;
    three.Work(now);
    if (i % 3 == 0) three.Tell(now);
    three.Hear(1, now);
  }
  three.BecomeQuiet(now);
  EXPECT_NE(three[0].table.Rooms(), 0U);
  ExpectSameBindings(three[0], three[1], now);
  ExpectSameBindings(three[1], three[2], now);
}

TEST(TableExchange, DigestsFindWhatWasLost) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Replica a(1), b(2, {.stripes = 16}, kSkew);
  for (uint64_t n = 100; n < 2100; ++n) a.Bind(n, 7, kStart);
  EXPECT_EQ(Reconcile(a, b, kStart), 2000U);
  EXPECT_EQ(Reconcile(a, b, kStart), 0U);
  for (int i = 0; i < 200; ++i) {
    Replica& one = random() % 2 == 0 ? a : b;
    const uint64_t n = random() % kRooms;
    const auto shard = static_cast<ShardId>(random() % 5);
    if (random() % 5 == 0) one.table.Erase(kRoom, Key(n));
    if (random() % 5 == 0) one.table.Set(kRoom, Key(n), "room", shard, kStart + 1s);
    one.Bind(n, shard, kStart + 1s);
  }
  EXPECT_LT(Reconcile(a, b, kStart + 1s), 500U) << "only the buckets that differ";
  ExpectSameBindings(a, b, kStart + 1s);
}

TEST(TableExchange, TellingEachOtherKeepsNothingAlive) {
  Replica a(1, {.expire = 60s}), b(2, {.expire = 60s}, -kSkew), late(3, {.expire = 60s});
  for (uint64_t n = 0; n < 20; ++n) a.Bind(n, 7, kStart);
  TimePoint now = kStart;
  for (; now < kStart + 60s; now += 1s) {
    Reconcile(a, b, now);
    if (now > kStart + 30s) Reconcile(b, late, now);
    for (Replica* replica : {&a, &b, &late}) replica->table.Sweep(now);
    ASSERT_EQ(b.Find(1, now), 7U);
  }
  for (Replica* replica : {&a, &b, &late}) {
    replica->table.Sweep(now);
    EXPECT_EQ(replica->table.stats().entries, 0U);
  }
}

TEST(TableExchange, AHeldRoomLivesEverywhere) {
  Replica holder(1, {.expire = 60s}), other(2, {.expire = 60s}, kSkew);
  holder.Bind(1, 7, kStart);
  holder.table.AcquireSession(kRoom, Key(1), kStart);
  size_t told = 0;
  for (TimePoint now = kStart; now < kStart + 30min; now += 5s) {
    holder.table.Sweep(now);
    for (const CellRecord& record : holder.Changes(now)) {
      other.table.Merge(record, now + 4s);
      ++told;
    }
    other.table.Sweep(now + 4s);
    ASSERT_EQ(other.Find(1, now + 4s), 7U);
  }
  EXPECT_LE(told, 30min / 15s);
}

}  // namespace
}  // namespace room_router::test
