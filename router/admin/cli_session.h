// SPDX-License-Identifier: Apache-2.0
// One connection to the admin socket: bytes in, commands out; answers in, bytes out.
//
// Framing as HAProxy 2.6: every answer ends with an empty line; without `prompt` the lines that
// have arrived are run and the connection ends; with it "> " follows each answer. After a line that
// ends in << come the lines of a payload, up to an empty one (<<END: up to END): it is the last
// word of the line's last command. Commands about the session itself (prompt, quit, user, operator,
// set timeout cli, set severity-output) are answered here. Pure; holds at most one line and its
// payload, kMaxLine bytes each, and what the caller gives it at once.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/config.h"
#include "router/admin/cli_line.h"

namespace room_router::admin {

// A shard that was ordered to drain, and how long somebody wants to wait until it is empty.
struct DrainWish {
  std::string shard;
  std::chrono::milliseconds longest{0};
};
inline constexpr std::chrono::milliseconds kLongestDrainWait = std::chrono::hours(24);

struct CliReply {
  static constexpr int kNoSeverity = -1, kError = 3, kWarning = 4, kInfo = 6;  // as in syslog
  std::string text;                 // whole lines, without the empty one that ends an answer
  int severity = kNoSeverity;       // shown when the session asked for it; a dump has none
  std::optional<DrainWish> wait{};  // the answer comes when this is done
};

inline CliReply Error(std::string text) {
  return {.text = std::move(text), .severity = CliReply::kError};
}

class CliSession {
 public:
  static constexpr size_t kMaxLine = 16 << 10;  // bytes; of a payload too

  explicit CliSession(config::AdminLevel level) : level_(level) {}

  void Receive(std::string_view bytes) { input_.append(bytes); }
  // The next command somebody else must answer; nullopt when more bytes are needed, or done().
  std::optional<CliWords> Next(std::chrono::seconds uptime);
  void Answer(const CliReply& reply, std::chrono::seconds uptime);

  std::string TakeOutput() { return std::exchange(output_, {}); }
  // No more commands will come; close once the output has been sent.
  bool done() const { return done_; }
  // Everything received has been run and nobody asked to stay: close unless more bytes are there.
  bool idle() const {
    return ran_line_ && !interactive_ && !payload_ && input_.empty() && commands_.empty();
  }

  config::AdminLevel level() const { return level_; }
  std::chrono::milliseconds idle_timeout() const { return idle_timeout_; }

 private:
  enum class Severity : uint8_t { kNone, kNumber, kString };

  struct Payload {
    std::string end;  // the line that ends it
    std::string text{};
  };

  bool TakeLine();
  void TakePayload(std::string_view line);
  bool Overflow();
  bool AnswerOwn(const CliWords& words, std::chrono::seconds uptime);
  void SetPrompt(const CliWords& words);
  CliReply Lower(config::AdminLevel level);
  CliReply SetTimeout(const CliWords& words);
  CliReply SetSeverity(const CliWords& words);

  config::AdminLevel level_;
  std::string input_, output_;
  std::deque<CliWords> commands_;   // of the line being run
  std::optional<Payload> payload_;  // of the last of them, while it arrives
  std::chrono::milliseconds idle_timeout_{60'000};
  Severity severity_ = Severity::kNone;
  bool interactive_ = false, prompt_ = false, timed_ = false;
  bool ran_line_ = false, done_ = false;
};

}  // namespace room_router::admin
