// SPDX-License-Identifier: Apache-2.0
// The messages of gossip as values, and their bytes: one protobuf Frame each (gossip.proto).
//
// Reading believes nothing: texts, enumerations, sizes and references are checked, and what makes
// no sense is left out and counted, so whoever handles a message need not look again. Shards are
// ids here and names in the bytes; each name stands once in a frame. Pure but for the names it
// learns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sticky/admin_cells.h"
#include "sticky/cell.h"
#include "sticky/gossip_shards.h"
#include "sticky/gossip_types.h"
#include "sticky/roster.h"

namespace room_router::gossip {

inline constexpr uint32_t kProtocolVersion = 1;

struct Hello {
  uint32_t version = kProtocolVersion;
  std::string cluster;
  Claim self;
  HybridTime time = 0;
};

struct Ping {
  uint64_t number = 0;
};

struct Ack {
  uint64_t number = 0;
  std::string about;  // empty: the sender itself
};

struct PingRequest {
  uint64_t number = 0;
  std::string name;
};

struct Update {
  std::vector<CellRecord> records;
  std::vector<AdminCell> admin;
  std::vector<Claim> members;
  bool direct = false, sync = false;

  void Take(Update&& other);  // adds what is in it
  bool empty() const { return records.empty() && admin.empty() && members.empty(); }
  size_t size() const { return records.size() + admin.size() + members.size(); }
};

struct SyncOpen {
  uint64_t round = 0;
  std::vector<uint64_t> digests;
};

struct SyncDiff {
  uint64_t round = 0;
  std::vector<uint32_t> buckets;
};

struct SyncPage {
  struct Bucket {
    uint32_t number = 0;
    std::vector<uint64_t> digests;
  };
  uint64_t round = 0, page = 0;
  std::vector<Bucket> buckets;
};

struct SyncAnswer {
  uint64_t round = 0, page = 0;
  std::vector<uint32_t> done;
  std::vector<uint64_t> wanted;
};

struct Goodbye {
  std::optional<CloseReason> reason;  // nothing: one we don't know
};

struct Unknown {};  // of a later version

using Message = std::variant<Unknown, Hello, Ping, Ack, PingRequest, Update, SyncOpen, SyncDiff,
                             SyncPage, SyncAnswer, Goodbye>;

class FrameCoder {
 public:
  static constexpr size_t kMaxTextBytes = 1024;
  static constexpr uint32_t kMaxEpoch = 1U << 31U;  // leaves room for deliberate changes
  static constexpr Duration kMaxLease = std::chrono::hours(24);

  FrameCoder(const GossipSettings& settings, ShardDictionary& shards, GossipStats& stats)
      : settings_(settings), shards_(shards), stats_(stats) {}

  // Not for updates.
  std::string Encode(const Message& message) const;
  // As many frames as the limits of a frame ask for.
  std::vector<std::string> EncodeUpdate(const Update& update) const;
  // nullopt: not a frame.
  std::optional<Message> Decode(std::string_view bytes);

 private:
  const GossipSettings& settings_;
  ShardDictionary& shards_;
  GossipStats& stats_;
};

}  // namespace room_router::gossip
