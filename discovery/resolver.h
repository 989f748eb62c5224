// SPDX-License-Identifier: Apache-2.0
// The door to DNS: a service name → its targets with addresses, a host name → its addresses.
//
// Implementations never block, and never call back from within Find…: answers arrive later, on the
// owner's thread, exactly once each, and never after the resolver is gone. Failures are answers.
// Names come back lower-case and without the final dot.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "config/clock.h"
#include "config/socket_address.h"

namespace room_router {

enum class LookupOutcome : uint8_t {
  kFound,
  kAbsent,  // the name does not exist or has no such record: an authoritative "nothing"
  kFailed,  // no usable answer: timeout, SERVFAIL, refused, malformed
};

struct ServiceTarget {
  std::string name;
  uint16_t port = 0, priority = 0, weight = 0;
  std::vector<SocketAddress> addresses;  // with `port`
  // A lookup of this target failed: families that `addresses` lacks are as they were before.
  bool partial = false;
};

struct ServiceAnswer {
  LookupOutcome outcome = LookupOutcome::kFailed;
  std::string error;  // why kFailed, for people
  Duration ttl{};     // smallest of the records used; 0 when unknown
  std::vector<ServiceTarget> targets;
};

struct HostAnswer {
  LookupOutcome outcome = LookupOutcome::kFailed;
  std::string error;
  Duration ttl{};
  std::vector<SocketAddress> addresses;  // port 0
  bool partial = false;                  // one of A and AAAA failed
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual void FindService(const std::string& name, std::function<void(ServiceAnswer)> done) = 0;
  virtual void FindHost(const std::string& name, std::function<void(HostAnswer)> done) = 0;
};

}  // namespace room_router
