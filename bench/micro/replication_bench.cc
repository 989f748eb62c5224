// SPDX-License-Identifier: Apache-2.0
// What replication costs the stick table: lookups that announce, merging what a fresh replica is
// told (200,000 rooms), telling it, and announcing the rooms that sessions hold.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "sticky/stick_table.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;

constexpr auto kRoom = KeyNamespace::kRoom;
constexpr TimePoint kNow{1h};
constexpr uint64_t kWallMs = 1'800'000'000'000;
constexpr uint64_t kRooms = 200'000;

RoomKey Key(uint64_t n) {
  n += 1;
  return {.high = n * 0x9E3779B97F4A7C15, .low = n * 0xD6E8FEB86659FD93};
}

struct Replica {
  explicit Replica(uint64_t number) : clock(number, kWallMs, kNow) {}

  void Bind(uint64_t n, TimePoint now) {
    table.FindOrBind(kRoom, Key(n), "weekly-planning-10000042", now,
                     [](ShardId previous) { return previous == kNoShard ? 1 : previous; });
  }

  HybridClock clock;
  StickTable table{{.size = kRooms, .clock = &clock}};
};

// As a peer sends them: bucket by bucket, with leases of up to `spread` less than five minutes.
std::vector<CellRecord> Records(Duration spread) {
  std::mt19937_64 random(1);
  Replica peer(2);
  for (uint64_t n = 0; n < kRooms; ++n) peer.Bind(n, kNow);
  std::vector<CellRecord> records;
  for (size_t bucket = 0; bucket < StickTable::kBuckets; ++bucket) {
    for (CellRecord& record : peer.table.RecordsIn(bucket, kNow)) {
      const auto less = random() % static_cast<uint64_t>(spread.count());
      record.lease = 5min - Duration(less);
      records.push_back(std::move(record));
    }
  }
  return records;
}

void MergeAll(Replica& replica, const std::vector<CellRecord>& records) {
  for (const CellRecord& record : records) {
    benchmark::DoNotOptimize(replica.table.Merge(record, kNow));
  }
}

void PerRecord(benchmark::State& state) {
  state.counters["per_record"] = benchmark::Counter(
      static_cast<double>(kRooms),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// Time passes: 200,000 rooms hit each 20 s on average, so every fourth hit or so announces.
void LookUpAnnouncing(benchmark::State& state) {
  Replica replica(1);
  for (uint64_t n = 0; n < kRooms; ++n) replica.Bind(n, kNow);
  uint64_t n = 0, elapsed = 0;
  for (auto _ : state) {
    n = n * 6364136223846793005 + 1442695040888963407;
    replica.Bind((n >> 33) % kRooms, kNow + std::chrono::microseconds(100 * ++elapsed));
    if (elapsed % 10'000 == 0) replica.table.TakeChanges(kNow, kRooms);
  }
}
BENCHMARK(LookUpAnnouncing);

void MergeNew(benchmark::State& state) {  // argument: seconds over which the leases are spread
  const auto records = Records(std::chrono::seconds(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    auto replica = std::make_unique<Replica>(1);
    state.ResumeTiming();
    MergeAll(*replica, records);
    state.PauseTiming();
    if (replica->table.stats().entries != kRooms) state.SkipWithError("rooms are missing");
    replica.reset();
    state.ResumeTiming();
  }
  PerRecord(state);
}
BENCHMARK(MergeNew)->Arg(300)->Arg(1)->Unit(benchmark::kMillisecond);

void MergeKnown(benchmark::State& state) {
  const auto records = Records(5min);
  Replica replica(1);
  MergeAll(replica, records);
  for (auto _ : state) MergeAll(replica, records);
  PerRecord(state);
}
BENCHMARK(MergeKnown)->Unit(benchmark::kMillisecond);

void MergeRenewals(benchmark::State& state) {
  auto records = Records(5min);
  Replica replica(1);
  MergeAll(replica, records);
  for (auto _ : state) {
    state.PauseTiming();
    for (CellRecord& record : records) ++record.cell.renewed;
    state.ResumeTiming();
    MergeAll(replica, records);
  }
  PerRecord(state);
}
BENCHMARK(MergeRenewals)->Unit(benchmark::kMillisecond);

// A full table of rooms that end sooner: every record evicts one.
void MergeIntoFull(benchmark::State& state) {
  auto records = Records(1s);
  Replica replica(1);
  for (uint64_t n = 0; n < kRooms; ++n) {
    replica.Bind(kRooms + n, kNow - 1min + std::chrono::microseconds(n));
  }
  uint64_t round = 0;
  for (auto _ : state) {
    state.PauseTiming();
    ++round;
    for (CellRecord& record : records) record.key.low += round;
    const TimePoint now = kNow + std::chrono::seconds(2 * round);
    state.ResumeTiming();
    for (const CellRecord& record : records) {
      benchmark::DoNotOptimize(replica.table.Merge(record, now));
    }
  }
  PerRecord(state);
}
BENCHMARK(MergeIntoFull)->Unit(benchmark::kMillisecond);

void TellAll(benchmark::State& state) {  // what a full sync costs the one who knows
  Replica replica(1);
  for (uint64_t n = 0; n < kRooms; ++n) replica.Bind(n, kNow);
  for (auto _ : state) {
    for (size_t bucket = 0; bucket < StickTable::kBuckets; ++bucket) {
      benchmark::DoNotOptimize(replica.table.RecordsIn(bucket, kNow));
    }
  }
  PerRecord(state);
}
BENCHMARK(TellAll)->Unit(benchmark::kMillisecond);

void Digests(benchmark::State& state) {
  Replica replica(1);
  for (uint64_t n = 0; n < kRooms; ++n) replica.Bind(n, kNow);
  for (auto _ : state) benchmark::DoNotOptimize(replica.table.BucketDigests());
}
BENCHMARK(Digests);

// All rooms held for long: every 200 ms the few whose announcement is due.
void SweepHeld(benchmark::State& state) {
  Replica replica(1);
  TimePoint now = kNow;
  for (uint64_t n = 0; n < kRooms; ++n, now += 375us) {
    replica.Bind(n, now);
    replica.table.AcquireSession(kRoom, Key(n), now);
  }
  size_t announced = 0;
  for (auto _ : state) {
    now += 200ms;
    replica.table.Sweep(now);
    announced += replica.table.TakeChanges(now, kRooms).size();
  }
  state.counters["announced"] =
      benchmark::Counter(static_cast<double>(announced), benchmark::Counter::kAvgIterations);
}
BENCHMARK(SweepHeld)->Unit(benchmark::kMicrosecond)->Iterations(2000);

void SweepQuiet(benchmark::State& state) {
  Replica replica(1);
  for (uint64_t n = 0; n < kRooms; ++n) replica.Bind(n, kNow);
  for (auto _ : state) replica.table.Sweep(kNow + 1s);
}
BENCHMARK(SweepQuiet);

}  // namespace
}  // namespace room_router
