// SPDX-License-Identifier: Apache-2.0
#include "router/admin/cli_session.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace room_router::admin {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kMaxTimeout = 24h;

// What ends the payload that a line announces with its last word: <<, or <<END.
std::optional<std::string> PayloadEnd(std::string_view line) {
  const std::string_view last = line.substr(line.find_last_of(" \t") + 1);
  if (!last.starts_with("<<")) return std::nullopt;
  return std::string(last.substr(2));
}

// "10", "10s", "500ms", "2m", "1h"; bare numbers are seconds.
std::optional<std::chrono::milliseconds> ParseTimeout(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::chrono::milliseconds>, 6> kUnits = {
      {{"", 1s}, {"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}, {"d", 24h}}};
  uint32_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(read.ptr - text.data()));
  for (const auto& [unit, length] : kUnits) {
    if (unit != text) continue;
    const auto timeout = number * length;
    if (timeout > 0ms && timeout <= kMaxTimeout) return timeout;
  }
  return std::nullopt;
}

std::string_view SeverityName(int severity) {
  if (severity == CliReply::kError) return "err";
  return severity == CliReply::kWarning ? "warning" : "info";
}

}  // namespace

std::optional<CliWords> CliSession::Next(std::chrono::seconds uptime) {
  while (!done_) {
    if ((commands_.empty() || payload_) && !TakeLine()) return std::nullopt;
    if (done_) break;
    if (payload_) continue;
    if (commands_.empty()) {
      Answer({}, uptime);  // a blank line
      continue;
    }
    CliWords words = std::move(commands_.front());
    commands_.pop_front();
    if (!AnswerOwn(words, uptime)) return words;
  }
  return std::nullopt;
}

bool CliSession::TakeLine() {
  const size_t end = input_.find('\n');
  if (end > kMaxLine && (end != std::string::npos || input_.size() > kMaxLine)) return Overflow();
  if (end == std::string::npos) return false;
  std::string_view line(input_.data(), end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (payload_) {
    TakePayload(line);
  } else {
    auto mark = PayloadEnd(line);
    if (mark) line.remove_suffix(mark->size() + 2);
    for (CliWords& words : SplitLine(line)) commands_.push_back(std::move(words));
    if (mark) payload_.emplace(Payload{.end = *std::move(mark)});
  }
  if (payload_ && payload_->text.size() > kMaxLine) return Overflow();
  if (payload_ && prompt_) output_ += "+ ";
  input_.erase(0, end + 1);
  ran_line_ = true;
  return true;
}

// The end of the session.
bool CliSession::Overflow() {
  output_ +=
      "The command line is too big for the buffer size. Send lines of at most 16384 bytes.\n";
  return done_ = true;
}

void CliSession::TakePayload(std::string_view line) {
  if (line != payload_->end) {
    payload_->text.append(line).append("\n");
    return;
  }
  if (!commands_.empty()) commands_.back().push_back(std::move(payload_->text));
  payload_.reset();
}

void CliSession::Answer(const CliReply& reply, std::chrono::seconds uptime) {
  if (reply.severity != CliReply::kNoSeverity && !reply.text.empty()) {
    if (severity_ == Severity::kNumber) output_ += fmt::format("[{}]:", reply.severity);
    if (severity_ == Severity::kString) {
      output_ += fmt::format("[{}]:", SeverityName(reply.severity));
    }
  }
  output_.append(reply.text).append("\n");
  if (!prompt_) return;
  if (timed_) {
    const auto s = uptime.count();
    output_ += fmt::format("[{}:{:02}:{:02}:{:02}]", s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
  }
  output_ += "> ";
}

bool CliSession::AnswerOwn(const CliWords& words, std::chrono::seconds uptime) {
  const auto is = [&](size_t i, std::string_view word) {
    return i < words.size() && words[i] == word;
  };
  if (is(0, "quit")) {
    done_ = true;
  } else if (is(0, "prompt")) {
    SetPrompt(words);
    Answer({}, uptime);
  } else if (is(0, "operator")) {
    Answer(Lower(config::AdminLevel::kOperator), uptime);
  } else if (is(0, "user")) {
    Answer(Lower(config::AdminLevel::kUser), uptime);
  } else if (is(0, "set") && is(1, "timeout")) {
    Answer(SetTimeout(words), uptime);
  } else if (is(0, "set") && is(1, "severity-output")) {
    Answer(SetSeverity(words), uptime);
  } else {
    return false;
  }
  return true;
}

void CliSession::SetPrompt(const CliWords& words) {
  const std::string_view mode = words.size() > 1 ? std::string_view(words[1]) : "";
  timed_ = mode == "timed";
  if (mode == "i") {
    interactive_ = true;
    prompt_ = false;
  } else if (mode == "n") {
    interactive_ = prompt_ = false;
  } else if (mode == "p" || mode == "timed") {
    interactive_ = prompt_ = true;
  } else {
    interactive_ = prompt_ = !prompt_;
  }
}

CliReply CliSession::Lower(config::AdminLevel level) {
  if (level_ < level) return Error("Permission denied\n");
  level_ = level;
  return {};
}

CliReply CliSession::SetTimeout(const CliWords& words) {
  if (words.size() < 3 || words[2] != "cli") return Error("'set timeout' only supports 'cli'.\n");
  const auto timeout = ParseTimeout(words.size() > 3 ? std::string_view(words[3]) : "");
  if (!timeout) return Error("Invalid timeout value.\n");
  idle_timeout_ = *timeout;
  return {};
}

CliReply CliSession::SetSeverity(const CliWords& words) {
  const std::string_view mode = words.size() > 2 ? std::string_view(words[2]) : "";
  if (mode == "none") {
    severity_ = Severity::kNone;
  } else if (mode == "number") {
    severity_ = Severity::kNumber;
  } else if (mode == "string") {
    severity_ = Severity::kString;
  } else {
    return Error("one of 'none', 'number', 'string' is a required argument\n");
  }
  return {};
}

}  // namespace room_router::admin
