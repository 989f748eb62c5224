// SPDX-License-Identifier: Apache-2.0
// What the decision where a request goes costs: reading the key, finding or binding the room,
// placing a new one at 2 … 1,000 shards, and bytes per entry of a table of a million.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <string>
#include <vector>

#include "sticky/placement.h"
#include "sticky/room_directory.h"

namespace room_router {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};
constexpr size_t kMillion = 1'000'000;

const std::string kToken(800, 't');
const std::string kWebsocket = "/xmpp-websocket?room=foo&token=" + kToken;

RoomKey Key(uint64_t n) {
  n += 1;
  return {.high = n * 0x9E3779B97F4A7C15, .low = n * 0xD6E8FEB86659FD93};
}

std::string NameOf24Bytes(uint64_t n) {
  return "weekly-planning-" + std::to_string(10'000'000 + n);
}

ShardSet UpShards(size_t count) {
  ShardSet set;
  for (ShardId id = 0; id < count; ++id) {
    Shard& shard = set.shards.emplace_back();
    shard.id = id;
    shard.name = "shard-" + std::to_string(10'000 + id);
    shard.state = ShardState::kUp;
  }
  set.Index();
  return set;
}

void ReadKey(benchmark::State& state, const std::string& target) {
  const RoomKeyReader reader({});
  RoomRequest request;
  for (auto _ : state) {
    reader.Read("GET", target, "meet.example.org", true, request);
    benchmark::DoNotOptimize(request.key);
  }
}
BENCHMARK_CAPTURE(ReadKey, websocket_with_token, kWebsocket);
BENCHMARK_CAPTURE(ReadKey, http_bind, std::string("/http-bind?room=weekly-planning-meeting-0042"));
BENCHMARK_CAPTURE(ReadKey, page_of_tenant, std::string("/acme/Weekly-Planning"));
BENCHMARK_CAPTURE(ReadKey, static_file, std::string("/libs/app.bundle.min.js?v=1234"));
BENCHMARK_CAPTURE(ReadKey, escaped, std::string("/http-bind?room=weekly%20planning%2042"));
BENCHMARK_CAPTURE(ReadKey, twice_escaped_utf8, std::string("/http-bind?room=t%25c3%25a9st%2520x"));

void LookUp(benchmark::State& state) {
  StickTable table({.size = kMillion});
  const auto entries = static_cast<uint64_t>(state.range(0));
  const std::string name = NameOf24Bytes(1);
  const auto keep = [](ShardId previous) { return previous == kNoShard ? ShardId{1} : previous; };
  for (uint64_t n = 0; n < entries; ++n) {
    table.FindOrBind(KeyNamespace::kRoom, Key(n), name, kNow, keep);
  }
  uint64_t n = 0;
  for (auto _ : state) {
    n = n * 6364136223846793005 + 1442695040888963407;
    benchmark::DoNotOptimize(
        table.FindOrBind(KeyNamespace::kRoom, Key((n >> 33) % entries), name, kNow, keep));
  }
}
BENCHMARK(LookUp)->Arg(1000)->Arg(200'000)->Arg(kMillion);

void Insert(benchmark::State& state) {  // a full table: each insert evicts
  StickTable table({.size = static_cast<size_t>(state.range(0))});
  const std::string name = NameOf24Bytes(1);
  uint64_t n = 0;
  const auto insert = [&] {
    table.FindOrBind(KeyNamespace::kRoom, Key(n), name, kNow + std::chrono::microseconds(n),
                     [](ShardId) { return ShardId{1}; });
    ++n;
  };
  while (table.stats().entries < table.size()) insert();
  for (auto _ : state) insert();
}
BENCHMARK(Insert)->Arg(1000)->Arg(200'000);

void PlaceRoom(benchmark::State& state, config::PlacementAlgorithm algorithm) {
  const ShardSet shards = UpShards(static_cast<size_t>(state.range(0)));
  const PlacementView view = MakePlacementView(shards, "");
  const StickTable table({.size = 1000});
  Placement placement({.algorithm = algorithm});
  uint64_t n = 0;
  for (auto _ : state) benchmark::DoNotOptimize(placement.Choose(Key(++n), view, table));
}
BENCHMARK_CAPTURE(PlaceRoom, rendezvous, config::PlacementAlgorithm::kRendezvous)
    ->Arg(2)
    ->Arg(16)
    ->Arg(256)
    ->Arg(1000);
BENCHMARK_CAPTURE(PlaceRoom, bounded, config::PlacementAlgorithm::kBoundedRendezvous)
    ->Arg(2)
    ->Arg(16)
    ->Arg(256)
    ->Arg(1000);
BENCHMARK_CAPTURE(PlaceRoom, least_rooms, config::PlacementAlgorithm::kLeastRooms)->Arg(16);

void MakeView(benchmark::State& state) {
  const ShardSet shards = UpShards(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(MakePlacementView(shards, "eu"));
}
BENCHMARK(MakeView)->Arg(16)->Arg(1000);

void DecideHit(benchmark::State& state) {  // key, table and shard together
  RoomDirectory directory({}, {}, "");
  const Routing routing = directory.MakeRouting(std::make_shared<ShardSet>(UpShards(16)),
                                                std::make_shared<RoomRules>());
  const RoomKeyReader reader({});
  RoomRequest request;
  for (auto _ : state) {
    reader.Read("GET", kWebsocket, "meet.example.org", true, request);
    benchmark::DoNotOptimize(directory.Decide(request, routing, kNow));
  }
}
BENCHMARK(DecideHit);

size_t HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void MillionEntries(benchmark::State& state) {
  for (auto _ : state) {
    const size_t before = HeapBytes();
    HybridClock clock(1, 0, kNow);
    StickTable table({.size = kMillion, .clock = &clock});
    for (uint64_t n = 0; n < kMillion; ++n) {
      table.FindOrBind(KeyNamespace::kRoom, Key(n), NameOf24Bytes(n), kNow,
                       [](ShardId) { return ShardId{1}; });
    }
    state.counters["bytes_per_entry"] =
        static_cast<double>(HeapBytes() - before) / static_cast<double>(kMillion);
  }
}
BENCHMARK(MillionEntries)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace room_router

BENCHMARK_MAIN();
