// SPDX-License-Identifier: Apache-2.0
// Where a room belongs when nothing says otherwise: weighted rendezvous hashing (HRW) over names.
//
// Each shard scores `-log2(u) / weight`, u in (0, 1) from XXH3-64 of (key, hash of the shard's
// name); the smallest score wins. Only rooms of a shard that goes move, and to each shard its share
// by weight. Independent of the order of shards, of ids and of history, so replicas agree without
// talking. Scores use IEEE additions, multiplications and divisions in a fixed order (no libm, no
// contraction), so they are the same on every machine. Changing them moves every new room.
//
// Pure. Source: Thaler, Ravishankar 1998; weights: Schindelhauer, Schomaker 2005.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "discovery/shard_set.h"
#include "sticky/room_key.h"

namespace room_router {

// What a snapshot of the shards means for placement; immutable, valid as long as the snapshot.
struct PlacementView {
  struct Candidate {
    ShardId id = kNoShard;
    uint32_t position = 0;  // in ShardSet::shards
    uint64_t name_hash = 0;
    double weight = 0;
  };
  // Shards that take new rooms, of the best class that has any: lowest priority, then our region.
  std::vector<Candidate> candidates;
  double total_weight = 0, least_weight = 0;  // of the candidates
  // Positions of the shards for requests without a room: those up and ready, else those that keep
  // their rooms; again the best class only.
  std::vector<uint32_t> rotation;
};

// `among`: which shards are considered at all; empty = all.
PlacementView MakePlacementView(const ShardSet& shards, std::string_view own_region,
                                const std::function<bool(const Shard&)>& among = {});

double Score(RoomKey key, const PlacementView::Candidate& candidate);

// The candidate with the smallest score; nullptr when there is none.
const PlacementView::Candidate* Place(RoomKey key,
                                      std::span<const PlacementView::Candidate> candidates);

}  // namespace room_router
