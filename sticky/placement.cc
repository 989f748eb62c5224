// SPDX-License-Identifier: Apache-2.0
#include "sticky/placement.h"

#include <cmath>

namespace room_router {
namespace {

using Candidate = PlacementView::Candidate;

// The candidate with the smallest load by weight, among equals the hash's favourite.
const Candidate* LeastLoaded(RoomKey key, const PlacementView& view, const StickTable& table) {
  const Candidate* best = nullptr;
  double best_load = 0, best_score = 0;
  for (const Candidate& candidate : view.candidates) {
    const double load = table.RoomsOn(candidate.id) / candidate.weight;
    if (best != nullptr && load > best_load) continue;
    const double score = Score(key, candidate);
    if (best != nullptr && load == best_load && score >= best_score) continue;
    best = &candidate;
    best_load = load;
    best_score = score;
  }
  return best;
}

}  // namespace

const Candidate* Placement::Choose(RoomKey key, const PlacementView& view,
                                   const StickTable& table) {
  if (config_.algorithm == config::PlacementAlgorithm::kRoundRobin) return InTurn(view);
  return Foresee(key, view, table);
}

const Candidate* Placement::Foresee(RoomKey key, const PlacementView& view,
                                    const StickTable& table) {
  switch (config_.algorithm) {
    case config::PlacementAlgorithm::kBoundedRendezvous:
      return Bounded(key, view, table);
    case config::PlacementAlgorithm::kLeastRooms:
      return LeastLoaded(key, view, table);
    case config::PlacementAlgorithm::kRendezvous:
    case config::PlacementAlgorithm::kRoundRobin:
      break;
  }
  return Place(key, view.candidates);
}

const Candidate* Placement::Bounded(RoomKey key, const PlacementView& view,
                                    const StickTable& table) {
  double rooms = 0;
  for (const Candidate& candidate : view.candidates) rooms += table.RoomsOn(candidate.id);
  const Candidate* best = nullptr;
  double best_score = 0;
  for (const Candidate& candidate : view.candidates) {
    const double fair_share = rooms * candidate.weight / view.total_weight;
    if (IsFull(candidate, table.RoomsOn(candidate.id), fair_share)) continue;
    const double score = Score(key, candidate);
    if (best != nullptr && score >= best_score) continue;
    best = &candidate;
    best_score = score;
  }
  return best != nullptr ? best : Place(key, view.candidates);
}

bool Placement::IsFull(const Candidate& candidate, double rooms, double fair_share) {
  const double bound = config_.balance_factor * fair_share + kSlack;
  const bool was_full = full_.Get(candidate.id) != 0;
  const bool full = rooms > (was_full ? bound - kHysteresis : bound);
  if (full != was_full) full_.Set(candidate.id, full ? 1 : 0);
  return full;
}

// The weights laid round a circle, walked in steps of the smallest: each shard is met in proportion
// to its weight, and in strict rotation when all are equal.
const Candidate* Placement::InTurn(const PlacementView& view) {
  if (view.candidates.empty()) return nullptr;
  const auto turn = static_cast<double>(turn_.fetch_add(1, std::memory_order_relaxed));
  double place = std::fmod((turn + 0.5) * view.least_weight, view.total_weight);
  for (const Candidate& candidate : view.candidates) {
    if (place < candidate.weight) return &candidate;
    place -= candidate.weight;
  }
  return &view.candidates.back();
}

}  // namespace room_router
