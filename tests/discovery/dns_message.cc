// SPDX-License-Identifier: Apache-2.0
#include "tests/discovery/dns_message.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace room_router::test {
namespace {

constexpr size_t kHeaderSize = 12;

std::vector<uint8_t> IpBytes(int family, const std::string& ip) {
  std::vector<uint8_t> bytes(family == AF_INET ? 4 : 16);
  if (inet_pton(family, ip.c_str(), bytes.data()) != 1) throw std::invalid_argument(ip);
  return bytes;
}

void AppendRecord(const Record& record, const std::string& question, std::vector<uint8_t>& out) {
  if (record.name == question) {
    AppendU16(0xc000 | kHeaderSize, out);
  } else {
    AppendName(record.name, out);
  }
  AppendU16(record.type, out);
  AppendU16(1, out);
  AppendU16(record.ttl >> 16, out);
  AppendU16(record.ttl & 0xffff, out);
  AppendU16(static_cast<unsigned>(record.data.size()), out);
  out.insert(out.end(), record.data.begin(), record.data.end());
}

}  // namespace

void AppendU16(unsigned value, std::vector<uint8_t>& out) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

void AppendName(std::string_view name, std::vector<uint8_t>& out) {
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out.push_back(static_cast<uint8_t>(label.size()));
    out.insert(out.end(), label.begin(), label.end());
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  out.push_back(0);
}

Record A(const std::string& name, const std::string& ip, uint32_t ttl) {
  return {name, kA, ttl, IpBytes(AF_INET, ip)};
}

Record Aaaa(const std::string& name, const std::string& ip, uint32_t ttl) {
  return {name, kAaaa, ttl, IpBytes(AF_INET6, ip)};
}

Record Cname(const std::string& name, const std::string& to, uint32_t ttl) {
  Record record{name, kCname, ttl, {}};
  AppendName(to, record.data);
  return record;
}

Record Srv(const std::string& name, const std::string& target, SrvData data, uint32_t ttl) {
  Record record{name, kSrv, ttl, {}};
  AppendU16(data.priority, record.data);
  AppendU16(data.weight, record.data);
  AppendU16(data.port, record.data);
  AppendName(target, record.data);
  return record;
}

std::vector<uint8_t> Message::Encode() const {
  std::vector<uint8_t> out;
  AppendU16(id, out);
  AppendU16(0x8180U | (truncated ? 0x0200U : 0U) | static_cast<unsigned>(rcode), out);
  AppendU16(1, out);
  AppendU16(static_cast<unsigned>(answers.size()), out);
  AppendU16(0, out);
  AppendU16(static_cast<unsigned>(additional.size()), out);
  AppendName(question, out);
  AppendU16(question_type, out);
  AppendU16(1, out);
  for (const Record& record : answers) AppendRecord(record, question, out);
  for (const Record& record : additional) AppendRecord(record, question, out);
  return out;
}

Query DecodeQuery(std::span<const uint8_t> message) {
  const auto u16 = [&](size_t at) {
    return at + 1 < message.size() ? static_cast<uint16_t>(message[at] << 8 | message[at + 1])
                                   : uint16_t{0};
  };
  Query query;
  query.id = u16(0);
  size_t at = kHeaderSize;
  while (at < message.size() && message[at] != 0) {
    const size_t length = message[at];
    if (!query.name.empty()) query.name += '.';
    for (size_t i = 1; i <= length && at + i < message.size(); ++i) {
      query.name += static_cast<char>(std::tolower(message[at + i]));
    }
    at += length + 1;
  }
  query.type = u16(at + 1);
  const size_t opt = at + 5;  // the only additional record: root name, OPT, payload
  if (u16(10) == 1 && u16(opt + 1) == kOpt) query.payload = u16(opt + 3);
  return query;
}

}  // namespace room_router::test
