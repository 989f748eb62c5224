// SPDX-License-Identifier: Apache-2.0
#include "sticky/rendezvous.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <tuple>

namespace room_router {
namespace {

static_assert(std::endian::native == std::endian::little, "scores hash integers as they lie");
static_assert(std::numeric_limits<double>::is_iec559);

// -log2(hash / 2^64), within 1e-9: exponent by counting bits, mantissa by the atanh series.
double NegativeLog2(uint64_t hash) {
  constexpr double kSqrtHalf = 0.70710678118654752, kTwoOverLn2 = 2.8853900817779268;
  const uint64_t odd = (hash >> 12) * 2 + 1;  // 53 bits, exact as a double, never 0
  auto exponent = static_cast<int>(std::bit_width(odd));
  double mantissa = static_cast<double>(odd) / static_cast<double>(uint64_t{1} << exponent);
  if (mantissa < kSqrtHalf) {
    mantissa = mantissa * 2;
    --exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1);
  const double square = s * s;
  double series = 1.0 / 11;
  series = series * square + 1.0 / 9;
  series = series * square + 1.0 / 7;
  series = series * square + 1.0 / 5;
  series = series * square + 1.0 / 3;
  series = series * square + 1;
  return (53 - exponent) - kTwoOverLn2 * (s * series);
}

// Lower is better.
auto ClassOf(const Shard& shard, std::string_view own_region) {
  return std::tuple(shard.priority, !own_region.empty() && shard.region != own_region);
}

// Positions of the shards that pass `wanted`, of the best class among them.
template <typename F>
std::vector<uint32_t> BestClass(const ShardSet& shards, std::string_view own_region, F wanted) {
  std::vector<uint32_t> positions;
  for (uint32_t i = 0; i < shards.shards.size(); ++i) {
    const Shard& shard = shards.shards[i];
    if (!wanted(shard)) continue;
    if (!positions.empty()) {
      const auto best = ClassOf(shards.shards[positions.front()], own_region);
      if (ClassOf(shard, own_region) > best) continue;
      if (ClassOf(shard, own_region) < best) positions.clear();
    }
    positions.push_back(i);
  }
  return positions;
}

}  // namespace

PlacementView MakePlacementView(const ShardSet& shards, std::string_view own_region,
                                const std::function<bool(const Shard&)>& among) {
  PlacementView view;
  const auto takes_new = [&](const Shard& s) { return s.TakesNewRooms() && (!among || among(s)); };
  for (const uint32_t position : BestClass(shards, own_region, takes_new)) {
    const Shard& shard = shards.shards[position];
    view.candidates.push_back({.id = shard.id,
                               .position = position,
                               .name_hash = XXH3_64bits(shard.name.data(), shard.name.size()),
                               .weight = shard.weight});
    view.total_weight += shard.weight;
    view.least_weight =
        view.candidates.size() == 1 ? shard.weight : std::min(view.least_weight, shard.weight);
  }
  view.rotation = BestClass(shards, own_region, [](const Shard& s) {
    return s.state == ShardState::kUp && s.admin == AdminState::kReady;
  });
  if (view.rotation.empty()) {
    view.rotation = BestClass(shards, own_region, [](const Shard& s) {
      return s.KeepsRooms() && s.state != ShardState::kStarting;
    });
  }
  return view;
}

double Score(RoomKey key, const PlacementView::Candidate& candidate) {
  const std::array<uint64_t, 3> bytes{key.low, key.high, candidate.name_hash};
  return NegativeLog2(XXH3_64bits(bytes.data(), sizeof(bytes))) / candidate.weight;
}

const PlacementView::Candidate* Place(RoomKey key,
                                      std::span<const PlacementView::Candidate> candidates) {
  const PlacementView::Candidate* best = nullptr;
  double best_score = 0;
  for (const auto& candidate : candidates) {  // sorted by name: ties go to the first
    const double score = Score(key, candidate);
    if (best != nullptr && score >= best_score) continue;
    best = &candidate;
    best_score = score;
  }
  return best;
}

}  // namespace room_router
