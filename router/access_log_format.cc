// SPDX-License-Identifier: Apache-2.0
#include "router/access_log_format.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>

#include "router/access_log_target.h"

namespace room_router {
namespace {

constexpr std::string_view kHexUpper = "0123456789ABCDEF", kHexLower = "0123456789abcdef";
constexpr size_t kFixedJson = 768;     // names of the fields, numbers, dates
constexpr size_t kFixedHttplog = 320;  // the same for httplog
constexpr size_t kWorstEscape = 6;     // \u00xx

std::string_view Cut(std::string_view text, size_t size) { return text.substr(0, size); }
std::string_view Name(std::string_view text) { return Cut(text, AccessLogFormat::kMaxName); }

char* Put(char* out, std::string_view text) { return std::copy(text.begin(), text.end(), out); }

char* PutNumber(char* out, int64_t value) { return std::to_chars(out, out + 21, value).ptr; }
char* PutNumber(char* out, uint64_t value) { return std::to_chars(out, out + 21, value).ptr; }

char* PutThreeDigits(char* out, int value) {
  out[0] = static_cast<char>('0' + value / 100);
  out[1] = static_cast<char>('0' + value / 10 % 10);
  out[2] = static_cast<char>('0' + value % 10);
  return out + 3;
}

// Bytes of the well-formed UTF-8 sequence at the front (RFC 3629), 0 when there is none.
size_t Utf8Sequence(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) >= 0xa0;
  const bool beyond = lead == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : size;
}

constexpr std::array<bool, 256> MakePlain(std::string_view special) {
  std::array<bool, 256> plain{};
  for (size_t c = 0x20; c < 0x7f; ++c) {
    plain[c] = special.find(static_cast<char>(c)) == std::string_view::npos;
  }
  return plain;
}
constexpr auto kPlainJson = MakePlain("\"\\");
constexpr auto kPlainHttplog = MakePlain("\"#");  // HAProxy's url_encode_map

constexpr uint64_t Repeat(char c) {
  return uint64_t{0x0101010101010101} * static_cast<unsigned char>(c);
}

// Whether one of eight bytes is zero ("Bit Twiddling Hacks", S. E. Anderson).
constexpr bool HasZero(uint64_t bytes) {
  return ((bytes - Repeat(0x01)) & ~bytes & Repeat('\x80')) != 0;
}

// Whether eight bytes are all within 0x20 … 0x7e and neither a quote nor `other`.
bool IsPlain(const char* bytes, char other) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const bool control = ((word - Repeat(' ')) & Repeat('\x80')) != 0;
  return !control && (word & Repeat('\x80')) == 0 && !HasZero(word ^ Repeat('"')) &&
         !HasZero(word ^ Repeat(other)) && !HasZero(word ^ Repeat('\x7f'));
}

size_t PlainPrefix(std::string_view text, const std::array<bool, 256>& plain, char other) {
  constexpr size_t kWord = sizeof(uint64_t);
  size_t size = 0;
  while (size + kWord <= text.size() && IsPlain(text.data() + size, other)) size += kWord;
  const bool tail = size > 0 && text.size() - size < kWord;
  if (tail && IsPlain(text.data() + text.size() - kWord, other)) return text.size();
  while (size < text.size() && plain[static_cast<unsigned char>(text[size])]) ++size;
  return size;
}

// Escapes or copies what stands at the front of `text`; removes it.
char* PutJsonSpecial(char* out, std::string_view& text) {
  const char c = text.front();
  const size_t sequence = static_cast<unsigned char>(c) >= 0x80 ? Utf8Sequence(text) : 0;
  if (sequence != 0) {
    out = Put(out, text.substr(0, sequence));
    text.remove_prefix(sequence);
    return out;
  }
  text.remove_prefix(1);
  if (c == '"' || c == '\\') {
    *out++ = '\\';
    *out++ = c;
    return out;
  }
  if (static_cast<unsigned char>(c) >= 0x80) return Put(out, "\\ufffd");
  out = Put(out, "\\u00");
  *out++ = kHexLower[static_cast<unsigned char>(c) >> 4];
  *out++ = kHexLower[static_cast<unsigned char>(c) & 15];
  return out;
}

