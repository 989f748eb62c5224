// SPDX-License-Identifier: Apache-2.0
// What a shell offers when Tab is pressed after some words of `room-router`: the words that may
// stand there.
//
// Commands of the admin socket and names of shards come from a running router, if one answers, so
// that they are those of its version. Pure but for `ask`.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace room_router::cli {

// Sends a line to an admin socket (path or host:port) and returns the answer; "" = there is none.
using AskRouter = std::function<std::string(const std::string& socket, const std::string& line)>;

struct Completion {
  std::vector<std::string> words;  // that begin as the last word does
  bool files = false;              // names of files may stand there, too
};

// `words` follow `room-router`; the last is the one being typed and may be empty.
Completion Complete(const std::vector<std::string>& words, const AskRouter& ask);

// `room-router complete`: a candidate per line, the first one ":files" when files may stand there.
int PrintCompletion(const std::vector<std::string>& words);

}  // namespace room_router::cli
