// SPDX-License-Identifier: Apache-2.0
// The bytes of HAProxy's peers protocol, version 2.1: varints, messages, table definitions,
// entries, acknowledgements.
//
// Views point into the bytes given; nothing is kept. What does not parse is nullopt: every length
// is checked against what is there. Numbers of fixed size are big-endian, the others varints.
// Source: HAProxy's doc/peers-v2.0.txt and what HAProxy 2.6 and 3.5 put on the wire, which differs
// from it (an acknowledgement is 0x84).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/clock.h"

namespace room_router::haproxy {

inline constexpr size_t kLongestMessage = 16 << 10;  // bytes behind the length; as HAProxy has it
inline constexpr unsigned kDictionarySize = 128;     // server keys each side may number

enum class MessageClass : uint8_t { kControl = 0, kError = 1, kTable = 10, kReserved = 255 };
enum class Control : uint8_t {
  kResyncRequest = 0,
  kResyncFinished = 1,  // "I am up to date"
  kResyncPartial = 2,   // "I am not, ask another"
  kResyncConfirm = 3,
  kHeartbeat = 4
};
enum class ErrorType : uint8_t { kProtocol = 0, kSize = 1 };
enum class TableMessage : uint8_t {
  kUpdate = 0x80,
  kNextUpdate = 0x81,  // its id is the last one + 1
  kDefine = 0x82,
  kSwitch = 0x83,
  kAcknowledge = 0x84,
  kTimedUpdate = 0x85,
  kNextTimedUpdate = 0x86
};
enum class KeyType : uint8_t { kInteger = 2, kIpv4 = 4, kIpv6 = 5, kString = 6, kBinary = 7 };
inline constexpr uint64_t kHasServerId = 1, kHasServerKey = uint64_t{1} << 19;

// Reads from the front of bytes; once something is missing, `failed` stays true.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  uint64_t Varint();
  uint32_t Fixed32();
  std::string_view Bytes(uint64_t count);
  std::string_view rest() const { return rest_; }
  bool failed() const { return failed_; }

 private:
  uint8_t Byte();

  std::string_view rest_;
  bool failed_ = false;
};

void AppendVarint(uint64_t value, std::string& out);
void AppendFixed32(uint32_t value, std::string& out);

// One message at the front of a stream.
struct Frame {
  enum class Status : uint8_t { kComplete, kIncomplete, kMalformed, kTooLong };
  Status status = Status::kIncomplete;
  uint8_t message_class = 0, type = 0;
  std::string_view body;
  size_t size = 0;  // of the whole message
};
Frame ReadFrame(std::string_view stream);

struct TableDefinition {
  uint64_t id = 0;
  std::string_view name;
  uint64_t key_type = 0;
  uint64_t key_length = 0;  // longest key + 1 for strings
  uint64_t data_types = 0;  // bits
  std::optional<Duration> expire;
};
std::optional<TableDefinition> ReadDefinition(std::string_view body);

// What an update says of the entry's server.
struct ServerKey {
  uint64_t id = 0;  // in the sender's dictionary; 0 = the entry has none
  std::optional<std::string_view> text;
};
struct Update {
  std::optional<uint32_t> id;
  std::optional<Duration> expires_in;
  std::string_view key;
  ServerKey server;
};
// `body` as `type` has it, in a table defined like `table`.
std::optional<Update> ReadUpdate(TableMessage type, std::string_view body,
                                 const TableDefinition& table);

struct Acknowledgement {
  uint64_t table = 0;  // as its receiver numbered it
  uint32_t update = 0;
};
std::optional<Acknowledgement> ReadAcknowledgement(std::string_view body);

void Append(Control control, std::string& out);
void Append(ErrorType error, std::string& out);
void Append(TableMessage type, std::string_view body, std::string& out);
void Append(const TableDefinition& definition, std::string& out);
void Append(const Acknowledgement& acknowledgement, std::string& out);
// Always with its id; for tables whose only data is the server key.
void Append(const Update& update, std::string& out);

}  // namespace room_router::haproxy
