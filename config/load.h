// SPDX-License-Identifier: Apache-2.0
// YAML text → Config, or every mistake in it.
//
// Reads one file, or the *.yaml files of a directory merged in name order (maps are merged key by
// key, anything else is replaced). ${VAR} and ${VAR:-default} are replaced in scalars after
// parsing. All mistakes of a run are reported together; nothing is thrown. Blocking file I/O: call
// it off the data plane.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace room_router::config {

struct Mistake {
  std::string file;
  int line = 0, column = 0;  // from 1; 0 when the mistake has no place in the text
  std::string message;       // what is wrong and what to write instead
  bool overdue = false;      // nothing is wrong with it but that its time is over

  std::string ToString() const;  // "file:line:column: message"
};

// Value of an environment variable, nullopt when unset. The default reads the process environment.
using Environment = std::function<std::optional<std::string>(std::string_view)>;
Environment ProcessEnvironment();

struct Loaded {
  Config config;                  // meaningful when mistakes is empty
  std::vector<Mistake> mistakes;  // in file order
  std::vector<Mistake> warnings;  // accepted, but worth a look

  bool ok() const { return mistakes.empty(); }
  // Better than nothing, for who has no configuration to keep: all mistakes are overdue.
  bool usable() const;
};

// The files that LoadPath reads: `path` itself, or those of the directory.
std::vector<std::string> ConfigFiles(const std::string& path);

Loaded LoadPath(const std::string& path, const Environment& environment = ProcessEnvironment());
Loaded LoadText(std::string_view text, const std::string& name, const Environment& environment);

// The effective configuration as YAML with every default written out; secrets masked.
std::string Print(const Config& config);

}  // namespace room_router::config
