// SPDX-License-Identifier: Apache-2.0
#include "config/reader.h"

#include <algorithm>

#include "config/suggest.h"

namespace room_router::config {
namespace {

std::string_view KindName(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map of keys";
    case YamlNode::Kind::kNull:
    case YamlNode::Kind::kBroken:
      break;
  }
  return "nothing";
}

std::string_view FormOf(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kList:
      return "; write [item, item], or one \"- item\" per line";
    case YamlNode::Kind::kMap:
      return "; write \"key: value\" lines below it, or {} for none";
    default:
      return "; write it behind the colon";
  }
}

}  // namespace

void Reader::Complain(const Place& place, const std::string& path, const std::string& problem) {
  report_.Mistake(place, path, problem);
}

const YamlNode* Reader::Take(std::string_view key, YamlNode::Kind kind) {
  known_.push_back(key);
  const YamlNode* node = map_.Find(std::string(key));
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) return nullptr;
  return IsItem(*node, PathOf(key), kind) ? node : nullptr;
}

const YamlNode* Reader::TakeListOrScalar(std::string_view key) {
  const YamlNode* node = map_.Find(std::string(key));
  const bool scalar = node != nullptr && node->kind == YamlNode::Kind::kScalar;
  return Take(key, scalar ? YamlNode::Kind::kScalar : YamlNode::Kind::kList);
}

bool Reader::IsItem(const YamlNode& node, const std::string& path, YamlNode::Kind kind) {
  if (node.kind == kind) return true;
  if (node.kind == YamlNode::Kind::kNull) {
    Complain(node.place, path, "the value is missing; write one or remove it");
  } else if (node.kind != YamlNode::Kind::kBroken) {
    Complain(node.place, path,
             "expected " + std::string(KindName(kind)) + ", found " +
                 std::string(KindName(node.kind)) + std::string(FormOf(kind)));
  }
  return false;
}

Place Reader::PlaceOf(std::string_view key) const {
  const YamlNode* node = map_.Find(std::string(key));
  return node == nullptr ? map_.place : node->place;
}

void Reader::Require(bool holds, std::string_view key, const std::string& problem) {
  if (!holds && !Failed(key)) Complain(PlaceOf(key), PathOf(key), problem);
}

void Reader::RequireStill(bool holds, std::string_view key, const std::string& problem) {
  if (!holds && !Failed(key)) report_.Overdue(PlaceOf(key), PathOf(key), problem);
}

void Reader::RequireHere(bool holds, const std::string& problem) {
  if (!holds && !report_.HasMistakeBelow(path_)) Complain(map_.place, path_, problem);
}

void Reader::Advise(bool holds, std::string_view key, const std::string& message) {
  if (!holds && !Failed(key)) report_.Warning(PlaceOf(key), PathOf(key) + ": " + message);
}

bool Reader::Failed(std::string_view key) const { return report_.HasMistakeBelow(PathOf(key)); }

void Reader::Finish() {
  for (const YamlNode& child : map_.children) {
    if (std::find(known_.begin(), known_.end(), child.key) != known_.end()) continue;
    if (child.key == "<<") {
      Complain(child.key_place, PathOf(child.key),
               "merge keys are not supported; write the keys out");
      continue;
    }
    Complain(child.key_place, PathOf(child.key), "unknown key" + SuggestOrList(child.key, known_));
  }
}

}  // namespace room_router::config
