// SPDX-License-Identifier: Apache-2.0
// What this process gives up once all it needs is open, with the kernel's help and for good: more
// rights than it has (no_new_privs), core dumps and being traced by its own user (keys and tokens
// are in its memory), system calls (syscall_filter.h), changing files (file_rules.h).
//
// What a kernel lacks is left out and told. Call before there are other threads. Not for
// sanitizers, which start programs, trace and write reports.
#pragma once

#include <string>

#include "router/file_rules.h"

namespace room_router {

// Each: why it is not on; empty = it is.
struct SandboxReport {
  std::string no_new_privileges, no_core_dumps, files, system_calls;
};

SandboxReport EnterSandbox(const FileRules& rules);

}  // namespace room_router
