// SPDX-License-Identifier: Apache-2.0
#include "discovery/dns_resolver.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "discovery/service_answer.h"

namespace room_router {
namespace {

using Done = std::function<void(ServiceAnswer)>;

unsigned FamiliesOf(const std::vector<SocketAddress>& addresses) {
  unsigned bits = 0;
  for (const SocketAddress& address : addresses) bits |= address.family() == AF_INET ? 1U : 2U;
  return bits;
}

// Two questions about one host on their way.
struct HostLookup {
  std::function<void(HostAnswer)> done;
  HostAnswer answer;
  int missing = 2, failed = 0;
  uint32_t ttl = ~uint32_t{0};

  void Receive(const DnsReply& reply) {
    if (reply.outcome == LookupOutcome::kFailed) {
      ++failed;
      answer.error = reply.error;
    }
    for (const AddressRecord& record : reply.answer.addresses) {
      answer.addresses.push_back(record.address);
      ttl = std::min(ttl, record.ttl);
    }
    if (--missing == 0) Finish();
  }

  void Finish() {
    answer.partial = failed > 0;
    answer.outcome = failed > 0 ? LookupOutcome::kFailed : LookupOutcome::kAbsent;
    if (!answer.addresses.empty()) {
      answer.outcome = LookupOutcome::kFound;
      answer.ttl = std::chrono::seconds(ttl);
      answer.error.clear();
    }
    done(std::move(answer));
  }
};

// The targets of one SRV answer while their addresses come in.
struct ServiceLookup {
  Done done;
  ServiceAnswer answer;
  size_t missing = 0;  // host lookups

  void Receive(size_t target_index, const HostAnswer& host) {
    ServiceTarget& target = answer.targets[target_index];
    if (!host.partial) target.addresses.clear();  // what came along may be older
    for (const SocketAddress& address : host.addresses) {
      const SocketAddress place = address.WithPort(target.port);
      if (std::ranges::find(target.addresses, place) == target.addresses.end()) {
        target.addresses.push_back(place);
      }
    }
    target.partial = host.partial;
    if (!host.addresses.empty()) answer.ttl = std::min(answer.ttl, host.ttl);
    if (--missing == 0) done(std::move(answer));
  }
};

}  // namespace

void DnsResolver::FindService(const std::string& name, Done done) {
  channel_.Ask(name, RecordType::kSrv, [this, name, done = std::move(done)](DnsReply reply) {
    if (reply.outcome != LookupOutcome::kFound) {
      ServiceAnswer answer;
      answer.outcome = reply.outcome;
      answer.error = reply.error;
      return done(std::move(answer));
    }
    Complete(name, TakeServices(std::move(reply.answer)), done);
  });
}

// Looks up the addresses that did not come along.
void DnsResolver::Complete(const std::string& service, ServiceAnswer answer, Done done) {
  Families& families = families_[service];
  auto lookup = std::make_shared<ServiceLookup>();
  lookup->answer = std::move(answer);
  lookup->done = [&families, done = std::move(done)](ServiceAnswer whole) {
    Remember(whole, families);
    done(std::move(whole));
  };
  const auto& targets = lookup->answer.targets;
  unsigned offered = 0;
  for (const ServiceTarget& target : targets) offered |= FamiliesOf(target.addresses);
  for (size_t i = 0; i < targets.size(); ++i) {
    const auto known = families.find(targets[i].name);
    const unsigned had = known == families.end() ? 0 : known->second;
    const unsigned has = FamiliesOf(targets[i].addresses);
    if (has != 0 && has == (has | had | offered)) continue;
    ++lookup->missing;
    // Targets are absolute names: no search list.
    FindHost(targets[i].name + ".",
             [lookup, i](const HostAnswer& host) { lookup->Receive(i, host); });
  }
  if (lookup->missing == 0) lookup->done(std::move(lookup->answer));
}

void DnsResolver::Remember(const ServiceAnswer& answer, Families& families) {
  const Families before = std::exchange(families, {});
  for (const ServiceTarget& target : answer.targets) {
    unsigned& bits = families[target.name];
    bits |= FamiliesOf(target.addresses);
    const auto known = before.find(target.name);
    if (target.partial && known != before.end()) bits |= known->second;
  }
}

void DnsResolver::FindHost(const std::string& name, std::function<void(HostAnswer)> done) {
  auto lookup = std::make_shared<HostLookup>();
  lookup->done = std::move(done);
  const auto receive = [lookup](const DnsReply& reply) { lookup->Receive(reply); };
  channel_.Ask(name, RecordType::kA, receive);
  channel_.Ask(name, RecordType::kAaaa, receive);
}

}  // namespace room_router
