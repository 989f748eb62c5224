// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_hello.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace room_router::haproxy {
namespace {

constexpr std::string_view kProtocolName = "HAProxyS ";
constexpr std::string_view kOurMark = " room-router";
constexpr unsigned kMajor = 2, kNewestMinor = 1;

// A line without its end, taken from the front; nullopt while it is incomplete.
std::optional<std::string> TakeFirstLine(std::string& stream) {
  const size_t end = stream.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = stream.substr(0, end);
  stream.erase(0, end + 1);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::optional<unsigned> TakeNumber(std::string_view& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

}  // namespace

std::string_view ToString(Status status) {
  switch (status) {
    case Status::kNone:
      return "NONE";
    case Status::kConnecting:
      return "CONN";
    case Status::kHandshake:
      return "HSHK";
    case Status::kEstablished:
      return "ESTA";
    case Status::kTryAgain:
      return "RETR";
    case Status::kProtocol:
      return "PROT";
    case Status::kVersion:
      return "VERS";
    case Status::kLocalName:
      return "NAME";
    case Status::kRemoteName:
      return "UNKN";
  }
  return "";
}

std::string ExplainRefusal(Status status, std::string_view local_name) {
  switch (status) {
    case Status::kLocalName:
      return "503: it has another name (its -L, localpeer or host name)";
    case Status::kRemoteName:
      return "504: it knows no peer " + std::string(local_name) +
             "; add it to its peers section, unless it is a Room Router";
    case Status::kVersion:
      return "502: it speaks an older version, which is tried next";
    default:
      return std::to_string(static_cast<unsigned>(status));
  }
}

std::string ToText(const Hello& hello) {
  std::string text(kProtocolName);
  text += std::to_string(kMajor) + "." + std::to_string(hello.minor_version) + "\n";
  text += hello.callee + "\n";
  text += hello.caller + " " + std::to_string(hello.process) + " 1";
  return text.append(kOurMark) + "\n";
}

std::optional<Status> HelloReader::Read(std::string& stream) {
  while (true) {
    const auto line = TakeFirstLine(stream);
    if (!line) break;
    if (line->size() > kLongestHello) return Status::kProtocol;
    if (const auto verdict = TakeLine(*line)) return verdict;
  }
  if (stream.size() > kLongestHello) return Status::kProtocol;
  return std::nullopt;
}

std::optional<Status> HelloReader::TakeLine(std::string_view line) {
  switch (lines_++) {
    case 0: {
      if (!line.starts_with(kProtocolName)) return Status::kProtocol;
      line.remove_prefix(kProtocolName.size());
      const auto major = TakeNumber(line);
      if (!major || !line.starts_with('.')) return Status::kVersion;
      line.remove_prefix(1);
      const auto minor = TakeNumber(line);
      if (!minor || !line.empty()) return Status::kVersion;
      minor_version_ = *minor;
      if (*major != kMajor || *minor > kNewestMinor) return Status::kVersion;
      return std::nullopt;
    }
    case 1:
      if (line != local_name_) return Status::kLocalName;
      return std::nullopt;
    default:
      return TakeCaller(line);
  }
}

Status HelloReader::TakeCaller(std::string_view line) {
  const size_t end = line.find(' ');
  if (end == std::string_view::npos) return Status::kProtocol;
  caller_ = line.substr(0, end);
  from_room_router_ = line.ends_with(kOurMark);
  const bool welcome = !from_room_router_ && std::ranges::find(known_, caller_) != known_.end();
  return welcome ? Status::kEstablished : Status::kRemoteName;
}

std::string ToText(Status status) { return std::to_string(static_cast<unsigned>(status)) + "\n"; }

std::optional<Status> ReadStatus(std::string& stream) {
  const auto line = TakeFirstLine(stream);
  if (!line && stream.size() <= kLongestHello) return std::nullopt;
  constexpr std::array kFromTheOther{Status::kEstablished, Status::kTryAgain,  Status::kProtocol,
                                     Status::kVersion,     Status::kLocalName, Status::kRemoteName};
  std::string_view text = line ? std::string_view(*line) : std::string_view();
  const auto number = TakeNumber(text);
  for (const Status status : kFromTheOther) {
    if (number == static_cast<unsigned>(status)) return status;
  }
  return Status::kProtocol;
}

}  // namespace room_router::haproxy
