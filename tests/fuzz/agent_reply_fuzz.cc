// SPDX-License-Identifier: Apache-2.0
// Bytes of a shard's agent: only what the protocol knows comes out, printable, and the same however
// the bytes are cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "discovery/agent_reply.h"

namespace {

using room_router::AgentReply;
using room_router::ParseAgentReply;

void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto reply = ParseAgentReply(bytes);
  const size_t end = bytes.find_first_of("\r\n");
  if (!reply) {
    Check(end == std::string_view::npos || end >= AgentReply::kLongest);
    return 0;
  }
  Check(ParseAgentReply(bytes.substr(0, end + 1)) == reply);
  Check(!ParseAgentReply(bytes.substr(0, end)));
  Check(reply->percent.value_or(0) >= 0 && reply->percent.value_or(0) <= AgentReply::kMaxPercent);
  Check(reply->remark.size() <= AgentReply::kLongestRemark);
  for (const char c : reply->remark) Check(c >= ' ' && c <= '~');
  AgentReply held;
  held.Heed(*reply);
  Check(held == *reply && !held.Heed(*reply));
  return 0;
}
