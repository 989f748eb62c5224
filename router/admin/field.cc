// SPDX-License-Identifier: Apache-2.0
#include "router/admin/field.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

namespace room_router::admin {
namespace {

using Letter = std::pair<char, std::string_view>;

constexpr Letter kOrigins[] = {
    {'M', "Metric"}, {'S', "Status"}, {'K', "Key"}, {'C', "Config"}, {'P', "Product"}};
constexpr Letter kNatures[] = {{'G', "Gauge"}, {'L', "Limit"},   {'m', "Min"},      {'M', "Max"},
                               {'R', "Rate"},  {'C', "Counter"}, {'D', "Duration"}, {'A', "Age"},
                               {'T', "Time"},  {'N', "Name"},    {'O', "Output"},   {'a', "Avg"}};
constexpr Letter kScopes[] = {
    {'C', "Cluster"}, {'P', "Process"}, {'S', "Service"}, {'Y', "System"}};

std::string_view WordOf(std::span<const Letter> letters, char letter) {
  for (const auto& [each, word] : letters) {
    if (each == letter) return word;
  }
  return {};
}

std::string Quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string_view ToString(FieldType type) {
  constexpr std::array<std::string_view, 5> kNames = {"str", "u32", "s32", "u64", "flt"};
  return kNames.at(static_cast<size_t>(type));
}

std::string_view OriginWord(char letter) { return WordOf(kOrigins, letter); }
std::string_view NatureWord(char letter) { return WordOf(kNatures, letter); }
std::string_view ScopeWord(char letter) { return WordOf(kScopes, letter); }

void AppendTyped(std::string& out, std::string_view before, size_t position, const Field& field,
                 std::string_view value) {
  fmt::format_to(std::back_inserter(out), "{}{}.{}.1:{}:{}:{}", before, position, field.name,
                 field.tags, ToString(field.type), value);
}

void AppendJson(std::string& out, std::string_view before, size_t position, const Field& field,
                std::string_view value) {
  fmt::format_to(std::back_inserter(out),
                 R"({{{}"field":{{"pos":{},"name":{}}},"processNum":1,"tags":{{"origin":"{}",)"
                 R"("nature":"{}","scope":"{}"}},"value":{{"type":"{}","value":{}}}}})",
                 before, position, Quoted(field.name), OriginWord(field.tags[0]),
                 NatureWord(field.tags[1]), ScopeWord(field.tags[2]), ToString(field.type),
                 field.type == FieldType::kText ? Quoted(value) : std::string(value));
}

}  // namespace room_router::admin
