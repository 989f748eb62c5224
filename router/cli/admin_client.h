// SPDX-License-Identifier: Apache-2.0
// The other end of the admin socket: sends command lines, returns what they answered and whether
// they failed. Blocking; for `ctl` and `locate`, never inside the router.
//
// Failure is read from HAProxy's own marks (`set severity-output number`: "[3]:" and below, or
// "Unknown command"; "[4]:" is a warning), so it works against HAProxy too. Framing: ../admin,
// design "Admin: socket".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace room_router::cli {

struct AdminAnswer {
  std::string text;  // without severity marks
  bool failed = false;
  bool warned = false;  // it did not fail, but something is not as it was wanted
};

class AdminClient {
 public:
  // A path, or host:port with a numeric host or "localhost".
  explicit AdminClient(std::string socket) : socket_(std::move(socket)) {}

  // Connects, sends one line (no line feed in it), waits for the whole answer however long it
  // takes. A transport failure is a failed answer whose text says what to do.
  AdminAnswer Ask(std::string_view line) const;

  // Relays a terminal to the socket's interactive mode until either ends; false when it could not
  // connect (said on `error`).
  bool Prompt(int input, int output, std::string& error) const;

 private:
  int Connect(std::string& error) const;

  std::string socket_;
};

// One command line from shell words: a single word is taken as it is ("show info; show stat"),
// several are escaped one by one, so that `show room "Two Words"` stays one argument.
std::string JoinWords(const std::vector<std::string>& words);

// What Ask() makes of the bytes received.
AdminAnswer ReadAnswer(std::string_view received);

}  // namespace room_router::cli
