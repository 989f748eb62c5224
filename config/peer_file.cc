// SPDX-License-Identifier: Apache-2.0
#include "config/peer_file.h"

#include <filesystem>
#include <system_error>

#include "config/error_file.h"
#include "config/report.h"

namespace room_router::config {
namespace {

namespace fs = std::filesystem;

// The group may read: root:service 0640 is how packages and Kubernetes hand out secrets.
bool IsExposed(const fs::path& path) {
  constexpr fs::perms kTooMuch = fs::perms::group_write | fs::perms::others_all;
  std::error_code error;
  const fs::perms perms = fs::status(path, error).permissions();
  return !error && (perms & kTooMuch) != fs::perms::none;
}

}  // namespace

std::string PeerFile::Parse(std::string_view text, std::string& out) const {
  out = text;
  if (!wanted || text.empty()) return "";
  const auto path = (fs::path(directory) / std::string(text)).lexically_normal();
  out = path.string();
  std::string problem;
  Secret content = ReadSecret(out, kMaxBytes, problem);
  if (problem.empty()) problem = take(std::move(content));
  if (!problem.empty()) return "the file " + Quote(out) + " " + problem;
  exposed = IsExposed(path);
  return "";
}

std::function<std::string(Secret)> Keep(std::string& content, FileProblem* problem) {
  return [&content, problem](const Secret& text) {
    content = text.view();
    return problem(content);
  };
}

std::function<std::string(Secret)> Keep(Secret& content, FileProblem* problem) {
  return [&content, problem](Secret text) {
    content = std::move(text);
    return problem(content.view());
  };
}

}  // namespace room_router::config
