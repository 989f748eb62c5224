// SPDX-License-Identifier: Apache-2.0
#include "discovery/search_list.h"

#include <algorithm>

namespace room_router {

std::vector<std::string> CompleteName(std::string_view name, const SearchList& list) {
  if (name.ends_with('.')) return {std::string(name.substr(0, name.size() - 1))};
  std::vector<std::string> names;
  for (const std::string& domain : list.domains) {
    names.push_back(std::string(name) + "." + domain);
  }
  const bool first = std::count(name.begin(), name.end(), '.') >= list.ndots;
  names.emplace(first ? names.begin() : names.end(), name);
  return names;
}

}  // namespace room_router
