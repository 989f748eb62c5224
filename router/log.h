// SPDX-License-Identifier: Apache-2.0
// The event log of the control plane: one JSON object per line on stderr,
// {"time":…,"level":…,"event":…,"replica":…, then the fields}.
//
// For what an operator acts on (shard down, configuration refused), never for a request: those go
// to the access log. Callers keep secrets out of the fields. Thread-safe; a call writes at once, so
// it stays off the data plane. A line that repeats itself is held back and counted (log_limit.h);
// Tick() writes the counts. Bytes that are not UTF-8 are shown as U+FFFD. Throws nothing.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "config/clock.h"
#include "config/config.h"

namespace room_router {

class Log {
 public:
  using Level = config::LogLevel;
  using Fields = std::initializer_list<std::pair<std::string_view, std::string>>;

  // `replica` tells several in one process apart; empty leaves the field out.
  explicit Log(Level level, std::string replica = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void Write(Level level, std::string_view event, Fields fields = {});
  // Says how often lines were held back whose time is up.
  void Tick(TimePoint now);
  uint64_t suppressed() const;  // lines held back, ever

  Level level() const;
  void SetLevel(Level level);

  // What Write() puts between the braces, time and level excepted.
  static std::string Format(std::string_view event, std::string_view replica, Fields fields);

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
  const std::string replica_;
};

}  // namespace room_router
