// SPDX-License-Identifier: Apache-2.0
#include "router/file_rules.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "config/descriptor.h"

namespace room_router {
namespace {

constexpr uint64_t kTruncate = 1 << 14;  // newer than the headers; the third version has it
constexpr uint64_t kChanges =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

bool Allow(int rules, const std::string& path, uint64_t access) {
  const config::Descriptor place(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (place.number() < 0) return false;
  const landlock_path_beneath_attr rule{.allowed_access = access, .parent_fd = place.number()};
  return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

std::string FolderOf(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::absolute(path, ignored).parent_path().string();
}

// A pipe or a device is opened again as it is; a file is made again where it was.
bool AllowWriting(int rules, const std::string& path) {
  struct stat facts {};
  const bool special = stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode);
  if (special) return Allow(rules, path, LANDLOCK_ACCESS_FS_WRITE_FILE);
  return Allow(rules, FolderOf(path), LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG);
}

std::string Reason() {
  if (errno == ENOSYS) return "this kernel has no landlock";
  if (errno == EOPNOTSUPP) return "landlock is off in this kernel";
  return std::string("landlock: ") + std::strerror(errno);
}

}  // namespace

std::string Obey(const FileRules& rules) {
  const long version =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return Reason();
  const landlock_ruleset_attr attributes{.handled_access_fs =
                                             kChanges | (version >= 3 ? kTruncate : 0)};
  const config::Descriptor set(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (set.number() < 0) return Reason();
  for (const std::string& path : rules.written) {
    if (!AllowWriting(set.number(), path)) return Reason() + " (" + path + ")";
  }
  for (const std::string& path : rules.removed) {
    if (!Allow(set.number(), FolderOf(path), LANDLOCK_ACCESS_FS_REMOVE_FILE)) {
      return Reason() + " (" + path + ")";
    }
  }
  if (syscall(SYS_landlock_restrict_self, set.number(), 0) != 0) return Reason();
  return "";
}

}  // namespace room_router
