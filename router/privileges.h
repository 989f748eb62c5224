// SPDX-License-Identifier: Apache-2.0
// How a process started by root stops being root, in two steps.
//
// First its files are the new user's, while it can still bind any port: what it opens or makes is
// opened and made with that user's rights, so that the user can do it again (a reload, a log's
// rotation) and root never follows a link that the user has laid. Then it becomes the user for
// good: user and group in every form, no other groups, no capabilities, none to be had again
// (no_new_privs), and it proves that. Both hold for the calling thread and those it starts: call
// them while there is no other. Errors are texts, empty = done. Source: setfsuid(2),
// capabilities(7).
#pragma once

#include <string>

#include "config/account.h"

namespace room_router {

std::string TakeFilesOf(config::Account account);
std::string Become(config::Account account);

}  // namespace room_router
