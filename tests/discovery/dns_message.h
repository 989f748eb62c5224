// SPDX-License-Identifier: Apache-2.0
// Writes DNS responses in wire form for tests, right or deliberately wrong.
//
// Names are written out in full, except owners equal to the question, which point to it. Counts in
// the header follow what was added. RFC 1035 §4.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace room_router::test {

constexpr uint16_t kA = 1, kCname = 5, kSoa = 6, kAaaa = 28, kSrv = 33, kOpt = 41;

struct Record {
  std::string name;
  uint16_t type = kA;
  uint32_t ttl = 60;
  std::vector<uint8_t> data;
};

Record A(const std::string& name, const std::string& ip, uint32_t ttl = 60);
Record Aaaa(const std::string& name, const std::string& ip, uint32_t ttl = 60);
Record Cname(const std::string& name, const std::string& to, uint32_t ttl = 60);

struct SrvData {
  uint16_t priority = 0, weight = 0, port = 80;
};
Record Srv(const std::string& name, const std::string& target, SrvData data = {},
           uint32_t ttl = 60);

struct Message {
  uint16_t id = 0;
  int rcode = 0;
  bool truncated = false;
  std::string question;
  uint16_t question_type = kSrv;
  std::vector<Record> answers, additional;

  std::vector<uint8_t> Encode() const;
};

struct Query {
  uint16_t id = 0;
  std::string name;  // lower-case
  uint16_t type = 0;
  uint16_t payload = 512;  // what EDNS offers
};
Query DecodeQuery(std::span<const uint8_t> message);

void AppendName(std::string_view name, std::vector<uint8_t>& out);
void AppendU16(unsigned value, std::vector<uint8_t>& out);

}  // namespace room_router::test
