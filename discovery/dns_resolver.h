// SPDX-License-Identifier: Apache-2.0
// The resolver that asks DNS (dns_channel.h).
//
// A service is one SRV question, and for each target without an address in the additional section
// an A and an AAAA question; so too for a target that comes without a family of addresses which
// others come with or it had last time: servers leave out what does not fit, without a word, or has
// left their cache. Targets count as partial when one of their questions failed.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "discovery/dns_channel.h"
#include "discovery/resolver.h"

namespace room_router {

class DnsResolver : public Resolver {
 public:
  DnsResolver(boost::asio::io_context& io, const DnsChannel::Settings& settings)
      : channel_(io, settings) {}

  void FindService(const std::string& name, std::function<void(ServiceAnswer)> done) override;
  void FindHost(const std::string& name, std::function<void(HostAnswer)> done) override;

 private:
  using Families = std::map<std::string, unsigned>;  // target → bits

  void Complete(const std::string& service, ServiceAnswer answer,
                std::function<void(ServiceAnswer)> done);
  static void Remember(const ServiceAnswer& answer, Families& families);

  DnsChannel channel_;
  std::map<std::string, Families> families_;  // service → as of its last answer
};

}  // namespace room_router
