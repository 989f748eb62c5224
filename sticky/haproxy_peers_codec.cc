// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_codec.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace room_router::haproxy {
namespace {

constexpr uint64_t kOneByte = 240, kMore = 128;
constexpr unsigned kFirstBits = 4, kBits = 7, kLastShift = kFirstBits + 8 * kBits;
constexpr size_t kLongestVarint = 10;
constexpr uint8_t kHasBody = 0x80;

// Data types before the server key whose values are three varints (rates); the others are one.
constexpr uint64_t kRates =
    1U << 3 | 1U << 5 | 1U << 8 | 1U << 10 | 1U << 12 | 1U << 14 | 1U << 16 | 1U << 18;
constexpr unsigned kServerKeyBit = 19;

std::string_view ReadKey(ByteReader& reader, const TableDefinition& table) {
  switch (static_cast<KeyType>(table.key_type)) {
    case KeyType::kString:
      return reader.Bytes(reader.Varint());
    case KeyType::kInteger:
      return reader.Bytes(sizeof(uint32_t));
    case KeyType::kIpv4:
    case KeyType::kIpv6:
    case KeyType::kBinary:
      return reader.Bytes(table.key_length);
  }
  return reader.Bytes(std::numeric_limits<uint64_t>::max());  // who knows how long it is
}

std::optional<ServerKey> ReadServerKey(ByteReader& reader) {
  ServerKey key;
  const uint64_t size = reader.Varint();
  if (size == 0) return reader.failed() ? std::nullopt : std::optional(key);
  ByteReader inner(reader.Bytes(size));
  key.id = inner.Varint();
  if (inner.failed() || key.id == 0 || key.id > kDictionarySize) return std::nullopt;
  if (inner.rest().empty()) return key;
  key.text = inner.Bytes(inner.Varint());
  return inner.failed() ? std::nullopt : std::optional(key);
}

void AppendText(std::string_view text, std::string& out) {
  AppendVarint(text.size(), out);
  out += text;
}

void AppendServerKey(const ServerKey& key, std::string& out) {
  std::string body;
  if (key.id != 0) AppendVarint(key.id, body);
  if (key.text) AppendText(*key.text, body);
  AppendText(body, out);
}

}  // namespace

uint8_t ByteReader::Byte() {
  const std::string_view byte = Bytes(1);
  return byte.empty() ? uint8_t{0} : static_cast<uint8_t>(byte.front());
}

std::string_view ByteReader::Bytes(uint64_t count) {
  if (failed_ || count > rest_.size()) {
    failed_ = true;
    return {};
  }
  const std::string_view bytes = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return bytes;
}

uint32_t ByteReader::Fixed32() {
  uint32_t value = 0;
  for (size_t i = 0; i < sizeof value; ++i) value = value << 8 | Byte();
  return value;
}

uint64_t ByteReader::Varint() {
  uint64_t value = Byte();
  if (value < kOneByte) return value;
  for (unsigned shift = kFirstBits; shift <= kLastShift; shift += kBits) {
    const uint64_t byte = Byte();
    const uint64_t part = byte << shift;
    if (failed_ || part >> shift != byte || __builtin_add_overflow(value, part, &value)) break;
    if (byte < kMore) return value;
  }
  failed_ = true;
  return 0;
}

void AppendVarint(uint64_t value, std::string& out) {
  if (value < kOneByte) {
    out.push_back(static_cast<char>(value));
    return;
  }
  out.push_back(static_cast<char>(value | kOneByte));
  value = (value - kOneByte) >> kFirstBits;
  while (value >= kMore) {
    out.push_back(static_cast<char>(value | kMore));
    value = (value - kMore) >> kBits;
  }
  out.push_back(static_cast<char>(value));
}

void AppendFixed32(uint32_t value, std::string& out) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

