// SPDX-License-Identifier: Apache-2.0
// ${VAR} and ${VAR:-default} in the scalars of a tree, and the check that no scalar holds control
// characters afterwards. The default counts when the variable is unset or empty; "$${" stands for
// "${" itself. Scalars with a mistake become kBroken. Pure.
#pragma once

#include <string>

#include "config/load.h"
#include "config/report.h"
#include "config/yaml_node.h"

namespace room_router::config {

void Substitute(YamlNode& tree, const Environment& environment, Report& report,
                const std::string& path = "");

// The inverse of the escape: a text that Substitute turns back into `text`.
std::string EscapeVariables(std::string_view text);

}  // namespace room_router::config
