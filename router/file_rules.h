// SPDX-License-Identifier: Apache-2.0
// What this process may do with files, besides what its user may: read, and change nothing but what
// is named here. It starts no file as a program.
//
// Reading is left to the permissions of files: certificates, a ConfigMap and resolv.conf are
// replaced together with their folders, and a rule on a folder would end with it. Holds for the
// calling thread and those it starts, for good; descriptors that are open stay as they are. Paths
// are looked up once. Source: landlock(7).
#pragma once

#include <string>
#include <vector>

namespace room_router {

struct FileRules {
  std::vector<std::string> written;  // files, made anew in their folders when they are gone
  std::vector<std::string> removed;  // files
};

// Why there are no such rules ("the kernel has no landlock"); empty = they hold.
std::string Obey(const FileRules& rules);

}  // namespace room_router
