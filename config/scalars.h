// SPDX-License-Identifier: Apache-2.0
// How a scalar's text becomes a value and back: one small codec per kind of value.
//
// Every codec has `Parse(text, out)`, which returns what is wrong with the text and what to write
// instead ("" = fine, `out` is set), and `Print(value)`, whose text Parse turns back into the
// value. kBare says the text is written without quotes (numbers, booleans). Pure; never throws.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"

namespace room_router::config {

struct Flag {
  static constexpr bool kBare = true;
  std::string Parse(std::string_view text, bool& out) const;
  std::string Print(bool value) const { return value ? "true" : "false"; }
};

// A whole number; with `auto_is_zero` the word "auto" stands for 0.
struct Whole {
  static constexpr bool kBare = true;
  int64_t min = 0, max = std::numeric_limits<int32_t>::max();
  bool auto_is_zero = false;

  std::string ParseInt64(std::string_view text, int64_t& out) const;
  template <std::integral T>
  std::string Parse(std::string_view text, T& out) const {
    int64_t value = 0;
    std::string problem = ParseInt64(text, value);
    if (problem.empty()) out = static_cast<T>(value);
    return problem;
  }
  template <std::integral T>
  std::string Print(T value) const {
    return auto_is_zero && value == 0 ? "auto" : std::to_string(value);
  }
};

struct Number {
  static constexpr bool kBare = true;
  double min, max;
  std::string Parse(std::string_view text, double& out) const;
  std::string Print(double value) const;
};

// 10ms 5s 2m 1h 1d
struct Period {
  static constexpr bool kBare = false;
  Duration min = 1ms, max = 24h * 365;
  std::string Parse(std::string_view text, Duration& out) const;
  std::string Print(Duration value) const;
};

// 512B 16KiB 1MiB, or a number of bytes
struct Bytes {
  static constexpr bool kBare = false;
  int64_t min, max;
  bool auto_is_zero = false;  // the word "auto" stands for 0
  std::string Parse(std::string_view text, size_t& out) const;
  std::string Print(size_t value) const;
};

// 20/s 30/m "20/s burst 100", or 0 for no limit; without a burst it is the amount.
struct PerTime {
  static constexpr bool kBare = false;
  std::string Parse(std::string_view text, Rate& out) const;
  std::string Print(const Rate& value) const;
};

// Any text a rule of text_rules.h has nothing against.
struct Text {
  static constexpr bool kBare = false;
  std::string (*rule)(std::string_view) = nullptr;
  std::string Parse(std::string_view text, std::string& out) const;
  std::string Print(const std::string& value) const { return value; }
};

// Numeric "ip:port"; "" when `optional`; a bare ip when there is a default port.
struct Address {
  static constexpr bool kBare = false;
  bool optional = false;
  bool any_port = false;  // 0 lets the system choose
  uint16_t default_port = 0;
  const char* name_hint = "";  // what to do instead of writing a host name
  std::string Parse(std::string_view text, SocketAddress& out) const;
  std::string Print(const SocketAddress& value) const { return value.ToString(); }
};

struct Range {
  static constexpr bool kBare = false;
  std::string Parse(std::string_view text, AddressRange& out) const;
  std::string Print(const AddressRange& value) const { return value.ToString(); }
};

// Permissions of a file, octal.
struct FileMode {
  static constexpr bool kBare = false;
  std::string Parse(std::string_view text, unsigned& out) const;
  std::string Print(unsigned value) const;
};

// 200-399 or 404
struct Statuses {
  static constexpr bool kBare = true;
  std::string Parse(std::string_view text, StatusRange& out) const;
  std::string Print(const StatusRange& value) const;
};

// What Choice says about a word it does not have.
std::string NotOneOf(std::string_view text, std::span<const std::string_view> words);

// One of a few words; `names` is the whole list. Text targets hold the word itself.
template <class Value>
struct Choice {
  static constexpr bool kBare = false;
  std::span<const std::pair<std::string_view, Value>> names;

  template <class Target>
  std::string Parse(std::string_view text, Target& out) const {
    std::vector<std::string_view> words;
    for (const auto& [word, value] : names) {
      words.push_back(word);
      if (word != text) continue;
      out = value;
      return "";
    }
    return NotOneOf(text, words);
  }
  template <class Target>
  std::string Print(const Target& wanted) const {
    for (const auto& [word, value] : names) {
      if (value == wanted) return std::string(word);
    }
    return "";
  }
};
template <class Value, size_t kCount>
Choice(const std::array<std::pair<std::string_view, Value>, kCount>&) -> Choice<Value>;

}  // namespace room_router::config
