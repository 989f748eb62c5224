// SPDX-License-Identifier: Apache-2.0
// Which proxies of a HAProxy configuration are the room router: the backend that keeps rooms (a
// stick rule, or a hash, over the room), those that share its table, the frontends that lead there
// and those for statistics.
//
// The room is found behind headers and variables that rules compute from ?room=. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/haproxy/source.h"

namespace room_router::config::haproxy {

// Where the room stands in a request, as HAProxy's rules read it.
struct RoomSource {
  std::string parameter;          // of the query; "" = rooms are not read
  std::set<std::string> headers;  // that rules make of it, in lower case
  std::set<std::string> variables;
  bool composed = false;  // the key is more than the room: a tenant before it, say

  bool empty() const { return parameter.empty(); }
  // Whether an expression is the room, or made of it.
  bool IsIn(std::string_view expression) const;
};

struct Choice {
  const Section* backend = nullptr;
  std::string table;                       // name of the stick-table; "" = none
  const Directive* table_line = nullptr;   // where it is declared
  std::vector<const Section*> siblings;    // other backends that use it
  std::vector<const Section*> frontends;   // a listen is its own
  std::vector<const Section*> statistics;  // frontends that serve nothing else
  RoomSource room;
  std::vector<std::string> others;  // backends that would do as well

  bool Uses(const Section& section) const;
};

// `backend`: the one the user wants, "" = the best. A mistake when there is none.
std::variant<Choice, Mistake> Choose(const Source& source, const std::string& backend);

// The defaults a proxy has, those it begins with first, then its own directives.
std::vector<const Directive*> DirectivesOf(const Source& source, const Section& proxy);

// The sample expression of a `stick` or `balance` line.
std::string ExpressionOf(const Directive& directive);
// The table a `stick` line names, "" = its own proxy's.
std::string TableOf(const Directive& directive);

}  // namespace room_router::config::haproxy
