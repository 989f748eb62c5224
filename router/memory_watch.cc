// SPDX-License-Identifier: Apache-2.0
#include "router/memory_watch.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

#include "router/admin/process_facts.h"

namespace room_router {
namespace {

constexpr std::chrono::seconds kInterval{1};

uint64_t CgroupLimit() {
  std::ifstream file("/sys/fs/cgroup/memory.max");
  return MemoryLimitOf(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace

bool MemoryIsShort(bool was_short, uint64_t used, uint64_t limit) {
  if (limit == 0) return false;
  return used >= (was_short ? limit - limit / 20 : limit);
}

uint64_t MemoryLimitOf(std::string_view memory_max) {
  uint64_t bytes = 0;
  std::from_chars(memory_max.data(), memory_max.data() + memory_max.size(), bytes);
  return bytes - bytes / 10;
}

void MemoryWatch::Configure(uint64_t configured) {
  limit_ = configured != 0 ? configured : CgroupLimit();
  Look();
}

void MemoryWatch::Stop() {
  stopped_ = true;
  timer_.cancel();
}

void MemoryWatch::Look() {
  const bool is_short = limit_ != 0 && MemoryIsShort(short_, admin::ResidentBytes(), limit_);
  if (is_short != short_) {
    short_ = is_short;
    on_change_(is_short);
  }
  Arm();
}

void MemoryWatch::Arm() {
  if (stopped_ || limit_ == 0) return;
  timer_.expires_after(kInterval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Look();
  });
}

}  // namespace room_router
