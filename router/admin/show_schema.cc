// SPDX-License-Identifier: Apache-2.0
#include "router/admin/show_schema.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "router/admin/field.h"

namespace room_router::admin {
namespace {

using Json = nlohmann::ordered_json;

Json Definition(std::string_view name) { return {{"$ref", "#/definitions/" + std::string(name)}}; }

Json Count(int64_t minimum) { return {{"type", "integer"}, {"minimum", minimum}}; }

Json Words(std::string_view letters, std::string_view (*word)(char)) {
  Json words = Json::array();
  for (const char letter : letters) words.push_back(word(letter));
  words.push_back("Unknown");
  return {{"type", "string"}, {"enum", std::move(words)}};
}

Json Value(std::string_view type, Json value) {
  return {{"properties",
           {{"type", {{"type", "string"}, {"enum", Json::array({type})}}},
            {"value", std::move(value)}}},
          {"required", {"type", "value"}}};
}

Json Number(std::string_view type, int64_t minimum, int64_t maximum) {
  return Value(type, {{"type", "integer"}, {"minimum", minimum}, {"maximum", maximum}});
}

Json TypedValue() {
  constexpr int64_t kExact = (int64_t{1} << 53) - 1;  // what a double holds
  const Json definitions = {{"s32Value", Number("s32", INT32_MIN, INT32_MAX)},
                            {"s64Value", Number("s64", -kExact, kExact)},
                            {"u32Value", Number("u32", 0, UINT32_MAX)},
                            {"u64Value", Number("u64", 0, kExact)},
                            {"strValue", Value("str", {{"type", "string"}})},
                            {"fltValue", Value("flt", {{"type", "number"}})}};
  Json one_of = Json::array();
  for (const auto& [name, ignored] : definitions.items()) {
    one_of.push_back(Definition("typedValue/definitions/" + name));
  }
  return {{"type", "object"}, {"oneOf", std::move(one_of)}, {"definitions", definitions}};
}

Json List(std::string_view title, Json own_members, Json required) {
  for (const char* member : {"field", "processNum", "tags"}) {
    own_members[member] = Definition(member);
    required.push_back(member);
  }
  own_members["value"] = Definition("typedValue");
  required.push_back("value");
  Json item = {{"title", "InfoItem"},
               {"type", "object"},
               {"properties", std::move(own_members)},
               {"required", std::move(required)}};
  return {{"title", title}, {"type", "array"}, {"items", std::move(item)}};
}

Json Object(Json members, const std::vector<std::string>& required) {
  return {{"type", "object"}, {"properties", std::move(members)}, {"required", required}};
}

}  // namespace

std::string ShowSchema() {
  const Json kinds = {{"enum", {"Frontend", "Backend", "Listener", "Server", "Unknown"}}};
  // `show stat json` is an array of these, one per row.
  const Json row = List("Stat", {{"objType", kinds}, {"proxyId", Count(0)}, {"id", Count(0)}},
                        {"objType", "proxyId", "id"});
  Json error = Object({{"errorStr", {{"type", "string"}}}}, {"errorStr"});
  error["title"] = "Error";
  const Json tags = Object({{"origin", Words("MSKCP", OriginWord)},
                            {"nature", Words("GLmMRCDATNOa", NatureWord)},
                            {"scope", Words("CPSY", ScopeWord)}},
                           {"origin", "nature", "scope"});
  const Json schema = {
      {"$schema", "http://json-schema.org/draft-04/schema#"},
      {"oneOf", Json::array({List("Info", Json::object(), Json::array()),
                             row,
                             {{"title", "Rows"}, {"type", "array"}, {"items", row}},
                             error})},
      {"definitions",
       {{"field", Object({{"pos", Count(0)}, {"name", {{"type", "string"}}}}, {"pos", "name"})},
        {"processNum", Count(1)},
        {"tags", tags},
        {"typedValue", TypedValue()}}}};
  return schema.dump() + "\n";
}

}  // namespace room_router::admin
