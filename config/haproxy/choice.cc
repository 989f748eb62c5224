// SPDX-License-Identifier: Apache-2.0
#include "config/haproxy/choice.h"

#include <algorithm>
#include <array>

#include "config/haproxy/values.h"
#include "config/report.h"

namespace room_router::config::haproxy {
namespace {

constexpr int kDeepestDefaults = 16, kDeepestRules = 8;
constexpr std::array<std::string_view, 2> kParameters{"urlp", "url_param"};
constexpr std::array<std::string_view, 2> kHeaders{"hdr", "fhdr"};

// Every value that rules give to a header or variable.
class Rules {
 public:
  explicit Rules(const Source& source) {
    for (const Section& section : source.sections) {
      for (const Directive& directive : section.directives) Add(directive);
    }
  }

  RoomSource Trace(std::string_view expression) const {
    RoomSource room;
    Trace(expression, 0, room);
    return room;
  }

 private:
  void Add(const Directive& directive) {
    if (directive.At(0) != "http-request" && directive.At(0) != "tcp-request") return;
    const std::string& action = directive.At(1);
    if (action == "set-header" || action == "add-header") {
      headers_.emplace(Folded(directive.At(2)), directive.At(3));
    }
    for (const std::string_view set : {"set-var", "set-var-fmt"}) {
      for (const std::string& name : ArgumentsOf(action, set)) {
        variables_.emplace(name, directive.At(2));
      }
    }
  }

  void Trace(std::string_view expression, int depth, RoomSource& room) const {
    if (depth == kDeepestRules) return;
    const bool several = expression.find("%[") != expression.rfind("%[");
    room.composed = room.composed || several || expression.find("concat(") != expression.npos;
    for (const std::string_view what : kParameters) {
      const auto names = ArgumentsOf(expression, what);
      const bool better = room.empty() || room.parameter != "room";
      if (!names.empty() && better) room.parameter = names.front();
    }
    for (const std::string_view what : kHeaders) {
      for (const std::string& name : ArgumentsOf(expression, what)) {
        Follow(headers_, Folded(name), depth, room.headers, room);
      }
    }
    for (const std::string& name : ArgumentsOf(expression, "var")) {
      Follow(variables_, name, depth, room.variables, room);
    }
  }

  using Values = std::multimap<std::string, std::string>;
  void Follow(const Values& values, const std::string& name, int depth, std::set<std::string>& seen,
              RoomSource& room) const {
    if (!seen.insert(name).second) return;
    const auto [first, last] = values.equal_range(name);
    for (auto value = first; value != last; ++value) Trace(value->second, depth + 1, room);
  }

