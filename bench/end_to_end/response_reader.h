// SPDX-License-Identifier: Apache-2.0
// Finds the end of one HTTP/1.1 response in a byte stream and what must be checked of it: status
// and body length. Pure; knows Content-Length only, which is all the backend ever sends, so a
// response framed otherwise is broken.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace room_router::bench {

class ResponseReader {
 public:
  enum class Progress { kMore, kDone, kBroken };

  // Takes its part off the front of `bytes`; after kDone the next call starts a new response.
  Progress Feed(std::string_view& bytes);

  // Of the response just done.
  int status() const { return status_; }
  size_t body_length() const { return body_length_; }
  bool closes() const { return closes_; }

 private:
  Progress ReadHead(std::string_view& bytes);
  bool ParseHead(std::string_view head);
  bool ParseField(std::string_view line);

  std::string partial_head_;
  bool in_body_ = false;
  int status_ = 0;
  size_t body_length_ = 0, body_left_ = 0;
  bool closes_ = false;
};

}  // namespace room_router::bench
