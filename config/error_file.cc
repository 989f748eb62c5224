// SPDX-License-Identifier: Apache-2.0
#include "config/error_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "config/report.h"

namespace room_router::config {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  const int number_;
};

std::string SystemReason() { return std::generic_category().message(errno); }

}  // namespace

std::string ReadFile(const std::string& path, size_t max, bool regular_only, std::string& problem) {
  // Without O_NONBLOCK a named pipe nobody writes to would block the open.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | (regular_only ? O_NONBLOCK : 0)));
  struct stat status {};
  if (file.number() < 0 || fstat(file.number(), &status) != 0) {
    problem = "cannot be read: " + SystemReason();
    return "";
  }
  if (S_ISDIR(status.st_mode) || (regular_only && !S_ISREG(status.st_mode))) {
    problem = "is not a regular file";
    return "";
  }
  std::string content;
  char chunk[16 << 10];
  while (content.size() <= max) {
    const ssize_t count = read(file.number(), chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      problem = "cannot be read: " + SystemReason();
      return "";
    }
    if (count == 0) return content;
    content.append(chunk, static_cast<size_t>(count));
  }
  problem = "is larger than " + std::to_string(max >> 10) + " KiB";
  return "";
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
