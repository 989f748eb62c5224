// SPDX-License-Identifier: Apache-2.0
// The counterpart of Reader: a section's description run with a Writer appends it as YAML, every
// key in the order of the description. What it writes, Reader reads back to the same values.
//
// Rules (Require and its like) are Reader's business and do nothing here. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace room_router::config {

// A scalar as YAML: in double quotes when it could be read as anything but that text.
std::string ToYaml(std::string_view text);
// The same for a text in which "${" begins a variable.
std::string ToYamlAsIs(std::string_view text);

class Writer {
 public:
  Writer(std::string& out, size_t indent) : out_(out), indent_(indent) {}

  std::string directory() const { return ""; }

  template <class T, class Codec>
  void Scalar(std::string_view key, const T& value, const Codec& codec) {
    Line(std::string(key) + ": " + Form(value, codec));
  }

  template <class T, class Codec>
  void Scalars(std::string_view key, const std::vector<T>& values, const Codec& codec) {
    std::string list;
    for (const T& value : values) list += (list.empty() ? "" : ", ") + Form(value, codec);
    Line(std::string(key) + ": [" + list + "]");
  }

  template <class Entries, class KeyCodec, class ValueCodec>
  void Map(std::string_view key, const Entries& entries, const KeyCodec& keys,
           const ValueCodec& values) {
    Line(std::string(key) + (entries.empty() ? ": {}" : ":"));
    for (const auto& [name, value] : entries) {
      Line("  " + FormKey(keys.Print(name)) + ": " + Form(value, values));
    }
  }

  template <class Describe>
  void Section(std::string_view key, const Describe& describe) {
    Line(std::string(key) + ":");
    Writer inner(out_, indent_ + 2);
    describe(inner);
  }

  template <class T, class Describe>
  void List(std::string_view key, std::vector<T>& items, const Describe& describe) {
    Line(std::string(key) + (items.empty() ? ": []" : ":"));
    for (T& item : items) {
      const size_t start = out_.size();
      Writer inner(out_, indent_ + 4);
      describe(inner, item);
      out_[start + indent_ + 2] = '-';
    }
  }

  void Require(bool, std::string_view, const std::string&) {}
  void RequireStill(bool, std::string_view, const std::string&) {}
  void RequireHere(bool, const std::string&) {}
  void Advise(bool, std::string_view, const std::string&) {}
  bool Failed(std::string_view) const { return false; }

 private:
  template <class T, class Codec>
  static std::string Form(const T& value, const Codec& codec) {
    return Codec::kBare ? std::string(codec.Print(value)) : ToYaml(codec.Print(value));
  }
  static std::string FormKey(std::string_view key);
  void Line(const std::string& text) { out_ += std::string(indent_, ' ') + text + '\n'; }

  std::string& out_;
  const size_t indent_;
};

}  // namespace room_router::config
