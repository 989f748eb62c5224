// SPDX-License-Identifier: Apache-2.0
#include "sticky/room_name.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "sticky/escape.h"

namespace room_router {
namespace {

constexpr std::string_view kDropped = ":?#[]@!$&'()*+,;=></\"";  // jitsi-meet: _fixPathPart
constexpr int kMaxPasses = 8;  // a name that needs more was made to; it stays as it is then

// What becomes of a byte: the byte to write, or one of these.
constexpr uint8_t kDrop = 0, kNeedsDecoding = 1, kRefuse = 2;
using ByteTable = std::array<uint8_t, 256>;

constexpr ByteTable MakeTable(bool plus_is_space) {
  ByteTable table{};
  for (size_t c = 0; c < table.size(); ++c) {
    const bool upper = c >= 'A' && c <= 'Z';
    table[c] = static_cast<uint8_t>(upper ? c | 0x20 : c);
    if (c < 0x20 || c == 0x7F) table[c] = kRefuse;
    if (c >= 0x80 || c == '%') table[c] = kNeedsDecoding;
  }
  for (const char c : kDropped) table[static_cast<uint8_t>(c)] = kDrop;
  if (plus_is_space) table['+'] = ' ';
  return table;
}
constexpr ByteTable kPathTable = MakeTable(false), kQueryTable = MakeTable(true);

enum class Outcome : uint8_t { kDone, kSlow, kControl };

// Names of plain ASCII without escapes: nearly all of them.
Outcome FoldPlain(std::string_view raw, const ByteTable& table, std::string& out) {
  out.resize(raw.size());
  char* const begin = out.data();
  char* end = begin;
  for (const char c : raw) {
    const uint8_t folded = table[static_cast<uint8_t>(c)];
    if (folded > ' ') {
      *end++ = static_cast<char>(folded);
    } else if (folded == ' ') {
      if (end != begin && end[-1] != ' ') *end++ = ' ';
    } else if (folded != kDrop) {
      return folded == kNeedsDecoding ? Outcome::kSlow : Outcome::kControl;
    }
  }
  if (end != begin && end[-1] == ' ') --end;
  out.resize(static_cast<size_t>(end - begin));
  return Outcome::kDone;
}

void Append(std::string& text, char c) {
  if (kPathTable[static_cast<uint8_t>(c)] == kDrop) return;
  if (c == ' ' && (text.empty() || text.back() == ' ')) return;
  text.push_back(c);
}

// Escapes resolved as soon as they are complete, also those that resolving made: one linear pass
// for any depth of encoding.
void Decode(std::string_view raw, std::string& out) {
  out.clear();
  for (const char c : raw) {
    Append(out, c);
    for (int byte = EscapeAtEnd(out); byte >= 0; byte = EscapeAtEnd(out)) {
      out.resize(out.size() - 3);
      Append(out, static_cast<char>(byte));
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
}

void AppendLower(utf8proc_int32_t c, std::string& out) {
  std::array<utf8proc_uint8_t, 4> bytes;
  constexpr utf8proc_int32_t kDottedCapitalI = 0x130, kFinalSigma = 0x3C2, kSigma = 0x3C3;
  if (c == kDottedCapitalI) {  // two characters in JavaScript, one in the simple mapping
    out += "i\xCC\x87";
    return;
  }
  const utf8proc_int32_t lower = utf8proc_tolower(c);
  const auto size = utf8proc_encode_char(lower == kFinalSigma ? kSigma : lower, bytes.data());
  out.append(bytes.begin(), bytes.begin() + size);
}

// NFKC and lower case; false when `text` is not UTF-8.
bool Compose(const std::string& text, std::string& out) {
  utf8proc_uint8_t* raw = nullptr;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto options =
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
  utf8proc_ssize_t left =
      utf8proc_map(bytes, static_cast<utf8proc_ssize_t>(text.size()), &raw, options);
  if (left < 0) return false;
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(raw, &std::free);
  out.clear();
  for (const auto* at = raw; left > 0;) {
    utf8proc_int32_t c = 0;
    const auto size = utf8proc_iterate(at, left, &c);
    if (size <= 0) return false;
    AppendLower(c, out);
    at += size;
    left -= size;
  }
  return true;
}

void LowerAscii(std::string& text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

bool HasControl(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<uint8_t>(text[i]);
    if (c < 0x20 || c == 0x7F) return true;
    if (c != 0xC2 || i + 1 == text.size()) continue;
    const auto next = static_cast<uint8_t>(text[i + 1]);
    if (next >= 0x80 && next < 0xA0) return true;  // U+0080 … U+009F
  }
  return false;
}

RoomError FoldAny(std::string_view raw, NameSource source, size_t limit, std::string& out) {
  std::string text(raw), decoded;
  if (source == NameSource::kQuery) std::replace(text.begin(), text.end(), '+', ' ');
  for (int pass = 0; pass < kMaxPasses; ++pass) {
    Decode(text, decoded);
    if (decoded.size() > limit) return RoomError::kTooLong;
    const bool ascii = IsAscii(decoded);
    if (ascii || !Compose(decoded, out)) {
      out = decoded;
      LowerAscii(out);
    }
    if (ascii || out == text) break;  // nothing is left that lower case could complete
    text = out;
  }
  return HasControl(out) ? RoomError::kControlCharacter : RoomError::kNone;
}

RoomError Normalise(std::string_view raw, NameSource source, size_t limit, std::string& out) {
  const ByteTable& table = source == NameSource::kQuery ? kQueryTable : kPathTable;
  RoomError error = RoomError::kNone;
  switch (FoldPlain(raw, table, out)) {
    case Outcome::kDone:
      break;
    case Outcome::kSlow:
      error = FoldAny(raw, source, limit, out);
      break;
    case Outcome::kControl:
      error = RoomError::kControlCharacter;
      break;
  }
  if (error == RoomError::kNone && out.size() > limit) error = RoomError::kTooLong;
  if (error != RoomError::kNone) out.clear();
  return error;
}

}  // namespace

RoomError NormaliseRoom(std::string_view raw, NameSource source, std::string& out) {
  return Normalise(raw, source, kLongestRoom, out);
}

RoomError NormaliseTenant(std::string_view raw, NameSource source, std::string& out) {
  const RoomError error = Normalise(raw, source, kLongestTenant, out);
  std::replace(out.begin(), out.end(), '.', '_');
  return error;
}

}  // namespace room_router