Frame ReadFrame(std::string_view stream) {
  Frame frame;
  if (stream.size() < 2) return frame;
  frame.message_class = static_cast<uint8_t>(stream[0]);
  frame.type = static_cast<uint8_t>(stream[1]);
  frame.size = 2;
  frame.status = Frame::Status::kComplete;
  if ((frame.type & kHasBody) == 0) return frame;
  ByteReader reader(stream.substr(2));
  const uint64_t size = reader.Varint();
  if (reader.failed()) {
    const bool hopeless = stream.size() - 2 >= kLongestVarint;
    frame.status = hopeless ? Frame::Status::kMalformed : Frame::Status::kIncomplete;
    return frame;
  }
  if (size > kLongestMessage) {
    frame.status = Frame::Status::kTooLong;
    return frame;
  }
  frame.body = reader.Bytes(size);
  frame.size = stream.size() - reader.rest().size();
  if (reader.failed()) frame.status = Frame::Status::kIncomplete;
  return frame;
}

std::optional<TableDefinition> ReadDefinition(std::string_view body) {
  ByteReader reader(body);
  TableDefinition table;
  table.id = reader.Varint();
  table.name = reader.Bytes(reader.Varint());
  table.key_type = reader.Varint();
  table.key_length = reader.Varint();
  table.data_types = reader.Varint();
  if (reader.failed() || table.name.empty()) return std::nullopt;
  const uint64_t expire = reader.Varint();  // not sent by old versions
  if (!reader.failed() && expire <= std::numeric_limits<uint32_t>::max()) {
    table.expire = Duration(expire);
  }
  return table;
}

std::optional<Update> ReadUpdate(TableMessage type, std::string_view body,
                                 const TableDefinition& table) {
  ByteReader reader(body);
  Update update;
  if (type == TableMessage::kUpdate || type == TableMessage::kTimedUpdate) {
    update.id = reader.Fixed32();
  }
  if (type == TableMessage::kTimedUpdate || type == TableMessage::kNextTimedUpdate) {
    update.expires_in = Duration(reader.Fixed32());
  }
  update.key = ReadKey(reader, table);
  for (unsigned bit = 0; bit < kServerKeyBit; ++bit) {
    const uint64_t type_bit = uint64_t{1} << bit;
    if ((table.data_types & type_bit) == 0) continue;
    for (int values = (kRates & type_bit) != 0 ? 3 : 1; values > 0; --values) reader.Varint();
  }
  if (reader.failed()) return std::nullopt;
  if ((table.data_types & kHasServerKey) == 0) return update;
  const auto server = ReadServerKey(reader);
  if (!server) return std::nullopt;
  update.server = *server;
  return update;
}

std::optional<Acknowledgement> ReadAcknowledgement(std::string_view body) {
  ByteReader reader(body);
  Acknowledgement acknowledgement;
  acknowledgement.table = reader.Varint();
  acknowledgement.update = reader.Fixed32();
  return reader.failed() ? std::nullopt : std::optional(acknowledgement);
}

void Append(Control control, std::string& out) {
  out.push_back(static_cast<char>(MessageClass::kControl));
  out.push_back(static_cast<char>(control));
}

void Append(ErrorType error, std::string& out) {
  out.push_back(static_cast<char>(MessageClass::kError));
  out.push_back(static_cast<char>(error));
}

void Append(TableMessage type, std::string_view body, std::string& out) {
  assert(body.size() <= kLongestMessage);
  out.push_back(static_cast<char>(MessageClass::kTable));
  out.push_back(static_cast<char>(type));
  AppendText(body, out);
}

void Append(const TableDefinition& definition, std::string& out) {
  std::string body;
  AppendVarint(definition.id, body);
  AppendText(definition.name, body);
  AppendVarint(definition.key_type, body);
  AppendVarint(definition.key_length, body);
  AppendVarint(definition.data_types, body);
  if (definition.expire) AppendVarint(static_cast<uint64_t>(definition.expire->count()), body);
  Append(TableMessage::kDefine, body, out);
}

void Append(const Acknowledgement& acknowledgement, std::string& out) {
  std::string body;
  AppendVarint(acknowledgement.table, body);
  AppendFixed32(acknowledgement.update, body);
  Append(TableMessage::kAcknowledge, body, out);
}

void Append(const Update& update, std::string& out) {
  assert(update.id.has_value());
  std::string body;
  AppendFixed32(*update.id, body);
  if (update.expires_in) AppendFixed32(static_cast<uint32_t>(update.expires_in->count()), body);
  AppendText(update.key, body);
  AppendServerKey(update.server, body);
  Append(update.expires_in ? TableMessage::kTimedUpdate : TableMessage::kUpdate, body, out);
}

}  // namespace room_router::haproxy
