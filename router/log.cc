// SPDX-License-Identifier: Apache-2.0
#include "router/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "router/log_limit.h"

namespace room_router {
namespace {

spdlog::level::level_enum ToSpdlog(Log::Level level) {
  switch (level) {
    case Log::Level::kDebug:
      return spdlog::level::debug;
    case Log::Level::kInfo:
      return spdlog::level::info;
    case Log::Level::kWarning:
      return spdlog::level::warn;
    case Log::Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string Quote(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

struct Log::Sink {
  void Put(Level level, std::string_view line) {
    logger.log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
  }
  void Put(const std::vector<LogLimit::Summary>& held_back) {
    for (const auto& [level, line, count] : held_back) {
      const std::string counted = line.empty() ? R"("event":"other_lines")" : line;
      Put(level, counted + ",\"suppressed\":" + std::to_string(count));
    }
  }

  spdlog::logger logger{"room-router", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  std::mutex mutex;  // of limit
  LogLimit limit;
};

Log::Log(Level level, std::string replica)
    : sink_(std::make_unique<Sink>()), replica_(std::move(replica)) {
  sink_->logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
      R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc));
  SetLevel(level);
}

Log::~Log() { sink_->Put(sink_->limit.TakeAll()); }

void Log::Write(Level level, std::string_view event, Fields fields) {
  if (!sink_->logger.should_log(ToSpdlog(level))) return;
  const std::string line = Format(event, replica_, fields);
  {
    const std::lock_guard lock(sink_->mutex);
    if (!sink_->limit.Admit(level, line, Clock::now())) return;
  }
  sink_->Put(level, line);
}

void Log::Tick(TimePoint now) {
  const std::lock_guard lock(sink_->mutex);
  sink_->Put(sink_->limit.TakeEnded(now));
}

uint64_t Log::suppressed() const {
  const std::lock_guard lock(sink_->mutex);
  return sink_->limit.suppressed();
}

Log::Level Log::level() const {
  switch (sink_->logger.level()) {
    case spdlog::level::debug:
      return Level::kDebug;
    case spdlog::level::warn:
      return Level::kWarning;
    case spdlog::level::err:
      return Level::kError;
    default:
      return Level::kInfo;
  }
}

void Log::SetLevel(Level level) { sink_->logger.set_level(ToSpdlog(level)); }

std::string Log::Format(std::string_view event, std::string_view replica, Fields fields) {
  std::string line = "\"event\":" + Quote(event);
  if (!replica.empty()) line += ",\"replica\":" + Quote(replica);
  for (const auto& [name, value] : fields) line += "," + Quote(name) + ":" + Quote(value);
  return line;
}

}  // namespace room_router
