// SPDX-License-Identifier: Apache-2.0
// What the proxy has used of the machine, from /proc: nanoseconds on the CPU of all its threads,
// how long its core was busy with anything at all, and its private memory.
//
// User and system time of /proc/PID/stat count ticks of 10 ms, useless for windows of 0.35 s.
// Missing files read as 0.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace room_router::bench {

int64_t CpuNs(pid_t pid);           // /proc/PID/task/*/schedstat, first field
int64_t CoreBusyNs(int core);       // /proc/stat; in ticks of 10 ms
int64_t AnonymousBytes(pid_t pid);  // /proc/PID/smaps_rollup

}  // namespace room_router::bench
