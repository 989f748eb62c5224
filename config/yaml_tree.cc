// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <map>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "config/utf8.h"

namespace room_router::config {
namespace {

// A comment put behind the text, without a line break: behind one, yaml-cpp takes the end of the
// text for the end of a quote that nobody closed.
constexpr std::string_view kEndMark = "#end-of-configuration";

size_t CountNodes(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& child : node.children) count += CountNodes(child);
  return count;
}

int Depth(const YamlNode& node) {
  int deepest = 0;
  for (const YamlNode& child : node.children) deepest = std::max(deepest, Depth(child));
  return deepest + 1;
}

// Receives yaml-cpp's events. Refuses by throwing what yaml-cpp itself throws; ParseYaml catches.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(int file, Report& report) : file_(file), report_(report) {}

  YamlNode TakeRoot() { return std::move(root_); }

  Place start() const { return start_; }

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = PlaceOf(mark); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Attach(MakeNode(mark, YamlNode::Kind::kNull), mark, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) Refuse(mark, "an alias refers to a value that contains it");
    AddNodes(mark, CountNodes(found->second));
    if (static_cast<int>(open_.size()) + Depth(found->second) > kMaxDepth) RefuseDepth(mark);
    Attach(YamlNode(found->second), mark, YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckTag(mark, tag);
    YamlNode node = MakeNode(mark, YamlNode::Kind::kScalar);
    node.text = value;
    Attach(std::move(node), mark, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    YamlNode node;
    YAML::Mark mark;
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool has_key = false;  // of a map: the next node is a value
    bool drop = false;     // that value belongs to a repeated key
    std::string key;
    Place key_place;
    std::unordered_map<std::string, int> lines;  // key → line of its first use
  };

  static bool IsMap(const Frame& frame) { return frame.node.kind == YamlNode::Kind::kMap; }

  [[noreturn]] static void Refuse(const YAML::Mark& mark, const std::string& message) {
    throw YAML::ParserException(mark, message);
  }
  [[noreturn]] static void RefuseDepth(const YAML::Mark& mark) {
    Refuse(mark, "nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }

  static void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with(kCore)) return;
    Refuse(mark, "the tag " + Quote(tag) + " is not supported; remove it");
  }

  Place PlaceOf(const YAML::Mark& mark) const {
    return {.file = file_, .line = mark.line + 1, .column = mark.column + 1};
  }

  YamlNode MakeNode(const YAML::Mark& mark, YamlNode::Kind kind) {
    AddNodes(mark, 1);
    YamlNode node;
    node.kind = kind;
    node.place = PlaceOf(mark);
    return node;
  }

  void AddNodes(const YAML::Mark& mark, size_t count) {
    nodes_ += count;
    if (nodes_ > kMaxNodes) {
      Refuse(mark, "more than " + std::to_string(kMaxNodes) +
                       " values, those repeated by aliases included; remove some");
    }
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    CheckTag(mark, tag);
    if (!open_.empty() && IsMap(open_.back()) && !open_.back().has_key) {
      Refuse(mark, "a key must be a word, not a list or a map; is a bracket left open?");
    }
    if (static_cast<int>(open_.size()) >= kMaxDepth) RefuseDepth(mark);
    Frame frame;
    frame.node = MakeNode(mark, kind);
    frame.mark = mark;
    frame.anchor = anchor;
    open_.push_back(std::move(frame));
  }

  void Close() {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    Attach(std::move(frame.node), frame.mark, frame.anchor);
  }

  void Attach(YamlNode node, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = open_.back();
    // yaml-cpp places a missing value at whatever comes next.
    if (node.kind == YamlNode::Kind::kNull && (frame.has_key || !IsMap(frame))) {
      node.place = frame.has_key ? frame.key_place : frame.node.place;
    }
    if (frame.node.kind == YamlNode::Kind::kList) {
      frame.node.children.push_back(std::move(node));
    } else if (!frame.has_key) {
      TakeKey(frame, node, mark);
    } else {
      frame.has_key = false;
      if (frame.drop) return;
      node.key = std::move(frame.key);
      node.key_place = frame.key_place;
      frame.node.children.push_back(std::move(node));
    }
  }

  void TakeKey(Frame& frame, YamlNode& key, const YAML::Mark& mark) {
    if (key.kind == YamlNode::Kind::kList || key.kind == YamlNode::Kind::kMap) {
      Refuse(mark, "a key must be a word, not a list or a map; is a bracket left open?");
    }
    if (key.kind == YamlNode::Kind::kNull) Refuse(mark, "a key is missing before the colon");
    frame.has_key = true;
    frame.key = std::move(key.text);
    frame.key_place = PlaceOf(mark);
    const auto [first, is_new] = frame.lines.emplace(frame.key, frame.key_place.line);
    frame.drop = !is_new;
    if (frame.drop) {
      report_.Mistake(frame.key_place, "the key " + Quote(frame.key) +
                                           " is given twice, first on line " +
                                           std::to_string(first->second) + "; keep one");
    }
  }

  const int file_;
  Report& report_;
  Place start_;
  YamlNode root_;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  size_t nodes_ = 0;
};

Place PlaceAt(std::string_view text, size_t offset, int file) {
  Place place{.file = file, .line = 1, .column = 1};
  for (const char c : text.substr(0, offset)) {
    ++place.column;
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    }
  }
  return place;
}

