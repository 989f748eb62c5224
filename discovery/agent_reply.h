// SPDX-License-Identifier: Apache-2.0
// What a shard's agent says of itself: the line of HAProxy's agent-check, and what has been heard.
//
// Pure. A line ends with LF or CR; its words are separated by blanks, tabs or commas, in any order
// and case, the last of a kind counts, "#" begins a remark:
//   up | down fail stopped   the agent's health, independent of the other checks
//   ready | drain | maint    whether the endpoint wants new rooms, or none at all
//   75% (or weight:75%)      of the weight the shard has otherwise
// Other words (maxconn:30, weight:20) are passed over. What a line does not say stays as it was:
// only the agent takes back what it said. Bytes without an end of line say nothing. HAProxy 2.6
// configuration manual, "agent-check".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "discovery/shard_set.h"

namespace room_router {

enum class AgentHealth : uint8_t { kUp, kDown, kFail, kStopped };

struct AgentReply {
  static constexpr size_t kLongest = 1024;  // bytes of a line; longer ones say nothing
  static constexpr size_t kLongestRemark = 80;
  static constexpr int kMaxPercent = 25600;  // as HAProxy: more counts as this

  std::optional<AgentHealth> health;
  std::optional<AdminState> admin;
  std::optional<int> percent;
  std::string remark;  // printable ASCII; other bytes are '?'

  bool down() const { return health.value_or(AgentHealth::kUp) != AgentHealth::kUp; }
  AdminState state() const { return admin.value_or(AdminState::kReady); }

  // Takes what `newer` says in addition to what was said before. Returns whether that is news; a
  // remark alone is none.
  bool Heed(const AgentReply& newer);
  std::string ToString() const;  // "down drain 50% # on fire"
  friend bool operator==(const AgentReply&, const AgentReply&) = default;
};

// `bytes` is what has arrived so far; nullopt as long as it has no end of line.
std::optional<AgentReply> ParseAgentReply(std::string_view bytes);

std::string_view ToString(AgentHealth health);

}  // namespace room_router
