// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/proxy_usage.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace room_router::bench {

int64_t CpuNs(pid_t pid) {
  int64_t total = 0;
  std::error_code gone;
  std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task", gone);
  for (const auto& task : tasks) {
    std::ifstream file(task.path() / "schedstat");
    int64_t on_cpu = 0;
    if (file >> on_cpu) total += on_cpu;
  }
  return total;
}

int64_t CoreBusyNs(int core) {
  const std::string wanted = "cpu" + std::to_string(core);
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    int64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    fields >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
    if (name != wanted) continue;
    int64_t ticks = user + nice + system + irq + softirq + steal;
    return ticks * (1'000'000'000LL / sysconf(_SC_CLK_TCK));
  }
  return 0;
}

int64_t AnonymousBytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string word; file >> word;) {
    int64_t kilobytes = 0;
    if (word == "Anonymous:" && file >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace room_router::bench
