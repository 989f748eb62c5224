// SPDX-License-Identifier: Apache-2.0
// Everything a table offers, from several threads at once; ThreadSanitizer looks on.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "replica.h"

namespace room_router::test {
namespace {

constexpr unsigned kThreads = 4, kRounds = 3000, kKeys = 400;

TimePoint At(unsigned round) { return kStart + std::chrono::milliseconds(round); }

void UseAsWorker(Replica& replica, std::mt19937& random, unsigned i) {
  StickTable& table = replica.table;
  const uint64_t n = random() % kKeys;
  table.FindOrBind(kRoom, Key(n), "room", At(i), [&](ShardId previous) {
    return previous == kNoShard || i % 7 == 0 ? ShardId{i % 5} : previous;
  });
  table.AcquireSession(kRoom, Key(n), At(i));
  if (i % 11 == 0) table.Erase(kRoom, Key(n));
  if (i % 97 == 0) table.Sweep(At(i));
  if (i % 501 == 0) table.ForEach(At(i), [&](const EntryView& e) { ASSERT_LT(e.shard, 5U); });
  if (i % 701 == 0) table.Resize(100 + i % 200, At(i));
  if (i % 1501 == 0) table.Clear();
  table.ReleaseSession(kRoom, Key(n), At(i));
}

// What gossip does, with `other` as its peer.
void Gossip(Replica& replica, Replica& other, std::mt19937& random, unsigned i) {
  for (const CellRecord& record : replica.table.TakeChanges(At(i), 50)) {
    other.table.Merge(record, At(i));
  }
  if (i % 20 == 0) {
    for (const CellRecord& record :
         replica.table.RecordsIn(random() % StickTable::kBuckets, At(i))) {
      other.table.Merge(record, At(i));
    }
  }
  if (i % 50 == 0) replica.table.BucketDigests();
  if (i % 300 == 0) replica.table.AnnounceHeld(Duration(900), At(i));
  replica.table.MarkHealed(kRoom, Key(random() % kKeys));
  replica.table.Record(kRoom, Key(random() % kKeys), At(i));
}

void ExpectTrueCounts(const StickTable& table) {
  size_t bound = 0;
  table.ForEach(kStart, [&](const EntryView&) { ++bound; });
  uint32_t rooms = 0;
  for (ShardId shard = 0; shard < 5; ++shard) rooms += table.RoomsOn(shard);
  EXPECT_EQ(rooms, bound);
  EXPECT_EQ(table.Rooms(), bound);
  EXPECT_EQ(table.stats().entries, bound) << "no sessions are left, so none is unbound";
  EXPECT_EQ(table.BucketDigests(), DigestsOfRecords(table, kStart));
}

TEST(TableThreads, EverythingAtOnceKeepsCountsTrue) {
  std::atomic<unsigned> called{0};
  const StickTable::Options options{
      .size = 200, .expire = std::chrono::seconds(1), .stripes = 8, .on_change = [&called] {
        ++called;
      }};
  Replica a(1, options), b(2, options);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      Replica& own = t % 2 == 0 ? a : b;
      Replica& other = t % 2 == 0 ? b : a;
      for (unsigned i = 0; i < kRounds; ++i) {
        UseAsWorker(own, random, i);
        if (t >= 2) Gossip(own, other, random, i);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GT(called, 0U);
  ExpectTrueCounts(a.table);
  ExpectTrueCounts(b.table);
}

// Whoever takes changes when called misses none.
TEST(TableThreads, NoChangeIsLeftUnannounced) {
  std::atomic<bool> called{false};
  Replica replica(1, {.on_change = [&called] { called = true; }});
  std::atomic<unsigned> done{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < kRounds; ++i) replica.Bind(t * kRounds + i, 1, kStart);
      ++done;
    });
  }
  size_t taken = 0;
  while (done < kThreads || called) {
    if (called.exchange(false)) taken += replica.Changes(kStart).size();
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken, kThreads * kRounds);
}

}  // namespace
}  // namespace room_router::test