// YAML 1.2 §5.1 allows no other control characters, and yaml-cpp takes some for the end of input.
bool CheckBytes(std::string_view text, int file, Report& report) {
  if (const auto bad = FindBadUtf8(text)) {
    report.Mistake(PlaceAt(text, *bad, file), "not UTF-8 text; save the file as UTF-8");
    return false;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f) {
      report.Mistake(PlaceAt(text, i, file),
                     "a control character (byte " + std::to_string(byte) + "); remove it");
      return false;
    }
  }
  return true;
}

std::string Explain(const std::string& message) {
  if (message.starts_with("end of ")) {
    return message + "; check closing brackets and indentation (spaces, no tabs)";
  }
  if (message == "illegal EOF in scalar") return "a quote opened further up is not closed";
  if (message == "illegal map value") {
    return message + "; quote a value that contains \": \", and indent with spaces, not tabs";
  }
  return message;
}

// Where yaml-cpp stopped; the end of the text for everything behind it.
Place PlaceOf(const YAML::Mark& mark, std::string_view text, int file) {
  if (mark.is_null()) return {.file = file};
  if (static_cast<size_t>(mark.pos) >= text.size()) return PlaceAt(text, text.size(), file);
  return {.file = file, .line = mark.line + 1, .column = mark.column + 1};
}

}  // namespace

std::optional<YamlNode> ParseYaml(std::string_view text, int file, Report& report) {
  if (text.size() > kMaxFileBytes) {
    report.Mistake({.file = file}, "larger than 4 MiB; this is no configuration file");
    return std::nullopt;
  }
  if (!CheckBytes(text, file, report)) return std::nullopt;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  try {
    std::istringstream stream(std::string(text) + "\n" + std::string(kEndMark));
    YAML::Parser parser(stream);
    TreeBuilder builder(file, report);
    YamlNode root;
    if (parser.HandleNextDocument(builder)) root = builder.TakeRoot();
    TreeBuilder rest(file, report);
    if (parser.HandleNextDocument(rest)) {
      report.Mistake(rest.start(), "a second document; keep one per file and remove \"---\"");
      return std::nullopt;
    }
    return root;
  } catch (const YAML::Exception& error) {
    report.Mistake(PlaceOf(error.mark, text, file), "YAML: " + Explain(error.msg));
  } catch (const std::exception& error) {
    report.Mistake({.file = file}, std::string("cannot be read as YAML: ") + error.what());
  }
  return std::nullopt;
}

}  // namespace room_router::config
