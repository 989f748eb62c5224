// SPDX-License-Identifier: Apache-2.0
#include "router/syscall_filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace room_router {
namespace {

#if defined(__x86_64__) && !defined(__ILP32__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && !defined(__ILP32__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t kArchitecture = 0;
#endif

constexpr uint32_t kX32Bit = 0x40000000;
constexpr uint32_t kSkipped = ~uint32_t{0};  // what a tracer makes of a call that shall not happen

// Asked for first where the kernel has no table: those of every request.
constexpr uint32_t kUsual[] = {SYS_read,       SYS_write,   SYS_recvfrom,  SYS_sendto,
                               SYS_sendmsg,    SYS_recvmsg, SYS_readv,     SYS_writev,
                               SYS_accept4,    SYS_close,   SYS_epoll_ctl, SYS_epoll_pwait,
#ifdef SYS_epoll_wait
                               SYS_epoll_wait,
#endif
                               SYS_futex};

constexpr uint32_t kRefused[] = {
    // Other programs and processes.
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_process_madvise,
    SYS_pidfd_getfd,
    SYS_kcmp,
    SYS_perf_event_open,
    SYS_userfaultfd,
    // Other users, more rights.
    SYS_setuid,
    SYS_setgid,
    SYS_setreuid,
    SYS_setregid,
    SYS_setresuid,
    SYS_setresgid,
    SYS_setfsuid,
    SYS_setfsgid,
    SYS_setgroups,
    SYS_capset,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    // Another view of the system.
    SYS_unshare,
    SYS_setns,
    SYS_chroot,
    SYS_pivot_root,
    SYS_mount,
    SYS_umount2,
    SYS_mount_setattr,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_mknodat,
    SYS_fanotify_init,
    SYS_fanotify_mark,
    // The system itself.
    SYS_bpf,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_quotactl,
    SYS_quotactl_fd,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_syslog,
    SYS_vhangup,
    SYS_personality,
    SYS_lookup_dcookie,
    SYS_nfsservctl,
    // Much kernel for little use, past this filter's eyes.
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
#ifdef __x86_64__
    SYS_fork,
    SYS_vfork,
    SYS_mknod,
    SYS_uselib,
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS_ustat,
    SYS_sysfs,
    SYS__sysctl,
#endif
};

constexpr uint32_t kFamilies[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
// Of a new thread's flags; a new process lacks the first.
constexpr uint32_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

// Appends instructions. If and Unless put `body` after a test of the loaded value.
class Program {
 public:
  void Load(size_t offset) { Add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
  // Flags and families are in the lower half, which both architectures store first.
  void LoadArgument(size_t index) {
    Load(offsetof(seccomp_data, args) + index * sizeof(seccomp_data{}.args[0]));
  }
  void Mask(uint32_t bits) { Add(BPF_ALU | BPF_AND | BPF_K, bits); }
  void Return(uint32_t action) { Add(BPF_RET | BPF_K, action); }
  void Allow() { Return(SECCOMP_RET_ALLOW); }
  void Fail(int error) { Return(SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)); }

  template <class Body>
  void If(int test, uint32_t value, const Body& body) {
    const size_t jump = Test(test, value);
    body();
    instructions_[jump].jf = SkippedSince(jump);
  }
  template <class Body>
  void Unless(int test, uint32_t value, const Body& body) {
    const size_t jump = Test(test, value);
    body();
    instructions_[jump].jt = SkippedSince(jump);
  }

  std::vector<sock_filter> Take() { return std::move(instructions_); }

 private:
  void Add(int code, uint32_t operand) {
    instructions_.push_back({static_cast<uint16_t>(code), 0, 0, operand});
  }
  size_t Test(int test, uint32_t value) {
    Add(BPF_JMP | test | BPF_K, value);
    return instructions_.size() - 1;
  }
  uint8_t SkippedSince(size_t jump) const {
    return static_cast<uint8_t>(instructions_.size() - jump - 1);
  }

  std::vector<sock_filter> instructions_;
};

// The numbers mean one architecture's calls; another's would be taken for them.
void RefuseForeign(Program& program) {
  const auto kill = [&program] { program.Return(SECCOMP_RET_KILL_PROCESS); };
  program.Load(offsetof(seccomp_data, arch));
  program.Unless(BPF_JEQ, kArchitecture, kill);
  program.Load(offsetof(seccomp_data, nr));
  program.If(BPF_JEQ, kSkipped, [&program] { program.Allow(); });
  if (kArchitecture == AUDIT_ARCH_X86_64) program.If(BPF_JGE, kX32Bit, kill);
}

// Threads, but neither processes nor namespaces; clone3 has its flags where no filter can look.
void AllowThreadsOnly(Program& program) {
  program.If(BPF_JEQ, SYS_clone3, [&program] { program.Fail(ENOSYS); });
  program.If(BPF_JEQ, SYS_clone, [&program] {
    program.LoadArgument(0);
    program.Mask(CLONE_THREAD | kNamespaces);
    program.If(BPF_JEQ, CLONE_THREAD, [&program] { program.Allow(); });
    program.Fail(EPERM);
  });
}

void RefuseExecutableMemory(Program& program) {
  constexpr uint32_t kBoth = PROT_WRITE | PROT_EXEC;
  program.If(BPF_JEQ, SYS_mmap, [&program] {
    program.LoadArgument(2);
    program.Mask(kBoth);
    program.If(BPF_JEQ, kBoth, [&program] { program.Fail(EPERM); });
    program.Allow();
  });
  for (const uint32_t call : {SYS_mprotect, SYS_pkey_mprotect}) {
    program.If(BPF_JEQ, call, [&program] {
      program.LoadArgument(2);
      program.If(BPF_JSET, PROT_EXEC, [&program] { program.Fail(EPERM); });
      program.Allow();
    });
  }
}

void RefuseOddSockets(Program& program) {
  for (const uint32_t call : {SYS_socket, SYS_socketpair}) {
    program.If(BPF_JEQ, call, [&program] {
      program.LoadArgument(0);
      for (const uint32_t family : kFamilies) {
        program.If(BPF_JEQ, family, [&program] { program.Allow(); });
      }
      program.Fail(EAFNOSUPPORT);
    });
  }
}

}  // namespace

std::vector<sock_filter> MakeSyscallFilter() {
  if (kArchitecture == 0) return {};
  Program program;
  RefuseForeign(program);
  for (const uint32_t call : kUsual) {
    program.If(BPF_JEQ, call, [&program] { program.Allow(); });
  }
  AllowThreadsOnly(program);
  RefuseExecutableMemory(program);
  RefuseOddSockets(program);
  for (const uint32_t call : kRefused) {
    program.If(BPF_JEQ, call, [&program] { program.Fail(EPERM); });
  }
  program.Allow();
  return program.Take();
}

}  // namespace room_router
