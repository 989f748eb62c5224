// SPDX-License-Identifier: Apache-2.0
#include "config/error_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "config/descriptor.h"
#include "config/report.h"

namespace room_router::config {
namespace {

constexpr size_t kChunk = 16 << 10;

std::string SystemReason() { return std::generic_category().message(errno); }

// Straight into what is returned: no other buffer has seen a secret.
template <class Bytes>
Bytes Read(const std::string& path, size_t max, bool regular_only, std::string& problem) {
  // Without O_NONBLOCK a named pipe nobody writes to would block the open.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | (regular_only ? O_NONBLOCK : 0)));
  struct stat status {};
  if (file.number() < 0 || fstat(file.number(), &status) != 0) {
    problem = "cannot be read: " + SystemReason();
    return {};
  }
  if (S_ISDIR(status.st_mode) || (regular_only && !S_ISREG(status.st_mode))) {
    problem = "is not a regular file";
    return {};
  }
  Bytes content;
  for (size_t size = 0; size <= max;) {
    content.resize(size + kChunk);
    const ssize_t count = read(file.number(), content.data() + size, kChunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      problem = "cannot be read: " + SystemReason();
      return {};
    }
    size += static_cast<size_t>(count);
    content.resize(size);
    if (count == 0) return content;
  }
  problem = "is larger than " + std::to_string(max >> 10) + " KiB";
  return {};
}

}  // namespace

std::string ReadFile(const std::string& path, size_t max, bool regular_only, std::string& problem) {
  return Read<std::string>(path, max, regular_only, problem);
}

Secret ReadSecret(const std::string& path, size_t max, std::string& problem) {
  return Read<Secret>(path, max, true, problem);
}

std::string ErrorFile::Parse(std::string_view text, std::string& out) const {
  if (text.empty()) return "must not be empty; write the path of a file or remove the key";
  const auto path = (std::filesystem::path(directory) / std::string(text)).lexically_normal();
  std::string problem;
  std::string body = ReadFile(path.string(), kMaxBytes, true, problem);
  if (!problem.empty()) return "the file " + Quote(path.string()) + " " + problem;
  out = path.string();
  bodies[out] = std::move(body);
  return "";
}

}  // namespace room_router::config
