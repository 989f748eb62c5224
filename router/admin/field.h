// SPDX-License-Identifier: Apache-2.0
// How HAProxy tells one fact in its `typed` and `json` formats: number, name, tags, type, value.
//
//   4.Nbproc.1:CGS:u32:1
//   {"field":{"pos":4,"name":"Nbproc"},"processNum":1,"tags":{…},"value":{"type":"u32","value":1}}
//
// The three letters of the tags are origin, nature and scope. Pure.
// Source: HAProxy 2.6 management guide §9.2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace room_router::admin {

enum class FieldType : uint8_t { kText, kU32, kS32, kU64, kFloat };
std::string_view ToString(FieldType type);  // str, u32, …

struct Field {
  std::string_view name, tags;
  FieldType type = FieldType::kText;
  std::string_view description;
};

// The words for the letters: "Metric", "Gauge", "Process". Empty for a letter that is none.
std::string_view OriginWord(char letter);
std::string_view NatureWord(char letter);
std::string_view ScopeWord(char letter);

// `before` the position: "F.2.0." in `show stat`, nothing in `show info`.
void AppendTyped(std::string& out, std::string_view before, size_t position, const Field& field,
                 std::string_view value);
// `before` "field": the object's own members, each followed by a comma.
void AppendJson(std::string& out, std::string_view before, size_t position, const Field& field,
                std::string_view value);

}  // namespace room_router::admin
