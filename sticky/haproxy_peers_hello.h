// SPDX-License-Identifier: Apache-2.0
// How two ends of HAProxy's peers protocol introduce themselves: three lines from whoever
// connected, a status line from the other.
//
// Names are compared exactly. The caller of another Room Router is told 504: replicas share their
// table by gossip, and would otherwise correct each other here without end. It is recognised by a
// word HAProxy ignores. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace room_router::haproxy {

enum class Status : uint16_t {
  kNone = 0,
  kConnecting = 100,
  kHandshake = 110,  // connected, hello said
  kEstablished = 200,
  kTryAgain = 300,
  kProtocol = 501,
  kVersion = 502,
  kLocalName = 503,   // the one who answers has another name
  kRemoteName = 504,  // the one who calls is not among its peers
};
// As HAProxy's `show peers` has it: NONE CONN HSHK ESTA RETR PROT VERS NAME UNKN.
std::string_view ToString(Status status);

// What a status other than 200 says to whoever calls itself `local_name`, and what to do.
std::string ExplainRefusal(Status status, std::string_view local_name);

inline constexpr size_t kLongestHello = 1024;  // bytes, all lines

struct Hello {
  unsigned minor_version = 1;  // 2.x
  std::string callee, caller;
  unsigned process = 1;
};
std::string ToText(const Hello& hello);

// Takes the lines of a hello as they come.
class HelloReader {
 public:
  HelloReader(std::string local_name, std::span<const std::string> known)
      : local_name_(std::move(local_name)), known_(known.begin(), known.end()) {}

  // Removes whole lines from the front of `stream` until there is a verdict: kEstablished or what
  // is wrong. nullopt = more is needed.
  std::optional<Status> Read(std::string& stream);

  const std::string& caller() const { return caller_; }
  bool from_room_router() const { return from_room_router_; }
  unsigned minor_version() const { return minor_version_; }

 private:
  std::optional<Status> TakeLine(std::string_view line);
  Status TakeCaller(std::string_view line);

  const std::string local_name_;
  const std::vector<std::string> known_;
  std::string caller_;
  unsigned minor_version_ = 1;
  int lines_ = 0;
  bool from_room_router_ = false;
};

std::string ToText(Status status);
// Removes the status line from the front of `stream`; nullopt = more is needed. Anything but a
// status of this protocol is kProtocol.
std::optional<Status> ReadStatus(std::string& stream);

}  // namespace room_router::haproxy
