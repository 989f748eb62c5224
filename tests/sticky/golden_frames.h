// SPDX-License-Identifier: Apache-2.0
// What replicas of the first release say, by name, from gossip_frames_v1.hex; and a coder of frames
// with all it needs.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "discovery/shard_names.h"
#include "sticky/gossip_frame.h"
#include "sticky/gossip_shards.h"

namespace room_router::test {

inline std::map<std::string, std::string> GoldenFrames() {
  std::map<std::string, std::string> frames;
  std::ifstream file(STICKY_TEST_DATA "/gossip_frames_v1.hex");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name, hex;
    if (line.starts_with('#') || !(words >> name >> hex)) continue;
    std::string& bytes = frames[name];
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
  }
  return frames;
}

struct Coder {
  GossipSettings settings;
  GossipStats stats;
  ShardNames names;
  gossip::ShardDictionary shards{names, 100};
  gossip::FrameCoder coder{settings, shards, stats};

  std::string Encode(const gossip::Message& message) const {
    const auto* update = std::get_if<gossip::Update>(&message);
    return update == nullptr ? coder.Encode(message) : coder.EncodeUpdate(*update).at(0);
  }
};

}  // namespace room_router::test
