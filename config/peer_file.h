// SPDX-License-Identifier: Apache-2.0
// The codec of the files of `peers.tls`, `listeners[].tls` and of `admin.token_file`: a path,
// relative to the configuration file.
//
// While the file is not wanted the path is taken as it is. Else Parse reads the file (a regular one
// of at most 1 MiB, so that nothing can block), gives the absolute path, and hands the content to
// `take`, which says what is wrong with it. Any content may be secret. Blocking file I/O.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/secret.h"

namespace room_router::config {

struct PeerFile {
  static constexpr bool kBare = false;
  static constexpr size_t kMaxBytes = 1 << 20;
  std::string directory;
  bool wanted = false;
  std::function<std::string(Secret content)> take;
  mutable bool exposed = false;  // others than owner and group can read it, or the group write it

  std::string Parse(std::string_view text, std::string& out) const;
  std::string Print(const std::string& path) const { return path; }
};

// For `take`: keeps a content if `problem` has nothing against it.
using FileProblem = std::string(std::string_view content);
std::function<std::string(Secret)> Keep(std::string& content, FileProblem* problem);
std::function<std::string(Secret)> Keep(Secret& content, FileProblem* problem);

// What is said of an exposed file.
inline constexpr const char* kExposedFile =
    "everybody on this machine can read the file, or its group change it; set its mode to 0600, "
    "or 0640 for a group of the router's own";

}  // namespace room_router::config
