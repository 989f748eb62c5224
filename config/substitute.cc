// SPDX-License-Identifier: Apache-2.0
#include "config/substitute.h"

#include <algorithm>

#include "config/report.h"
#include "config/utf8.h"

namespace room_router::config {
namespace {

bool IsName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Appends the value of what stands between "${" and "}"; returns what is wrong with it.
std::string Expand(std::string_view inside, const Environment& environment, std::string& out) {
  const size_t mark = inside.find(":-");
  const std::string_view name = inside.substr(0, mark);
  if (!IsName(name)) {
    return Quote("${" + std::string(name) + "}") +
           " names no variable; write ${NAME} or ${NAME:-default}, and $${ for a literal ${";
  }
  const std::optional<std::string> value = environment(name);
  if (mark != std::string_view::npos && (!value || value->empty())) {
    out += inside.substr(mark + 2);
    return "";
  }
  if (!value) {
    return "the environment variable " + std::string(name) + " is not set; set it or write ${" +
           std::string(name) + ":-default}";
  }
  if (FindBadUtf8(*value)) {
    return "the environment variable " + std::string(name) + " is not UTF-8 text";
  }
  out += *value;
  return "";
}

std::string SubstituteText(const std::string& text, const Environment& environment,
                           std::string& out) {
  for (size_t at = 0; at < text.size();) {
    if (text.compare(at, 3, "$${") == 0) {
      out += "${";
      at += 3;
    } else if (text.compare(at, 2, "${") == 0) {
      const size_t end = text.find('}', at);
      if (end == std::string::npos) {
        return "\"${\" without \"}\"; close it, or write $${ for a literal ${";
      }
      const std::string_view inside = std::string_view(text).substr(at + 2, end - at - 2);
      std::string problem = Expand(inside, environment, out);
      if (!problem.empty()) return problem;
      at = end + 1;
    } else {
      out += text[at++];
    }
  }
  return "";
}

std::string FindControl(const std::string& text) {
  for (const char c : text) {
    if (c == '\n' || c == '\r') return "the value has a line break; write it on one line";
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
      return "the value has a control character (byte " + std::to_string(byte) + "); remove it";
    }
  }
  return "";
}

}  // namespace

void Substitute(YamlNode& tree, const Environment& environment, Report& report,
                const std::string& path) {
  if (tree.kind == YamlNode::Kind::kScalar) {
    std::string value;
    std::string problem = SubstituteText(tree.text, environment, value);
    if (problem.empty()) problem = FindControl(value);
    if (!problem.empty()) {
      report.Mistake(tree.place, path, problem);
      tree.kind = YamlNode::Kind::kBroken;
    }
    tree.text = std::move(value);
  }
  for (size_t i = 0; i < tree.children.size(); ++i) {
    YamlNode& child = tree.children[i];
    const bool is_list = tree.kind == YamlNode::Kind::kList;
    Substitute(child, environment, report, is_list ? JoinIndex(path, i) : JoinKey(path, child.key));
  }
}

std::string EscapeVariables(std::string_view text) {
  std::string escaped;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at, 2) == "${") escaped += '$';
    escaped += text[at];
  }
  return escaped;
}

}  // namespace room_router::config
