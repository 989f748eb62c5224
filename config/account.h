// SPDX-License-Identifier: Apache-2.0
// A user of the system and a group, by name or number: those that a process started by root becomes
// (`process.user`, `process.group`).
//
// A name is looked up first; digits that are no name are a number, which needs no entry. The group
// is by default the user's own; a number without an entry has none, so its group must be given.
// Blocking look-ups in the system's databases (getpwnam_r(3)).
#pragma once

#include <sys/types.h>

#include <string>

#include "config/process.h"

namespace room_router::config {

struct Account {
  uid_t user = 0;
  gid_t group = 0;
};

// What is wrong and what to write instead; empty = there is such a user (or none is named).
std::string UserProblem(const std::string& user);
// The same for the group of that user.
std::string GroupProblem(const std::string& user, const std::string& group);

// Of settings in which neither of the above finds a problem, and which name a user.
Account FindAccount(const Process& process);

}  // namespace room_router::config
