// SPDX-License-Identifier: Apache-2.0
#include "router/http/fields.h"

#include <algorithm>
#include <cstring>

#include "router/http/scan.h"

namespace room_router::http {
namespace {

// More options than this only cost time when they are compared with every field.
constexpr unsigned kMaxConnectionOptions = 64;
constexpr FieldId kLastNoted = FieldId::kXRequestId;
constexpr std::string_view kUsualVersion = "HTTP/1.1";

ParseStatus Refuse(HeadError& error, HeadError why) {
  error = why;
  return ParseStatus::kError;
}

// What stands where a field name should begin, when it is no token byte.
ParseStatus EndOrRefuse(Cursor& in, HeadError& error) {
  switch (*in.p) {
    case '\r':
      return ReadLineEnd(in, error, HeadError::kBadField);
    case '\n':
      return Refuse(error, HeadError::kBareLineFeed);
    case ' ':
    case '\t':
      return Refuse(error, HeadError::kObsFold);
    default:
      return Refuse(error, HeadError::kBadField);
  }
}

bool IsLineEnd(const char* p, const char* end) {
  return end - p >= 2 && std::memcmp(p, "\r\n", 2) == 0;
}

// The field line whose name ends at `colon`. Comparing with ' ' first keeps the usual case short.
ParseStatus ReadField(Cursor& in, const char* colon, std::vector<Field>& fields, HeadError& error) {
  const char* const line = in.p;
  const char* const end = in.end;
  if (colon == end) return ParseStatus::kIncomplete;
  if (*colon != ':') {
    return Refuse(error, *colon == '\n' ? HeadError::kBareLineFeed : HeadError::kBadField);
  }
  const char* value = colon + 1;
  if (end - value >= 2 && value[0] == ' ' && value[1] > ' ') {
    ++value;
  } else {
    while (value != end && IsBlank(*value)) ++value;
  }
  const char* value_end = SkipValue(value, end);
  in.p = value_end;
  if (IsLineEnd(value_end, end)) {
    in.p += 2;
  } else {
    const ParseStatus ended = ReadLineEnd(in, error, HeadError::kBadField);
    if (ended != ParseStatus::kComplete) return ended;
  }
  if (value_end[-1] <= ' ') {
    while (value_end != value && IsBlank(value_end[-1])) --value_end;
  }
  const std::string_view name(line, static_cast<size_t>(colon - line));
  const FieldId id = FieldIdOf(name);
  fields.push_back({.name = name,
                    .value = std::string_view(value, static_cast<size_t>(value_end - value)),
                    .line = line,
                    .line_size = static_cast<uint32_t>(in.p - line),
                    .id = id,
                    .hop_by_hop = IsHopByHop(id)});
  return ParseStatus::kComplete;
}

// A nomination counts only for names the router does not know: nobody may take Host, the length
// or the forwarding fields out of a message this way (RFC 9110 §7.6.1 forbids asking for it).
void MarkNominated(std::vector<Field>& fields) {
  for (const Field& connection : fields) {
    if (connection.id != FieldId::kConnection) continue;
    ForEachElement(connection.value, [&fields](std::string_view option) {
      for (Field& field : fields) {
        if (field.id == FieldId::kOther && EqualsIgnoreCase(field.name, option)) {
          field.hop_by_hop = true;
        }
      }
    });
  }
}

bool IsPort(std::string_view port) {
  if (port.size() > 5) return false;
  unsigned number = 0;
  for (const char c : port) {
    if (!IsDigit(c)) return false;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number <= 0xffff;
}

bool IsAddressByte(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

}  // namespace

ParseStatus ReadFields(Cursor& in, size_t max_fields, std::vector<Field>& fields, FieldFacts& facts,
                       HeadError& error) {
  for (;;) {
    const char* const name_end = SkipToken(in.p, in.end);
    if (name_end == in.p) {
      if (in.p == in.end) return ParseStatus::kIncomplete;
      const ParseStatus ended = EndOrRefuse(in, error);
      if (ended == ParseStatus::kComplete && facts.nominates) MarkNominated(fields);
      return ended;
    }
    if (fields.size() == max_fields) return Refuse(error, HeadError::kTooManyFields);
    const ParseStatus read = ReadField(in, name_end, fields, error);
    if (read != ParseStatus::kComplete) return read;
    const Field& field = fields.back();
    if (field.id == FieldId::kOther || field.id > kLastNoted) continue;
    error = facts.Note(field);
    if (error != HeadError::kNone) return ParseStatus::kError;
  }
}

ParseStatus ReadLineEnd(Cursor& in, HeadError& error, HeadError otherwise) {
  if (in.p == in.end) return ParseStatus::kIncomplete;
  if (*in.p != '\r') return Refuse(error, *in.p == '\n' ? HeadError::kBareLineFeed : otherwise);
  if (in.end - in.p < 2) return ParseStatus::kIncomplete;
  if (in.p[1] != '\n') return Refuse(error, HeadError::kBareCarriageReturn);
  in.p += 2;
  return ParseStatus::kComplete;
}

ParseStatus ReadVersion(Cursor& in, int& minor_version, HeadError& error) {
  const std::string_view rest(in.p, static_cast<size_t>(in.end - in.p));
  if (rest.starts_with(kUsualVersion)) {
    minor_version = 1;
    in.p += kUsualVersion.size();
    return ParseStatus::kComplete;
  }
  constexpr std::string_view kForm = "HTTP/d.d";
  const size_t available = std::min(kForm.size(), rest.size());
  for (size_t i = 0; i < available; ++i) {
    if (kForm[i] == 'd' ? !IsDigit(in.p[i]) : in.p[i] != kForm[i]) {
      return Refuse(error, HeadError::kBadVersion);
    }
  }
  if (available < kForm.size()) return ParseStatus::kIncomplete;
  if (in.p[5] == '0') return Refuse(error, HeadError::kBadVersion);
  if (in.p[5] != '1') return Refuse(error, HeadError::kUnsupportedVersion);
  minor_version = in.p[7] == '0' ? 0 : 1;
  in.p += kForm.size();
  return ParseStatus::kComplete;
}

bool IsValidAuthority(std::string_view authority, bool port_required) {
  std::string_view rest = authority;
  if (rest.starts_with('[')) {
    const size_t close = rest.find(']');
    if (close == std::string_view::npos) return false;
    const std::string_view address = rest.substr(1, close - 1);
    if (address.find(':') == std::string_view::npos) return false;
    if (!std::all_of(address.begin(), address.end(), IsAddressByte)) return false;
    rest.remove_prefix(close + 1);
  } else {
    const char* const end = rest.data() + rest.size();
    const char* const host_end = SkipHost(rest.data(), end);
    if (host_end == rest.data()) return false;
    rest.remove_prefix(static_cast<size_t>(host_end - rest.data()));
  }
  if (rest.empty()) return !port_required;
  if (rest.front() != ':' || (port_required && rest.size() == 1)) return false;
  return IsPort(rest.substr(1));
}

HeadError FieldFacts::Note(const Field& field) {
  const std::string_view value = field.value;
  switch (field.id) {
    case FieldId::kHost:
      if (!is_request) return HeadError::kNone;
      if (++hosts > 1) return HeadError::kDuplicateHost;
      host = value;
      return IsValidAuthority(value) ? HeadError::kNone : HeadError::kBadHost;
    case FieldId::kConnection:
      return NoteConnection(value);
    case FieldId::kContentLength:
      return NoteContentLength(value);
    case FieldId::kTransferEncoding:
      return NoteTransferEncoding(value);
    case FieldId::kUpgrade:
      ForEachElement(value, [this](std::string_view protocol) {
        upgrade_websocket |= EqualsWord(protocol, "websocket");
      });
      return HeadError::kNone;
    case FieldId::kTe:
      ForEachElement(value, [this](std::string_view coding) {
        te_trailers |= EqualsWord(coding, "trailers");
      });
      return HeadError::kNone;
    case FieldId::kExpect:
      expect_continue |= EqualsWord(value, "100-continue");
      return HeadError::kNone;
    case FieldId::kSecWebsocketKey:
      ++websocket_keys;
      websocket_key_present = !value.empty();
      return HeadError::kNone;
    case FieldId::kSecWebsocketVersion:
      ++websocket_versions;
      websocket_version_13 = value == "13";
      return HeadError::kNone;
    case FieldId::kXRequestId:
      if (request_id.empty()) request_id = value;
      return HeadError::kNone;
    default:
      return HeadError::kNone;
  }
}

HeadError FieldFacts::NoteConnection(std::string_view value) {
  if (EqualsWord(value, "keep-alive")) {  // what nearly everybody sends
    keep_alive = true;
    return HeadError::kNone;
  }
  ForEachElement(value, [this](std::string_view option) {
    ++connection_options;
    if (EqualsWord(option, "keep-alive")) {
      keep_alive = true;
    } else if (EqualsWord(option, "close")) {
      close = true;
    } else if (EqualsWord(option, "upgrade")) {
      upgrade_option = true;
    } else {
      nominates = true;
    }
  });
  return connection_options > kMaxConnectionOptions ? HeadError::kTooManyFields : HeadError::kNone;
}

HeadError FieldFacts::NoteContentLength(std::string_view value) {
  if (value.empty()) return HeadError::kBadContentLength;
  uint64_t length = 0;
  for (const char c : value) {
    if (!IsDigit(c)) return HeadError::kBadContentLength;
    if (__builtin_mul_overflow(length, uint64_t{10}, &length) ||
        __builtin_add_overflow(length, static_cast<uint64_t>(c - '0'), &length)) {
      return HeadError::kBadContentLength;
    }
  }
  if (has_content_length && length != content_length) return HeadError::kBadContentLength;
  if (chunked) return HeadError::kLengthAndTransferEncoding;
  has_content_length = true;
  content_length = length;
  return HeadError::kNone;
}

HeadError FieldFacts::NoteTransferEncoding(std::string_view value) {
  if (minor_version == 0 || chunked || !EqualsWord(value, "chunked")) {
    return HeadError::kBadTransferEncoding;
  }
  if (has_content_length) return HeadError::kLengthAndTransferEncoding;
  chunked = true;
  return HeadError::kNone;
}

}  // namespace room_router::http
