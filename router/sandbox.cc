// SPDX-License-Identifier: Apache-2.0
#include "router/sandbox.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "router/syscall_filter.h"

namespace room_router {
namespace {

#ifndef __has_feature  // Clang's
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kInstrumented = true;
#else
constexpr bool kInstrumented = false;
#endif

std::string Outcome(bool done) { return done ? "" : std::strerror(errno); }

std::string ForbidCoreDumps() {
  constexpr rlimit kNone{.rlim_cur = 0, .rlim_max = 0};
  return Outcome(setrlimit(RLIMIT_CORE, &kNone) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
}

// Without SPEC_ALLOW older kernels slow a process under a filter down, in defence against code that
// it runs for others; there is none here.
std::string FilterCalls() {
  std::vector<sock_filter> instructions = MakeSyscallFilter();
  if (instructions.empty()) return "not for this architecture";
  const sock_fprog program{.len = static_cast<unsigned short>(instructions.size()),
                           .filter = instructions.data()};
  const auto install = [&program](unsigned flags) {
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0;
  };
  return Outcome(install(SECCOMP_FILTER_FLAG_SPEC_ALLOW) || (errno == EINVAL && install(0)));
}

}  // namespace

SandboxReport EnterSandbox(const FileRules& rules) {
  if (kInstrumented) {
    const std::string why = "not with sanitizers";
    return {.no_new_privileges = why, .no_core_dumps = why, .files = why, .system_calls = why};
  }
  // Without the first the kernel takes the last two from root only. Braces keep the order.
  return {.no_new_privileges = Outcome(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0),
          .no_core_dumps = ForbidCoreDumps(),
          .files = Obey(rules),
          .system_calls = FilterCalls()};
}

}  // namespace room_router
