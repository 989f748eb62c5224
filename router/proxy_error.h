// SPDX-License-Identifier: Apache-2.0
// What a request ends with when no shard's answer can be given: one table from the reason to the
// status, HAProxy's two termination letters and the sentence on the error page.
//
// Pure. Statuses: RFC 9110 §15.5, §15.6; 431: RFC 6585 §5.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/clock.h"
#include "router/http/head.h"
#include "router/stats.h"

namespace room_router {

struct ProxyError {
  int status;                    // 0: nobody is left to answer
  std::string_view label;        // `reason` of metrics and logs
  std::string_view termination;  // HAProxy's: who ended it, and in which phase
  std::string_view text;         // for the person who sees the page
};

const ProxyError& Describe(Refusal refusal);
Refusal RefusalFor(http::HeadError error);
std::string_view ReasonPhrase(int status);

// The router's own answers, complete messages appended to `out`.
class ErrorPages {
 public:
  explicit ErrorPages(std::map<int, std::string> bodies) : bodies_(std::move(bodies)) {}

  struct Options {
    bool head_only = false;  // answer to HEAD
    bool keep_alive = false;
    std::string_view request_id;
    Duration retry_after{0};  // of a 429
  };
  void Write(Refusal refusal, const Options& options, std::string& out) const;

 private:
  std::map<int, std::string> bodies_;  // status → configured body
};

}  // namespace room_router
