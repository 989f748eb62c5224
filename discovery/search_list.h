// SPDX-License-Identifier: Apache-2.0
// What a relative name may mean, in the order to ask: "search" and "ndots" of resolv.conf(5).
//
// Pure. A name with at least `ndots` dots is tried as it is first, any other one last; a final dot
// makes it absolute. The names returned are absolute, without that dot.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace room_router {

struct SearchList {
  std::vector<std::string> domains;
  int ndots = 1;
};

std::vector<std::string> CompleteName(std::string_view name, const SearchList& list);

}  // namespace room_router
