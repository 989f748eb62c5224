// SPDX-License-Identifier: Apache-2.0
// The codec of `errors`: a path, relative to the configuration file, to a body of at most 64 KiB.
//
// Parse reads the file (a regular one, so that nothing can block), gives the absolute path and
// keeps the content in `bodies`. Blocking file I/O.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/secret.h"

namespace room_router::config {

struct ErrorFile {
  static constexpr bool kBare = false;
  static constexpr size_t kMaxBytes = 64 << 10;
  std::string directory;
  mutable std::map<std::string, std::string> bodies;  // path → content

  std::string Parse(std::string_view text, std::string& out) const;
  std::string Print(const std::string& path) const { return path; }
};

// The content of a readable file of at most `max` bytes; else `problem` says why not.
std::string ReadFile(const std::string& path, size_t max, bool regular_only, std::string& problem);
// That of a regular file with a key or a token.
Secret ReadSecret(const std::string& path, size_t max, std::string& problem);

}  // namespace room_router::config
