// SPDX-License-Identifier: Apache-2.0
// Bytes of a DNS server into the answer parser: within bounds, and nothing unprintable comes out.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "discovery/dns_answer.h"

namespace {

void CheckName(const std::string& name) {
  if (name.size() > 255) std::abort();
  for (const char c : name) {
    const bool expected =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!expected) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto answer = room_router::ParseDnsAnswer(std::span(data, size));
  if (!answer) return 0;
  // A record takes at least 11 bytes.
  if (answer->services.size() + answer->addresses.size() + answer->additional.size() > size / 11) {
    std::abort();
  }
  for (const auto& record : answer->services) CheckName(record.target);
  for (const auto& record : answer->addresses) CheckName(record.name);
  for (const auto& record : answer->additional) CheckName(record.name);
  return 0;
}
