// SPDX-License-Identifier: Apache-2.0
// Why a stream to another replica ended, as counters and metrics name it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace room_router {

enum class LinkEnd : uint8_t {
  kClosedHere,
  kClosedThere,    // in order, between two frames
  kLost,           // reset, or cut off in the midst of something
  kUnreachable,    // the other side took no connection
  kTooMany,        // no room for another link
  kTooManyFromIp,  // nor for another one from there
  kSlow,           // handshake or first frame did not come in time
  kStalled,        // a frame stopped on its way in or out
  kBadFrame,       // empty, or longer than allowed
  kQueueFull,      // the other side did not take what we sent
  kNotTls,         // from here on as TlsFailure
  kTlsVersion,
  kTlsKey,
  kTlsCertificate,
  kTlsRefused,
  kTlsBroken,
};
inline constexpr size_t kLinkEnds = 16;

constexpr std::string_view ToString(LinkEnd end) {
  constexpr std::string_view kNames[kLinkEnds] = {
      "closed-here", "closed-there",     "lost",        "unreachable",
      "too-many",    "too-many-from-ip", "slow",        "stalled",
      "bad-frame",   "queue-full",       "not-tls",     "tls-version",
      "tls-key",     "tls-certificate",  "tls-refused", "tls-broken"};
  return kNames[static_cast<size_t>(end)];
}

}  // namespace room_router
