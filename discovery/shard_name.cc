// SPDX-License-Identifier: Apache-2.0
#include "discovery/shard_name.h"

#include <algorithm>

namespace room_router {
namespace {

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsDashedIpv4(std::string_view label) {
  int groups = 1;
  size_t digits = 0;
  for (const char c : label) {
    if (c == '-') {
      if (digits == 0) return false;
      ++groups;
      digits = 0;
    } else if (!IsDigit(c) || ++digits > 3) {
      return false;
    }
  }
  return groups == 4 && digits > 0;
}

bool IsDashedIpv6(std::string_view label) {
  const auto dashes = std::count(label.begin(), label.end(), '-');
  const bool shortened = label.find("--") != std::string_view::npos;
  return (dashes == 7 || (shortened && dashes <= 7)) &&
         std::all_of(label.begin(), label.end(), [](char c) { return c == '-' || IsHex(c); });
}

// What `pattern` matches first, replaced; the rest is dropped.
std::string Extract(std::string_view text, const std::regex& pattern, const std::string& replace) {
  std::string made;
  std::regex_replace(
      std::back_inserter(made), text.begin(), text.end(), pattern, replace,
      std::regex_constants::format_no_copy | std::regex_constants::format_first_only);
  return made;
}

bool IsHash(std::string_view label) {
  const bool length_fits = label.size() == 8 || label.size() == 16 || label.size() == 32;
  return length_fits && std::all_of(label.begin(), label.end(), IsHex) &&
         std::any_of(label.begin(), label.end(), IsDigit);
}

}  // namespace

bool IsShardName(std::string_view name) {
  const auto valid = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), valid);
}

bool LooksLikeAddress(std::string_view label) {
  return IsDashedIpv4(label) || IsDashedIpv6(label) || IsHash(label);
}

std::string_view NamespaceOf(std::string_view target) {
  const size_t end = target.find(".svc");
  if (end == std::string_view::npos || end == 0) return {};
  if (end + 4 != target.size() && target[end + 4] != '.') return {};
  const size_t begin = target.rfind('.', end - 1);
  return begin == std::string_view::npos ? std::string_view{}
                                         : target.substr(begin + 1, end - begin - 1);
}

TargetLabel::TargetLabel(const config::ShardLabel& rule) : rule_(rule), pattern_(rule.pattern) {}

std::string TargetLabel::operator()(std::string_view service, std::string_view target) const {
  if (rule_.pattern.empty()) return "";
  const bool in_target = rule_.from == config::ShardLabel::Source::kTarget;
  const std::string label = Extract(in_target ? target : service, pattern_, rule_.replace);
  return IsShardName(label) ? label : "";
}

ShardNaming::ShardNaming(const config::ShardName& rule)
    : pattern_(rule.pattern), pattern_text_(rule.pattern), replace_(rule.replace) {}

ShardNaming::Name ShardNaming::operator()(std::string_view target) const {
  const std::string label(target.substr(0, target.find('.')));
  const std::string name = Extract(target, pattern_, replace_);
  Name result{.text = name, .advice = {}};
  if (!IsShardName(name)) {
    result.text = IsShardName(label) ? label : "";
    result.advice =
        "shards.name.pattern '" + pattern_text_ + "' makes no shard name of target " +
        std::string(target) +
        (result.text.empty() ? "; the target is left out" : "; its first label is used instead");
  }
  if (LooksLikeAddress(result.text)) {
    result.advice = "target " + std::string(target) +
                    " is named after an IP address, so its rooms move when the address changes; "
                    "give pods a host name: run them as a StatefulSet with serviceName set to the "
                    "headless Service, or set hostname and subdomain";
  }
  return result;
}

}  // namespace room_router
