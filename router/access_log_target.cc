// SPDX-License-Identifier: Apache-2.0
#include "router/access_log_target.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "router/secret_words.h"
#include "sticky/bridge_target.h"

namespace room_router {
namespace {

constexpr std::string_view kHidden = "***";

char* Put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// Whether a path of this class never names a room.
bool PathIsHarmless(RequestClass request_class) {
  return request_class == RequestClass::kSignalling || request_class == RequestClass::kStatic;
}

// Everything that some server might take for a separator in a query is one here.
size_t FindSeparator(std::string_view query) {
  size_t at = 0;
  while (at < query.size() && query[at] != '&' && query[at] != ';' && query[at] != '?') ++at;
  return at < query.size() ? at : std::string_view::npos;
}

// The query after its '?', value by value.
char* PutQuery(char* out, std::string_view query, bool hide_all) {
  for (;;) {
    const size_t end = FindSeparator(query);
    const std::string_view pair = query.substr(0, end);
    const size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    if (equals == std::string_view::npos) {
      const bool hidden = hide_all ? !pair.empty() : MentionsSecret(pair);
      out = Put(out, hidden ? kHidden : pair);
    } else if (hide_all || IsSecretName(name) || MentionsSecret(pair.substr(equals))) {
      out = Put(out, name);
      *out++ = '=';
      out = Put(out, kHidden);
    } else {
      out = Put(out, pair);
    }
    if (end == std::string_view::npos) return out;
    *out++ = query[end];
    query.remove_prefix(end + 1);
  }
}

// A channel without its password. What is none may have the password anywhere, in any spelling.
void MaskBridgeTarget(std::string_view target, MaskedTarget& out) {
  const bool channel = BridgeOf(target).has_value();
  char* end = Put(out.bytes.data(), channel ? target.substr(0, target.find('=') + 1) : "/");
  out.size = static_cast<size_t>(Put(end, kHidden) - out.bytes.data());
}

}  // namespace

char* PutRoomHash(char* out, RoomKey key) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) *out++ = kHex[(key.high >> shift) & 15];
  return out;
}

void MaskTarget(const AccessRecord& record, config::RoomNames names, MaskedTarget& out) {
  const std::string_view target = record.target.substr(0, AccessLogFormat::kMaxTarget);
  if (record.request_class == RequestClass::kBridge) return MaskBridgeTarget(target, out);
  const bool hide = names != config::RoomNames::kPlain;
  const size_t question = target.find('?');
  char* end = out.bytes.data();
  if (!hide || PathIsHarmless(record.request_class)) {
    const std::string_view path = target.substr(0, question);
    const size_t harmless = HarmlessPath(path);
    end = Put(end, path.substr(0, harmless));
    if (harmless < path.size()) end = Put(end, kHidden);
  } else {
    *end++ = '/';
    const bool hashed = names == config::RoomNames::kHashed && !record.room.empty();
    end = hashed ? PutRoomHash(end, record.key) : Put(end, kHidden);
  }
  if (question != std::string_view::npos) {
    *end++ = '?';
    end = PutQuery(end, target.substr(question + 1), hide);
  }
  out.size = static_cast<size_t>(end - out.bytes.data());
  assert(out.size <= out.bytes.size());
}

}  // namespace room_router
