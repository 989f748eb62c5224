// SPDX-License-Identifier: Apache-2.0
#include "router/admin/process_facts.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace room_router::admin {
namespace {

uint64_t CountDescriptors() {
  std::error_code error;
  uint64_t count = 0;
  for (std::filesystem::directory_iterator i("/proc/self/fd", error), end; !error && i != end;
       i.increment(error)) {
    ++count;
  }
  return count;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

uint64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t size = 0, resident = 0;  // pages
  file >> size >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

ProcessFacts ReadProcessFacts() {
  ProcessFacts facts{.pid = static_cast<uint32_t>(getpid()),
                     .descriptors = CountDescriptors(),
                     .descriptor_limit = 0,
                     .resident_bytes = ResidentBytes(),
                     .cpu_seconds = 0};
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.descriptor_limit = limit.rlim_cur;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    facts.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  }
  return facts;
}

}  // namespace room_router::admin
