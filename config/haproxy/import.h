// SPDX-License-Identifier: Apache-2.0
// A HAProxy configuration as a room-router.yaml: the values that have an equivalent, each with the
// line it comes from, and for every other directive a comment that says why not and what to do.
//
// What comes out loads (load.h): a value the loader refuses becomes a comment with its message.
// Only variables that are not set here are left to whoever runs it. Reads no files and, but for
// `resolve`, asks nobody. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/haproxy/source.h"
#include "config/haproxy/translation.h"
#include "config/load.h"

namespace room_router::config::haproxy {

struct ImportOptions {
  std::string backend;     // the one to import; "" = the one that keeps rooms
  std::string local_peer;  // this member of the peers section, as haproxy -L; "" = unknown
  Resolve resolve;         // none: host names are not carried over
  Environment environment;
};

struct Imported {
  std::string yaml;               // empty when there are mistakes
  std::vector<Mistake> mistakes;  // of the HAProxy configuration
};

Imported Import(const std::vector<InputFile>& files, const ImportOptions& options);

}  // namespace room_router::config::haproxy