char* PutJson(char* out, std::string_view text) {
  while (!text.empty()) {
    const size_t plain = PlainPrefix(text, kPlainJson, '\\');
    out = Put(out, text.substr(0, plain));
    text.remove_prefix(plain);
    if (!text.empty()) out = PutJsonSpecial(out, text);
  }
  return out;
}

char* PutHttplog(char* out, std::string_view text) {
  while (!text.empty()) {
    const size_t plain = PlainPrefix(text, kPlainHttplog, '#');
    out = Put(out, text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto c = static_cast<unsigned char>(text.front());
    *out++ = '#';
    *out++ = kHexUpper[c >> 4];
    *out++ = kHexUpper[c & 15];
    text.remove_prefix(1);
  }
  return out;
}

// `,"name":"` … `"`; the name comes with its punctuation, so that it is one copy.
char* PutField(char* out, std::string_view prefix, std::string_view value) {
  out = PutJson(Put(out, prefix), value);
  *out++ = '"';
  return out;
}

// A value that needs no escaping: written by the router itself.
char* PutPlainField(char* out, std::string_view prefix, std::string_view value) {
  out = Put(Put(out, prefix), value);
  *out++ = '"';
  return out;
}

char* PutField(char* out, std::string_view prefix, int64_t value) {
  return PutNumber(Put(out, prefix), value);
}

void PutDate(std::array<char, 32>& text, const char* format, const std::tm& broken) {
  const size_t size = std::strftime(text.data(), text.size(), format, &broken);
  text[size] = '\0';
}

}  // namespace

std::string_view AccessClock::Utc(std::time_t second) {
  if (second != utc_second_) {
    std::tm broken{};
    gmtime_r(&second, &broken);
    PutDate(utc_, "%Y-%m-%dT%H:%M:%S", broken);
    utc_second_ = second;
  }
  return utc_.data();
}

std::string_view AccessClock::Local(std::time_t second) {
  if (second != local_second_) {
    std::tm broken{};
    localtime_r(&second, &broken);
    PutDate(local_, "%d/%b/%Y:%H:%M:%S", broken);
    local_second_ = second;
  }
  return local_.data();
}

AccessLogFormat::AccessLogFormat(config::AccessFormat format, config::RoomNames names,
                                 std::string_view backend)
    : format_(format), names_(names), backend_(Name(backend)) {}

size_t AccessLogFormat::Bound(const AccessRecord& record) const {
  const size_t target = 2 * std::min(record.target.size(), kMaxTarget) + 64;
  const size_t names = Name(record.client_ip).size() + Name(record.listener).size() +
                       Name(record.shard).size() + Name(record.endpoint).size() +
                       Name(record.method).size() + Name(record.termination).size();
  if (format_ == config::AccessFormat::kHttplog) {
    return kFixedHttplog + 3 * (target + names) + backend_.size();
  }
  const size_t own = Name(record.tenant).size() + Name(record.request_id).size() +
                     Cut(record.room, kMaxRoom).size();
  return kFixedJson + kWorstEscape * (target + names + own);
}

char* AccessLogFormat::Write(const AccessRecord& record, AccessClock& clock, char* out) const {
  return format_ == config::AccessFormat::kHttplog ? WriteHttplog(record, clock, out)
                                                   : WriteJson(record, clock, out);
}

