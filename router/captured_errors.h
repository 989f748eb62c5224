// SPDX-License-Identifier: Apache-2.0
// The last request and the last response of each listener that could not be read, for operators.
//
// What came is kept as little as it can be: the first line up to its parameters, cut at kMaxLine,
// and only if it begins as one; whatever else was sent may be a secret. At most kMostListeners
// listeners have places; all are counted. A value; copied with the counters it belongs to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "discovery/shard_set.h"

namespace room_router {

struct CapturedError {
  bool response = false;  // of a shard; else a client's request
  uint16_t listener = 0;
  EndpointId endpoint = kNoEndpoint;  // of a response
  TimePoint time;
  uint64_t number = 0;  // given by Add, from 1
  std::string ip;       // the client's
  uint16_t port = 0;
  std::string_view reason, detail;  // literals
  std::string line;
  size_t bytes = 0;  // that had come
};

class CapturedErrors {
 public:
  static constexpr size_t kMaxLine = 256, kMostListeners = 16;

  // `bytes` as they came; `error.line` is made from them.
  void Add(CapturedError error, std::string_view bytes);

  uint64_t total() const { return total_; }
  const std::vector<CapturedError>& last() const { return last_; }

 private:
  uint64_t total_ = 0;
  std::vector<CapturedError> last_;
};

// The part of the first line that may be shown.
std::string ShownLine(std::string_view bytes, bool response);

}  // namespace room_router
