// SPDX-License-Identifier: Apache-2.0
// The codec of the files of `peers.tls` and of `admin.token_file`: a path, relative to the
// configuration file.
//
// While the file is not wanted the path is taken as it is. Else Parse reads the file (a regular one
// of at most 1 MiB, so that nothing can block), gives the absolute path, and hands the content to
// `take`, which says what is wrong with it. Blocking file I/O.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace room_router::config {

struct PeerFile {
  static constexpr bool kBare = false;
  static constexpr size_t kMaxBytes = 1 << 20;
  std::string directory;
  bool wanted = false;
  std::function<std::string(std::string content)> take;
  mutable bool exposed = false;  // others than owner and group can read it, or the group write it

  std::string Parse(std::string_view text, std::string& out) const;
  std::string Print(const std::string& path) const { return path; }
};

}  // namespace room_router::config