  Values headers_, variables_;
};

bool HasServers(const Section& section) {
  return std::any_of(section.directives.begin(), section.directives.end(), [](const auto& one) {
    return one.At(0) == "server" || one.At(0) == "server-template";
  });
}

struct Candidate {
  const Section* section = nullptr;
  int score = 0;
  RoomSource room;
  std::string table;
};

std::string OwnTable(const Section& section, const Directive& stick) {
  const std::string table = TableOf(stick);
  return table.empty() ? section.name() : table;
}

// The backends where requests go unless a rule says otherwise.
std::set<std::string> Defaults(const Source& source) {
  std::set<std::string> names;
  for (const Section& section : source.sections) {
    for (const Directive& rule : section.directives) {
      if (rule.At(0) == "default_backend") names.insert(rule.At(1));
    }
  }
  return names;
}

Candidate Judge(const Section& section, const Rules& rules) {
  constexpr int kSticks = 100, kHashes = 60, kTable = 20, kJitsi = 5;
  Candidate candidate{.section = &section, .room = {}, .table = {}};
  for (const Directive& directive : section.directives) {
    const bool sticks = directive.At(0) == "stick";
    if (directive.At(0) == "stick-table") {
      candidate.score += kTable;
      if (candidate.table.empty()) candidate.table = section.name();
    }
    if (!sticks && directive.At(0) != "balance") continue;
    RoomSource room = rules.Trace(ExpressionOf(directive));
    if (room.empty()) continue;
    candidate.score += (sticks ? kSticks : kHashes) + (room.parameter == "room" ? kJitsi : 0);
    if (sticks) candidate.table = OwnTable(section, directive);
    if (sticks || candidate.room.empty()) candidate.room = std::move(room);
  }
  return candidate;
}

// `default_backend NAME`, `use_backend NAME …`; one computed at run time can lead anywhere.
bool LeadsTo(const Section& frontend, const std::set<std::string>& names) {
  return std::any_of(frontend.directives.begin(), frontend.directives.end(), [&](const auto& one) {
    const bool leads = one.At(0) == "default_backend" || one.At(0) == "use_backend";
    return leads && (names.contains(one.At(1)) || one.At(1).find("%[") != std::string::npos);
  });
}

bool ServesStatistics(const Section& section) {
  return std::any_of(section.directives.begin(), section.directives.end(), [](const auto& one) {
    return one.Begins("stats") ||
           (one.Begins("http-request", "use-service") && one.At(2) == "prometheus-exporter");
  });
}

// The line that declares a table: in a proxy of that name, or as "PEERS/NAME" in a peers section.
const Directive* FindTable(const Source& source, const std::string& table) {
  for (const Section& section : source.sections) {
    for (const Directive& one : section.directives) {
      const bool own = one.At(0) == "stick-table" && section.IsProxy() && section.name() == table;
      const bool shared = one.At(0) == "table" && section.kind() == "peers" &&
                          section.name() + "/" + one.At(1) == table;
      if (own || shared) return &one;
    }
  }
  return nullptr;
}

void FindFrontends(const Source& source, Choice& choice) {
  std::set<const Section*> own{choice.siblings.begin(), choice.siblings.end()};
  own.insert(choice.backend);
  std::set<std::string> names;
  for (const Section* section : own) names.insert(section->name());
  for (const Section& section : source.sections) {
    if (section.kind() == "backend" || !section.IsProxy()) continue;
    if (own.contains(&section) || LeadsTo(section, names)) {
      choice.frontends.push_back(&section);
    } else if (ServesStatistics(section) && !HasServers(section)) {
      choice.statistics.push_back(&section);
    }
  }
}

Mistake NoBackend(const Source& source, const std::string& wanted) {
  std::string names;
  for (const Section& section : source.sections) {
    if (section.kind() == "frontend" || !section.IsProxy() || !HasServers(section)) continue;
    if (names.size() < 200) names += (names.empty() ? "" : ", ") + Printable(section.name());
  }
  const std::string file = source.sections.empty() ? "" : source.sections.front().head.file;
  if (names.empty()) {
    return {.file = file, .message = "has no backend with servers; name a configuration that has"};
  }
  return {.file = file,
          .message = "has no backend " + Quote(wanted) + " with servers; there are: " + names};
}

}  // namespace

bool RoomSource::IsIn(std::string_view expression) const {
  if (empty()) return false;
  const auto holds = [&](std::string_view what, const auto& is_room) {
    const auto names = ArgumentsOf(expression, what);
    return std::any_of(names.begin(), names.end(), is_room);
  };
  const auto parameter_is = [this](const std::string& name) { return name == parameter; };
  const auto header_is = [this](const auto& name) { return headers.contains(Folded(name)); };
  const auto variable_is = [this](const auto& name) { return variables.contains(name); };
  return std::any_of(kParameters.begin(), kParameters.end(),
                     [&](auto what) { return holds(what, parameter_is); }) ||
         std::any_of(kHeaders.begin(), kHeaders.end(),
                     [&](auto what) { return holds(what, header_is); }) ||
         holds("var", variable_is);
}

bool Choice::Uses(const Section& section) const {
  const auto has = [&section](const auto& list) {
    return std::find(list.begin(), list.end(), &section) != list.end();
  };
  return &section == backend || has(siblings) || has(frontends) || has(statistics);
}

std::variant<Choice, Mistake> Choose(const Source& source, const std::string& backend) {
  const Rules rules(source);
  const std::set<std::string> defaults = Defaults(source);
  std::vector<Candidate> candidates;
  for (const Section& section : source.sections) {
    const bool can_be = section.kind() != "frontend" && section.IsProxy() && HasServers(section);
    if (!can_be) continue;
    constexpr int kDefault = 10;
    candidates.push_back(Judge(section, rules));
    if (defaults.contains(section.name())) candidates.back().score += kDefault;
  }
  const auto best = std::max_element(
      candidates.begin(), candidates.end(), [&backend](const Candidate& a, const Candidate& b) {
        const bool wants_a = a.section->name() == backend, wants_b = b.section->name() == backend;
        return wants_a != wants_b ? wants_b : a.score < b.score;
      });
  if (best == candidates.end() || (!backend.empty() && best->section->name() != backend)) {
    return NoBackend(source, backend);
  }
  Choice choice{.backend = best->section, .table = best->table, .room = best->room};
  for (const Candidate& candidate : candidates) {
    if (candidate.section == best->section) continue;
    const bool shares = !best->table.empty() && candidate.table == best->table;
    if (shares) choice.siblings.push_back(candidate.section);
    if (!shares && !candidate.room.empty()) choice.others.push_back(candidate.section->name());
  }
  choice.table_line = FindTable(source, choice.table);
  FindFrontends(source, choice);
  return choice;
}

std::vector<const Directive*> DirectivesOf(const Source& source, const Section& proxy) {
  std::vector<const Section*> chain{&proxy};
  for (int depth = 0; depth < kDeepestDefaults; ++depth) {
    const std::string name = chain.back()->From();
    const bool is_defaults = chain.back()->kind() == "defaults";
    const Section* next = nullptr;
    for (const Section& section : source.sections) {
      if (&section == chain.back()) break;
      if (section.kind() != "defaults") continue;
      const bool inherits = name.empty() ? !is_defaults : section.name() == name;
      if (inherits) next = &section;
    }
    if (next == nullptr) break;
    chain.push_back(next);
  }
  std::vector<const Directive*> directives;
  for (auto section = chain.rbegin(); section != chain.rend(); ++section) {
    for (const Directive& directive : (*section)->directives) directives.push_back(&directive);
  }
  return directives;
}

std::string ExpressionOf(const Directive& directive) {
  // stick on|match|store-request EXPRESSION …
  if (directive.At(0) == "stick") return directive.At(2);
  if (directive.At(0) != "balance") return "";
  if (directive.At(1) == "url_param") return "url_param(" + directive.At(2) + ")";
  return directive.At(1) == "hash" ? directive.At(2) : directive.At(1);
}

std::string TableOf(const Directive& directive) {
  for (size_t n = 2; n + 1 < directive.words.size(); ++n) {
    if (directive.words[n] == "table") return directive.words[n + 1].text;
  }
  return "";
}

}  // namespace room_router::config::haproxy
