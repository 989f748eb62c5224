// SPDX-License-Identifier: Apache-2.0
// Any bytes as the beginning of a connection: what is complete stays so whatever follows, every
// shorter beginning of it was incomplete, and nothing is read behind its size. What the router
// writes for the same source is read as that.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "discovery/proxy_preface.h"
#include "router/proxy_header.h"

namespace {

using room_router::ParseProxyHeader;
using room_router::ProxyHeader;
using Status = room_router::ProxyHeaderStatus;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  ProxyHeader header;
  const Status status = ParseProxyHeader(bytes, header);
  if (status == Status::kMalformed) return 0;
  const size_t whole = status == Status::kComplete ? header.size : bytes.size();
  Require(whole <= bytes.size() && whole <= ProxyHeader::kMaxSize, "size is out of bounds");
  ProxyHeader other;
  for (size_t shorter = 0; shorter < whole; shorter += 1 + shorter / 16) {
    const std::string beginning = bytes.substr(0, shorter);  // a heap block of just that size
    Require(ParseProxyHeader(beginning, other) == Status::kIncomplete, "a beginning is decided");
  }
  if (status != Status::kComplete) return 0;
  Require(ParseProxyHeader(bytes.substr(0, whole), other) == Status::kComplete &&
              other.size == whole && other.source == header.source,
          "what follows the header counts");
  const std::string written = room_router::ProxyPreface(header.source, header.source);
  Require(ParseProxyHeader(written, other) == Status::kComplete && other.size == written.size() &&
              other.source == header.source,
          "what is written is read as something else");
  return 0;
}
