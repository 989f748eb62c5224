// SPDX-License-Identifier: Apache-2.0
// What this binary is: its version, the commit it was built from and what it is built with.
//
// Constants of the build, except versions of shared libraries that can tell theirs at run time.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace room_router {

std::string_view Version();  // "0.1.0"
std::string_view Commit();   // "f550408c1a2b", "-dirty" appended when edited; "unknown" without git
std::string Compiler();      // "GCC 12.2.0"

// Library name and version, by name.
std::vector<std::pair<std::string, std::string>> LibraryVersions();

}  // namespace room_router
