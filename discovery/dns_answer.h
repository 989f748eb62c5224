// SPDX-License-Identifier: Apache-2.0
// One DNS response in wire form → the SRV, A and AAAA records in it, with TTLs.
//
// Pure and bounded: every read is checked, compression pointers only go backwards, CNAME chains are
// followed at most 8 times. nullopt = malformed, nothing of it may be used. Records of other types
// are skipped; so are names that are no host names (letters, digits, '-', '_', ≤ 63 per label).
// Names are lower-cased, without the final dot. RFC 1035 §4, RFC 2782, RFC 3596, RFC 2181 §8 (TTL).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/socket_address.h"

namespace room_router {

struct SrvRecord {
  std::string target;  // "" = the root: "service decidedly not available" (RFC 2782)
  uint16_t priority = 0, weight = 0, port = 0;
  uint32_t ttl = 0;  // seconds
};

struct AddressRecord {
  std::string name;
  SocketAddress address;  // port 0
  uint32_t ttl = 0;       // seconds; of the CNAMEs on the way too
};

struct DnsAnswer {
  int rcode = 0;
  bool truncated = false;
  std::string question;
  std::vector<SrvRecord> services;        // of the question's name or its alias
  std::vector<AddressRecord> addresses;   // likewise
  std::vector<AddressRecord> additional;  // of other names, as offered
};

std::optional<DnsAnswer> ParseDnsAnswer(std::span<const uint8_t> message);

}  // namespace room_router
