// SPDX-License-Identifier: Apache-2.0
#include "discovery/dns_answer.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace room_router {
namespace {

constexpr uint16_t kTypeA = 1, kTypeCname = 5, kTypeAaaa = 28, kTypeSrv = 33, kClassIn = 1;
constexpr size_t kMaxName = 255, kMaxLabel = 63;
constexpr int kMaxAliases = 8;

bool IsHostByte(uint8_t byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

// Reads forward over the message; a read past the end makes it fail for good.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> message) : message_(message) {}

  bool failed() const { return failed_; }
  size_t position() const { return position_; }
  void MoveTo(size_t position) {
    failed_ = failed_ || position > message_.size();
    if (!failed_) position_ = position;
  }

  std::span<const uint8_t> Bytes(size_t count) {
    if (failed_ || count > message_.size() - position_) {
      failed_ = true;
      return {};
    }
    position_ += count;
    return message_.subspan(position_ - count, count);
  }

  uint16_t U16() {
    const auto bytes = Bytes(2);
    return failed_ ? uint16_t{0} : static_cast<uint16_t>(bytes[0] << 8 | bytes[1]);
  }

  uint32_t U32() {
    const uint32_t high = U16();
    return high << 16 | U16();
  }

  struct Name {
    std::string text;
    bool is_host = true;
  };

  Name ReadName() {
    Name name;
    std::optional<size_t> resume;  // after the first pointer
    size_t limit = position_;      // pointers must lead before it, so that they end
    for (size_t length = 0; !failed_;) {
      const uint8_t head = U8();
      if (failed_ || head == 0) break;
      if (head >= 0xc0) {
        const size_t to = static_cast<size_t>(head & 0x3f) << 8 | U8();
        if (!resume) resume = position_;
        if (to >= limit) failed_ = true;
        limit = to;
        MoveTo(to);
        continue;
      }
      length += head + 1U;
      if (head > kMaxLabel || length >= kMaxName) failed_ = true;
      AppendLabel(Bytes(head), name);
    }
    if (resume) MoveTo(*resume);
    return name;
  }

 private:
  uint8_t U8() {
    const auto bytes = Bytes(1);
    return failed_ ? uint8_t{0} : bytes[0];
  }

  static void AppendLabel(std::span<const uint8_t> label, Name& name) {
    if (!name.text.empty()) name.text += '.';
    for (const uint8_t byte : label) {
      const uint8_t lower =
          byte >= 'A' && byte <= 'Z' ? static_cast<uint8_t>(byte + ('a' - 'A')) : byte;
      name.is_host = name.is_host && IsHostByte(lower);
      name.text += static_cast<char>(lower);
    }
  }

  std::span<const uint8_t> message_;
  size_t position_ = 0;
  bool failed_ = false;
};

struct Alias {
  std::string from, to;
  uint32_t ttl;
};

struct Service {
  std::string owner;
  SrvRecord record;
};

struct Records {
  std::vector<Alias> aliases;
  std::vector<Service> services;
  std::vector<AddressRecord> addresses;
};

SocketAddress ReadAddress(int family, std::span<const uint8_t> bytes) {
  if (family == AF_INET) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
    return SocketAddress::FromSystem(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
  return SocketAddress::FromSystem(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
}

SrvRecord ReadService(Reader& reader, uint32_t ttl, bool& is_host) {
  SrvRecord record{.target = {}, .ttl = ttl};
  record.priority = reader.U16();
  record.weight = reader.U16();
  record.port = reader.U16();
  Reader::Name target = reader.ReadName();
  is_host = target.is_host;
  record.target = std::move(target.text);
  return record;
}

// False = malformed.
bool ReadRecord(Reader& reader, Records& records) {
  Reader::Name owner = reader.ReadName();
  const uint16_t type = reader.U16();
  const uint16_t record_class = reader.U16();
  uint32_t ttl = reader.U32();
  if (ttl > 0x7fffffff) ttl = 0;
  const uint16_t size = reader.U16();
  const size_t end = reader.position() + size;
  if (reader.failed()) return false;
  const bool wanted = record_class == kClassIn && owner.is_host;
  if (wanted && type == kTypeSrv) {
    bool is_host = false;
    SrvRecord record = ReadService(reader, ttl, is_host);
    if (reader.failed() || reader.position() != end) return false;
    if (is_host) records.services.push_back({std::move(owner.text), std::move(record)});
  } else if (wanted && type == kTypeCname) {
    Reader::Name to = reader.ReadName();
    if (reader.failed() || reader.position() != end) return false;
    records.aliases.push_back({std::move(owner.text), std::move(to.text), ttl});
  } else if (wanted && (type == kTypeA || type == kTypeAaaa)) {
    if (size != (type == kTypeA ? 4 : 16)) return false;
    const int family = type == kTypeA ? AF_INET : AF_INET6;
    const std::span<const uint8_t> bytes = reader.Bytes(size);
    if (reader.failed()) return false;
    records.addresses.push_back({std::move(owner.text), ReadAddress(family, bytes), ttl});
  }
  reader.MoveTo(end);
  return !reader.failed();
}

bool ReadSection(Reader& reader, int count, Records& records) {
  for (int i = 0; i < count; ++i) {
    if (!ReadRecord(reader, records)) return false;
  }
  return true;
}

// The question's name after its aliases; `ttl` becomes the smallest of theirs.
std::string Canonical(std::string name, const Records& records, uint32_t& ttl) {
  for (int i = 0; i < kMaxAliases; ++i) {
    const auto alias = std::find_if(records.aliases.begin(), records.aliases.end(),
                                    [&](const Alias& a) { return a.from == name; });
    if (alias == records.aliases.end()) break;
    ttl = std::min(ttl, alias->ttl);
    name = alias->to;
  }
  return name;
}

void Select(Records answers, Records additional, DnsAnswer& result) {
  uint32_t ttl = ~uint32_t{0};
  const std::string name = Canonical(result.question, answers, ttl);
  for (Service& service : answers.services) {
    if (service.owner != name) continue;
    service.record.ttl = std::min(service.record.ttl, ttl);
    result.services.push_back(std::move(service.record));
  }
  for (AddressRecord& record : answers.addresses) {
    if (record.name != name) continue;
    record.ttl = std::min(record.ttl, ttl);
    result.addresses.push_back(std::move(record));
  }
  result.additional = std::move(additional.addresses);
}

}  // namespace

std::optional<DnsAnswer> ParseDnsAnswer(std::span<const uint8_t> message) {
  Reader reader(message);
  reader.U16();  // the id is the transport's business
  const uint16_t flags = reader.U16();
  const uint16_t questions = reader.U16();
  const uint16_t answer_count = reader.U16();
  const uint16_t authority_count = reader.U16();
  const uint16_t additional_count = reader.U16();
  constexpr uint16_t kResponse = 0x8000, kTruncated = 0x0200;
  if (reader.failed() || (flags & kResponse) == 0 || questions != 1) return std::nullopt;
  DnsAnswer result;
  result.rcode = flags & 0xf;
  result.truncated = (flags & kTruncated) != 0;
  result.question = reader.ReadName().text;
  reader.U32();  // type and class
  if (reader.failed()) return std::nullopt;
  if (result.truncated) return result;
  Records answers, authority, additional;
  if (!ReadSection(reader, answer_count, answers) ||
      !ReadSection(reader, authority_count, authority) ||
      !ReadSection(reader, additional_count, additional)) {
    return std::nullopt;
  }
  Select(std::move(answers), std::move(additional), result);
  return result;
}

}  // namespace room_router
