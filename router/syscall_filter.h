// SPDX-License-Identifier: Apache-2.0
// The system calls that a running router never makes, as the program (classic BPF) with which the
// kernel refuses them: other programs, other processes, mounts, kernel code, other users, memory
// that is writable and executable, sockets of odd families.
//
// It names what is refused rather than what is allowed: glibc, OpenSSL and c-ares call other things
// with every release, and a refusal they don't expect would be worse than the call. Refused calls
// fail (EPERM; clone3 with ENOSYS, upon which glibc takes clone; sockets with EAFNOSUPPORT); one of
// another architecture ends the process. What depends on the number alone the kernel looks up in a
// table of bits. Pure. Source: seccomp(2), the kernel's seccomp_filter.rst.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace room_router {

std::vector<sock_filter> MakeSyscallFilter();  // empty: this architecture is not known here

}  // namespace room_router
