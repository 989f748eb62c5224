// SPDX-License-Identifier: Apache-2.0
#include "config/scalars.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "config/report.h"
#include "config/suggest.h"

namespace room_router::config {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};
// Largest first: Print takes the first that divides the value.
constexpr std::array kPeriodUnits{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                                  Unit{"s", 1000}, Unit{"ms", 1}};
constexpr std::array kByteUnits{Unit{"GiB", 1 << 30}, Unit{"MiB", 1 << 20}, Unit{"KiB", 1 << 10},
                                Unit{"B", 1}};

template <class Value>
bool ParseAll(std::string_view text, Value& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

const Unit* FindUnit(std::span<const Unit> units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

std::string PrintWithUnit(std::span<const Unit> units, int64_t value) {
  if (value == 0) return "0" + std::string(units[units.size() - 2].name);
  for (const Unit& unit : units) {
    if (value % unit.factor == 0)
      return std::to_string(value / unit.factor) + std::string(unit.name);
  }
  return std::to_string(value);
}

// Digits × unit, nullopt when that is no number of 63 bits. The digits may be followed by nothing
// else.
std::optional<int64_t> Scale(std::string_view digits, int64_t factor) {
  int64_t number = 0;
  int64_t scaled = 0;
  if (!ParseAll(digits, number) || __builtin_mul_overflow(number, factor, &scaled)) {
    return std::nullopt;
  }
  return scaled;
}

size_t DigitCount(std::string_view text) {
  const size_t end = text.find_first_not_of("0123456789", text.starts_with('-') ? 1 : 0);
  return end == std::string_view::npos ? text.size() : end;
}

constexpr const char* kPeriodForm = "a number and a unit, such as 500ms, 5s, 2m, 1h or 1d";
constexpr const char* kBytesForm = "a number and a unit, such as 512B, 16KiB or 1MiB";

}  // namespace

std::string Flag::Parse(std::string_view text, bool& out) const {
  if (text != "true" && text != "false")
    return Quote(text) + " is not a boolean; write true or false";
  out = text == "true";
  return "";
}

std::string Whole::ParseInt64(std::string_view text, int64_t& out) const {
  if (auto_is_zero && text == "auto") {
    out = 0;
    return "";
  }
  int64_t value = 0;
  if (!ParseAll(text, value)) {
    return Quote(text) + " is not a whole number" + (auto_is_zero ? " (or auto)" : "") +
           fmt::format("; write one from {} to {}", min, max);
  }
  if (value < min || value > max) {
    return fmt::format("{} is out of range; write a number from {} to {}{}", value, min, max,
                       auto_is_zero ? ", or auto" : "");
  }
  out = value;
  return "";
}

std::string Number::Parse(std::string_view text, double& out) const {
  double value = 0;
  if (!ParseAll(text, value) || !std::isfinite(value)) {
    return Quote(text) + fmt::format(" is not a number; write one from {} to {}", min, max);
  }
  if (value < min || value > max) {
    return fmt::format("{} is out of range; write a number from {} to {}", value, min, max);
  }
  out = value == 0 ? 0 : value;  // no "-0"
  return "";
}

std::string Number::Print(double value) const { return fmt::format("{}", value); }

std::string Period::Parse(std::string_view text, Duration& out) const {
  const size_t digits = DigitCount(text);
  const std::string_view unit_name = text.substr(digits);
  const Unit* unit = FindUnit(kPeriodUnits, unit_name);
  if (digits > 0 && unit_name.empty()) {
    return Quote(text) + " has no unit; write " + kPeriodForm;
  }
  if (digits == 0 || unit == nullptr) {
    return Quote(text) + " is not a duration; write " + kPeriodForm;
  }
  const auto value = Scale(text.substr(0, digits), unit->factor);
  if (!value || *value < min.count() || *value > max.count()) {
    return Quote(text) + " is out of range; write a duration from " + Print(min) + " to " +
           Print(max);
  }
  out = Duration(*value);
  return "";
}

std::string Period::Print(Duration value) const {
  return PrintWithUnit(kPeriodUnits, value.count());
}

std::string Bytes::Parse(std::string_view text, size_t& out) const {
  if (auto_is_zero && text == "auto") {
    out = 0;
    return "";
  }
  const size_t digits = DigitCount(text);
  const std::string_view unit_name = digits < text.size() ? text.substr(digits) : "B";
  const Unit* unit = FindUnit(kByteUnits, unit_name);
  if (digits == 0 || unit == nullptr) {
    return Quote(text) + " is not a size; write " + kBytesForm;
  }
  const auto value = Scale(text.substr(0, digits), unit->factor);
  if (!value || *value < min || *value > max) {
    return Quote(text) + " is out of range; write a size from " + Print(static_cast<size_t>(min)) +
           " to " + Print(static_cast<size_t>(max));
  }
  out = static_cast<size_t>(*value);
  return "";
}

std::string Bytes::Print(size_t value) const {
  if (auto_is_zero && value == 0) return "auto";
  return PrintWithUnit(kByteUnits, static_cast<int64_t>(value));
}

std::string PerTime::Parse(std::string_view text, Rate& out) const {
  static constexpr std::string_view kBurst = " burst ";
  static constexpr Whole kAmount{.min = 1, .max = 1'000'000};
  if (text == "0") {
    out = {};
    return "";
  }
  const size_t slash = text.find('/');
  const size_t burst = text.find(kBurst);
  const std::string_view unit = text.substr(std::min(slash, text.size()), burst - slash);
  Rate rate{.period = unit == "/m" ? Duration(60'000) : Duration(1000)};
  bool right =
      (unit == "/s" || unit == "/m") && kAmount.Parse(text.substr(0, slash), rate.amount).empty();
  rate.burst = rate.amount;
  if (right && burst != text.npos) {
    right = kAmount.Parse(text.substr(burst + kBurst.size()), rate.burst).empty();
  }
  if (!right) {
    return Quote(text) + " is not a rate; write for example 20/s, 30/m, \"20/s burst 100\", or 0";
  }
  out = rate;
  return "";
}

std::string PerTime::Print(const Rate& value) const {
  if (!value.limited()) return "0";
  std::string text = std::to_string(value.amount) + (value.period == Duration(1000) ? "/s" : "/m");
  if (value.burst != value.amount) text += " burst " + std::to_string(value.burst);
  return text;
}

std::string Text::Parse(std::string_view text, std::string& out) const {
  std::string problem = rule == nullptr ? "" : rule(text);
  if (problem.empty()) out = text;
  return problem;
}

std::string Address::Parse(std::string_view text, SocketAddress& out) const {
  if (text.empty() && optional) {
    out = SocketAddress();
    return "";
  }
  std::optional<SocketAddress> address = SocketAddress::Parse(text);
  if (!address && default_port != 0) address = SocketAddress::FromIp(text, default_port);
  if (!address) {
    const char* form = default_port != 0 ? "IP or IP:port" : "IP:port";
    return Quote(text) + " is not a numeric " + form + ", such as 10.0.0.7:8080 or \"[::1]:8080\"" +
           name_hint;
  }
  if (address->port() == 0 && !any_port) {
    return Quote(text) + " has port 0; write a port from 1 to 65535";
  }
  out = *address;
  return "";
}

std::string Range::Parse(std::string_view text, AddressRange& out) const {
  const auto range = AddressRange::Parse(text);
  if (!range) {
    return Quote(text) +
           " is not a range of addresses; write an IP or a CIDR, such as 10.0.0.0/8 "
           "or \"::1/128\"";
  }
  out = *range;
  return "";
}

std::string FileMode::Parse(std::string_view text, unsigned& out) const {
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || text.size() < 3 || mode == 0 || mode > 0777) {
    return Quote(text) + " is not a file mode; write it in octal, such as \"0600\" or \"0660\"";
  }
  out = mode;
  return "";
}

std::string FileMode::Print(unsigned value) const { return fmt::format("{:04o}", value); }

std::string Statuses::Parse(std::string_view text, StatusRange& out) const {
  const size_t dash = text.find('-');
  StatusRange range;
  const bool first = ParseAll(text.substr(0, dash), range.first);
  const bool last =
      ParseAll(dash == std::string_view::npos ? text : text.substr(dash + 1), range.last);
  if (!first || !last || range.first < 100 || range.last > 599 || range.first > range.last) {
    return Quote(text) +
           " is not a status or a range of them; write for example 200-399 or [200, 404]";
  }
  out = range;
  return "";
}

std::string Statuses::Print(const StatusRange& value) const {
  if (value.first == value.last) return std::to_string(value.first);
  return fmt::format("{}-{}", value.first, value.last);
}

std::string NotOneOf(std::string_view text, std::span<const std::string_view> words) {
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  const std::string_view nearest = Suggest(text, words);
  return Quote(text) + " is not one of: " + list +
         (nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?");
}

}  // namespace room_router::config