char* AccessLogFormat::WriteJson(const AccessRecord& record, AccessClock& clock, char* out) const {
  using std::chrono::floor, std::chrono::seconds, std::chrono::milliseconds;
  const auto second = floor<seconds>(record.start);
  const auto fraction = floor<milliseconds>(record.start - second).count();
  MaskedTarget target;
  MaskTarget(record, names_, target);

  out = Put(out, R"({"time":")");
  out = Put(out, clock.Utc(std::chrono::system_clock::to_time_t(second)));
  *out++ = '.';
  out = PutThreeDigits(out, static_cast<int>(fraction));
  out = PutPlainField(out, R"(Z","client":")", Name(record.client_ip));
  out = PutField(out, R"(,"client_port":)", record.client_port);
  out = PutPlainField(out, R"(,"listener":")", Name(record.listener));
  out = PutField(out, R"(,"shard":")", Name(record.shard));
  out = PutField(out, R"(,"endpoint":")", Name(record.endpoint));
  out = PutPlainField(out, R"(,"class":")", ToString(record.request_class));
  out = PutField(out, R"(,"tenant":")", Name(record.tenant));
  if (!record.room.empty() && names_ == config::RoomNames::kPlain) {
    out = PutField(out, R"(,"room":")", Cut(record.room, kMaxRoom));
  } else if (!record.room.empty() && names_ == config::RoomNames::kHashed) {
    out = PutRoomHash(Put(out, R"(,"room_hash":")"), record.key);
    *out++ = '"';
  }
  out = PutField(out, R"(,"method":")", Name(record.method));
  out = PutField(out, R"(,"target":")", target.view());
  out = PutPlainField(out, R"(,"version":"1.)", record.minor_version == 0 ? "0" : "1");
  out = PutField(out, R"(,"status":)", record.status);
  out = PutNumber(Put(out, R"(,"bytes":)"), record.bytes);
  out = PutPlainField(out, R"(,"termination":")", Name(record.termination));
  out = PutField(out, R"(,"request_ms":)", record.request_ms);
  out = PutField(out, R"(,"queue_ms":)", record.queue_ms);
  out = PutField(out, R"(,"connect_ms":)", record.connect_ms);
  out = PutField(out, R"(,"response_ms":)", record.response_ms);
  out = PutField(out, R"(,"total_ms":)", record.total_ms);
  out = PutField(out, R"(,"retries":)", record.retries);
  out = Put(out, record.tunnel ? R"(,"tunnel":true)" : R"(,"tunnel":false)");
  out = PutPlainField(out, R"(,"request_id":")", Name(record.request_id));
  return Put(out, "}\n");
}

namespace {

// "shard-0", "shard-0_web-1", or a bridge.
char* PutServer(char* out, const AccessRecord& record) {
  if (record.shard.empty() && !record.endpoint.empty()) {
    return PutHttplog(out, Name(record.endpoint));
  }
  out = PutHttplog(out, record.shard.empty() ? "<NOSRV>" : Name(record.shard));
  if (record.endpoint.empty()) return out;
  *out++ = '_';
  return PutHttplog(out, Name(record.endpoint));
}

// "TR/Tw/Tc/Tr/Ta status bytes - - termination counters queues "
char* PutFigures(char* out, const AccessRecord& record) {
  const int64_t times[] = {record.request_ms, record.queue_ms, record.connect_ms,
                           record.response_ms, record.total_ms};
  for (const int64_t time : times) {
    out = PutNumber(out, time);
    *out++ = '/';
  }
  out[-1] = ' ';
  out = PutNumber(out, int64_t{record.status == 0 ? -1 : record.status});
  *out++ = ' ';
  out = PutNumber(out, record.bytes);
  out = Put(Put(out, " - - "), Name(record.termination));
  *out++ = ' ';
  const uint64_t counters[] = {record.connections, record.listener_connections,
                               record.backend_outstanding, record.endpoint_outstanding,
                               record.retries};
  for (const uint64_t counter : counters) {
    out = PutNumber(out, counter);
    *out++ = '/';
  }
  out[-1] = ' ';
  return Put(out, "0/0 ");  // the router has no queues
}

}  // namespace

char* AccessLogFormat::WriteHttplog(const AccessRecord& record, AccessClock& clock,
                                    char* out) const {
  using std::chrono::floor, std::chrono::seconds, std::chrono::milliseconds;
  const auto second = floor<seconds>(record.start);
  const auto fraction = floor<milliseconds>(record.start - second).count();
  out = Put(out, Name(record.client_ip));
  *out++ = ':';
  out = PutNumber(out, uint64_t{record.client_port});
  out = Put(Put(out, " ["), clock.Local(std::chrono::system_clock::to_time_t(second)));
  *out++ = '.';
  out = PutThreeDigits(out, static_cast<int>(fraction));
  out = PutHttplog(Put(out, "] "), Name(record.listener));
  *out++ = ' ';
  out = PutHttplog(out, backend_);
  *out++ = '/';
  out = PutServer(out, record);
  *out++ = ' ';
  out = PutFigures(out, record);
  if (record.method.empty()) return Put(out, "\"<BADREQ>\"\n");
  MaskedTarget target;
  MaskTarget(record, names_, target);
  *out++ = '"';
  out = PutHttplog(out, Name(record.method));
  *out++ = ' ';
  out = PutHttplog(out, target.view());
  return Put(out, record.minor_version == 0 ? " HTTP/1.0\"\n" : " HTTP/1.1\"\n");
}

}  // namespace room_router
