// SPDX-License-Identifier: Apache-2.0
#include "router/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace room_router {
namespace {

using Capabilities = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

std::string Because(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

bool Exchange(long call, Capabilities& capabilities) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  return syscall(call, &header, capabilities.data()) == 0;
}

bool HasCapabilities() {
  Capabilities held{};
  if (!Exchange(SYS_capget, held)) return true;
  for (const auto& half : held) {
    if ((half.effective | half.permitted | half.inheritable) != 0) return true;
  }
  return false;
}

// What a program started later could get; as far as the kernel knows capabilities.
void EmptyBoundingSet() {
  for (unsigned long each = 0; prctl(PR_CAPBSET_READ, each, 0, 0, 0) >= 0; ++each) {
    prctl(PR_CAPBSET_DROP, each, 0, 0, 0);
  }
}

std::string Verify(config::Account account) {
  uid_t user[3];
  gid_t group[3];
  if (getresuid(&user[0], &user[1], &user[2]) != 0 ||
      getresgid(&group[0], &group[1], &group[2]) != 0) {
    return Because("who this process is can't be told");
  }
  for (const uid_t each : user) {
    if (each != account.user) return "some right of the old user is left";
  }
  for (const gid_t each : group) {
    if (each != account.group) return "some right of the old group is left";
  }
  if (getgroups(0, nullptr) != 0) return "some other group is left";
  if (HasCapabilities()) return "some capability is left";
  if (account.user != 0 && (setuid(0) == 0 || seteuid(0) == 0)) return "root can be had again";
  return "";
}

}  // namespace

std::string TakeFilesOf(config::Account account) {
  if (setgroups(0, nullptr) != 0) return Because("its groups can't be left");
  setfsgid(account.group);
  setfsuid(account.user);
  // These calls tell what was before, never an error; nobody has the greatest number.
  const bool done = static_cast<gid_t>(setfsgid(gid_t(-1))) == account.group &&
                    static_cast<uid_t>(setfsuid(uid_t(-1))) == account.user;
  return done ? "" : "its files can't be those of another user";
}

std::string Become(config::Account account) {
  Capabilities none{};
  EmptyBoundingSet();
  if (setgroups(0, nullptr) != 0) return Because("its groups can't be left");
  if (setresgid(account.group, account.group, account.group) != 0) {
    return Because("its group can't be changed");
  }
  if (setresuid(account.user, account.user, account.user) != 0) {
    return Because("its user can't be changed");
  }
  if (!Exchange(SYS_capset, none)) return Because("capabilities can't be given up");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Because("no_new_privs can't be set");
  return Verify(account);
}

}  // namespace room_router
