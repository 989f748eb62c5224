// SPDX-License-Identifier: Apache-2.0
// YAML text (one document, YAML 1.2 as far as yaml-cpp reads it) → YamlNode tree.
//
// Never throws and takes any bytes: text is checked to be UTF-8 without control characters first,
// nesting and the number of nodes after alias expansion are limited, duplicate keys are mistakes.
#pragma once

#include <optional>
#include <string_view>

#include "config/report.h"
#include "config/yaml_node.h"

namespace room_router::config {

inline constexpr size_t kMaxFileBytes = 4 << 20;
inline constexpr size_t kMaxNodes = 100'000;
inline constexpr int kMaxDepth = 32;

// nullopt when the text is no readable YAML (reported). An empty document is a kNull node.
std::optional<YamlNode> ParseYaml(std::string_view text, int file, Report& report);

}  // namespace room_router::config
