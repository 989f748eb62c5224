// SPDX-License-Identifier: Apache-2.0
// Runs the program as the kernel would, on calls that need not be made.
#include "router/syscall_filter.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <set>

namespace room_router {
namespace {

#ifdef __x86_64__
constexpr uint32_t kHere = AUDIT_ARCH_X86_64, kElsewhere = AUDIT_ARCH_I386;
#else
constexpr uint32_t kHere = AUDIT_ARCH_AARCH64, kElsewhere = AUDIT_ARCH_ARM;
#endif

constexpr uint32_t Failing(int error) { return SECCOMP_RET_ERRNO | static_cast<uint32_t>(error); }

bool Holds(int test, uint32_t value, uint32_t operand) {
  switch (BPF_OP(test)) {
    case BPF_JEQ:
      return value == operand;
    case BPF_JGE:
      return value >= operand;
    case BPF_JSET:
      return (value & operand) != 0;
    default:
      ADD_FAILURE() << "a test this machine does not know: " << test;
      return false;
  }
}

uint32_t Run(const std::vector<sock_filter>& program, const seccomp_data& call) {
  uint32_t value = 0;
  for (size_t at = 0; at < program.size(); ++at) {
    const sock_filter& step = program[at];
    switch (BPF_CLASS(step.code)) {
      case BPF_LD:
        std::memcpy(&value, reinterpret_cast<const char*>(&call) + step.k, sizeof value);
        break;
      case BPF_ALU:
        value &= step.k;
        break;
      case BPF_JMP:
        at += Holds(step.code, value, step.k) ? step.jt : step.jf;
        break;
      default:
        return step.k;
    }
  }
  ADD_FAILURE() << "the program runs over its end";
  return 0;
}

uint32_t Verdict(long number, std::array<uint64_t, 3> arguments = {},
                 uint32_t architecture = kHere) {
  seccomp_data call{.nr = static_cast<int>(number), .arch = architecture};
  std::copy(arguments.begin(), arguments.end(), call.args);
  return Run(MakeSyscallFilter(), call);
}

constexpr uint64_t kThread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                             CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
                             CLONE_CHILD_CLEARTID;

class SyscallFilter : public testing::Test {
 protected:
  void SetUp() override {
    if (MakeSyscallFilter().empty()) GTEST_SKIP() << "no filter for this architecture";
  }
};

TEST_F(SyscallFilter, LetsPassWhatAProxyDoes) {
  for (const long call :
       {SYS_read, SYS_sendmsg, SYS_accept4, SYS_connect, SYS_epoll_ctl, SYS_openat, SYS_renameat,
        SYS_unlinkat, SYS_getrandom, SYS_futex, SYS_munmap, SYS_brk, SYS_exit_group, SYS_tgkill,
        SYS_setsockopt, SYS_inotify_add_watch, SYS_prlimit64, SYS_splice, SYS_sched_getaffinity}) {
    EXPECT_EQ(Verdict(call), SECCOMP_RET_ALLOW) << call;
  }
}

TEST_F(SyscallFilter, LetsPassWhatIsNotKnownYet) { EXPECT_EQ(Verdict(5000), SECCOMP_RET_ALLOW); }

TEST_F(SyscallFilter, RefusesWhatAProxyNeverDoes) {
  for (const long call :
       {SYS_execve,          SYS_execveat,      SYS_ptrace,           SYS_process_vm_writev,
        SYS_setuid,          SYS_setresuid,     SYS_capset,           SYS_keyctl,
        SYS_unshare,         SYS_setns,         SYS_chroot,           SYS_mount,
        SYS_move_mount,      SYS_bpf,           SYS_finit_module,     SYS_kexec_load,
        SYS_reboot,          SYS_swapon,        SYS_io_uring_setup,   SYS_userfaultfd,
        SYS_perf_event_open, SYS_clock_settime, SYS_open_by_handle_at}) {
    EXPECT_EQ(Verdict(call), Failing(EPERM)) << call;
  }
#ifdef __x86_64__
  EXPECT_EQ(Verdict(SYS_fork), Failing(EPERM));
  EXPECT_EQ(Verdict(SYS_vfork), Failing(EPERM));
#endif
}

TEST_F(SyscallFilter, ThreadsBeginAndProcessesDoNot) {
  EXPECT_EQ(Verdict(SYS_clone, {kThread}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Verdict(SYS_clone, {SIGCHLD}), Failing(EPERM));
  EXPECT_EQ(Verdict(SYS_clone, {CLONE_VM | CLONE_VFORK | SIGCHLD}), Failing(EPERM));
  EXPECT_EQ(Verdict(SYS_clone, {kThread | CLONE_NEWNET}), Failing(EPERM));
  EXPECT_EQ(Verdict(SYS_clone, {CLONE_NEWUSER | SIGCHLD}), Failing(EPERM));
  EXPECT_EQ(Verdict(SYS_clone3, {kThread}), Failing(ENOSYS));
}

TEST_F(SyscallFilter, MemoryIsNeverWritableAndExecutable) {
  EXPECT_EQ(Verdict(SYS_mmap, {0, 4096, PROT_READ | PROT_WRITE}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Verdict(SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC}), SECCOMP_RET_ALLOW);  // a library
  EXPECT_EQ(Verdict(SYS_mmap, {0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC}), Failing(EPERM));
  EXPECT_EQ(Verdict(SYS_mprotect, {0, 4096, PROT_READ | PROT_WRITE}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Verdict(SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}), Failing(EPERM));
  EXPECT_EQ(Verdict(SYS_pkey_mprotect, {0, 4096, PROT_EXEC}), Failing(EPERM));
}

TEST_F(SyscallFilter, SocketsAreOfTheInternetTheHostAndItsRoutes) {
  for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}) {
    EXPECT_EQ(Verdict(SYS_socket, {static_cast<uint64_t>(family)}), SECCOMP_RET_ALLOW);
  }
  for (const int family : {AF_PACKET, AF_VSOCK, AF_ALG, AF_BLUETOOTH, AF_TIPC}) {
    EXPECT_EQ(Verdict(SYS_socket, {static_cast<uint64_t>(family)}), Failing(EAFNOSUPPORT));
    EXPECT_EQ(Verdict(SYS_socketpair, {static_cast<uint64_t>(family)}), Failing(EAFNOSUPPORT));
  }
}

// The kernel reads 32 bits of these arguments; what stands in the other half changes nothing.
TEST_F(SyscallFilter, UpperHalvesOfArgumentsHideNothing) {
  constexpr uint64_t kUpper = uint64_t{1} << 32;
  EXPECT_EQ(Verdict(SYS_socket, {AF_PACKET | kUpper}), Failing(EAFNOSUPPORT));
  EXPECT_EQ(Verdict(SYS_clone, {CLONE_NEWUSER | kUpper}), Failing(EPERM));
}

TEST_F(SyscallFilter, OtherArchitecturesEndTheProcess) {
  EXPECT_EQ(Verdict(SYS_read, {}, kElsewhere), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(Verdict(-1), SECCOMP_RET_ALLOW);  // a tracer's
#ifdef __x86_64__
  EXPECT_EQ(Verdict(0x40000000 | SYS_read), SECCOMP_RET_KILL_PROCESS);  // x32
#endif
}

TEST_F(SyscallFilter, IsShortEnoughForTheKernel) {
  EXPECT_LT(MakeSyscallFilter().size(), size_t{BPF_MAXINSNS});
}

}  // namespace
}  // namespace room_router
