// SPDX-License-Identifier: Apache-2.0
// The parameters of a query string as received: `&` separates, `;` does not, names are exact.
// Nothing is decoded. Pure; borrows the query.
#pragma once

#include <algorithm>
#include <string_view>

namespace room_router {

class QueryParameter {
 public:
  QueryParameter(std::string_view query, std::string_view name) : rest_(query), name_(name) {}

  // Puts the raw value of the next occurrence of `name=` into `value`; false when there is none.
  // Inlined by force: its call costs more than what it does for most parameters.
  [[gnu::always_inline]] bool Next(std::string_view& value) {
    while (!rest_.empty()) {
      const size_t end = std::min(rest_.find('&'), rest_.size());
      const std::string_view item = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      const size_t size = name_.size();
      if (item.size() <= size || item[size] != '=' || !item.starts_with(name_)) continue;
      value = item.substr(size + 1);
      return true;
    }
    return false;
  }

 private:
  std::string_view rest_, name_;
};

}  // namespace room_router
