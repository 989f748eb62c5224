// SPDX-License-Identifier: Apache-2.0
// Whether one endpoint is left out because connections to it fail, and for how long.
//
// Pure. `after` failures with neither a connection nor a passed check in between put it out for
// `shortest`; each time it is put out again, twice as long, to kLongest (or `shortest`) at most. A
// passed check lets it back the first time: that was a hiccup. Later it does not, since checks and
// connections disagree and clients make connections. Lengths start over once the endpoint has been
// back, without being put out, as long as it was out; or when a connection to it succeeds while it
// is back. What fails while it is out does not count. It never changes a shard's state.
#pragma once

#include <optional>

#include "config/clock.h"

namespace room_router {

class Ejection {
 public:
  static constexpr Duration kLongest = std::chrono::minutes(1);
  struct Rules {
    int after = 3;
    Duration shortest = std::chrono::seconds(2);
  };

  // A connection failed. Returns whether the endpoint is put out now.
  bool Fail(const Rules& rules, TimePoint now);
  void Connect(TimePoint now);    // one succeeded
  void PassCheck(TimePoint now);  // so did a check

  void Tick(TimePoint now);

  bool IsOut(TimePoint now) const { return out_ && now < until_; }
  std::optional<TimePoint> NextDeadline() const {
    return out_ ? std::optional(until_) : std::nullopt;
  }

 private:
  int failures_ = 0;    // in a row
  Duration length_{};   // of the last time out; 0 = the next one is the first
  bool again_ = false;  // the last time out was not the first in a row
  bool out_ = false;
  TimePoint until_;  // out, or the end of the last time out
};

}  // namespace room_router
