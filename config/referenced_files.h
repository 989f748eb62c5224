// SPDX-License-Identifier: Apache-2.0
// The files that a configuration names and that were read while loading it: keys, certificates,
// tokens. A change of one makes the configuration a new one. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace room_router::config {

std::vector<std::string> ReferencedFiles(const Config& config);  // paths, each once

}  // namespace room_router::config
