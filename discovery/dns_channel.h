// SPDX-License-Identifier: Apache-2.0
// c-ares driven by Asio: one name and record type in, the whole answer out.
//
// UDP with EDNS (1232 bytes), TCP when truncated. Servers, search list and ndots come from
// /etc/resolv.conf, or the servers are named and names are taken as absolute. The first completion
// of a name (search_list.h) that is found counts; none is absent as long as one could not be asked.
// Never blocks (numbers only, no hosts file); never calls back from within Ask. At most
// `kMaxAtOnce` questions are on the wire, the others wait. Lives on one io_context thread;
// destroyed, it forgets its questions.
// Source: c-ares 1.18 manual, RFC 6891.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/clock.h"
#include "config/socket_address.h"
#include "discovery/dns_answer.h"
#include "discovery/lookup_counts.h"
#include "discovery/resolver.h"

namespace room_router {

enum class RecordType : uint8_t { kA, kAaaa, kSrv };

struct DnsReply {
  LookupOutcome outcome = LookupOutcome::kFailed;
  std::string error;  // why kFailed
  DnsAnswer answer;   // when kFound
};

class DnsChannel {
 public:
  static constexpr size_t kMaxAtOnce = 64;

  struct Settings {
    std::vector<SocketAddress> servers;          // empty = /etc/resolv.conf
    Duration timeout = std::chrono::seconds(1);  // of the first try, doubled by c-ares
    int tries = 3;                               // per server
    LookupCounts* counts = nullptr;              // outlives the channel, may be null
  };

  DnsChannel(boost::asio::io_context& io, const Settings& settings);
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  void Ask(std::string name, RecordType type, std::function<void(DnsReply)> done);

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace room_router
