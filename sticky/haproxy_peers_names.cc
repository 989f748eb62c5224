// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_names.h"

#include <algorithm>

#include "config/socket_address.h"

namespace room_router::haproxy {
namespace {

bool StaysAsItIs(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("*-._").find(c) != std::string_view::npos;
}

// Where the room begins behind "[tenant]"; 0 = there is no tenant.
size_t EndOfTenant(std::string_view name) {
  const size_t end = name.starts_with('[') ? name.find(']') : std::string_view::npos;
  return end == std::string_view::npos ? 0 : end + 1;
}

void AppendEscaped(std::string_view text, std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (StaysAsItIs(c)) {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('+');
    } else {
      const auto byte = static_cast<uint8_t>(c);
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
}

bool Has(const Shard& shard, const SocketAddress& address) {
  return std::ranges::find(shard.endpoints, address, &Endpoint::address) != shard.endpoints.end();
}

bool Has(const Shard& shard, std::string_view name) {
  return std::ranges::find(shard.endpoints, name, &Endpoint::name) != shard.endpoints.end();
}

}  // namespace

std::string SpellRoom(std::string_view canonical) {
  std::string out;
  if (const size_t room = EndOfTenant(canonical); room > 0) {
    out.push_back('[');
    AppendEscaped(canonical.substr(1, room - 2), out);
    out.push_back(']');
    canonical.remove_prefix(room);
  }
  AppendEscaped(canonical, out);
  return out;
}

bool ReadRoom(std::string_view text, const ReadName& read, RoomRequest& out) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  const std::string_view name = spaced;
  const size_t room = EndOfTenant(name);
  read(room > 0 ? name.substr(1, room - 2) : std::string_view(), name.substr(room), out);
  return out.has_key;
}

Server ReadServerKey(const ShardSet& shards, std::string_view server_key) {
  if (const Shard* shard = shards.FindByName(server_key)) return {.shard = shard->id};
  const auto address = SocketAddress::Parse(server_key);
  for (const Shard& shard : shards.shards) {
    if (address && Has(shard, *address)) return {shard.id, ServerKeyForm::kAddress};
    if (!address && Has(shard, server_key)) return {.shard = shard.id};
  }
  return {};
}

std::string ServerKeyOf(const ShardSet& shards, ShardId id, ServerKeyForm form) {
  const Shard* shard = shards.FindById(id);
  if (shard == nullptr) return "";
  if (form == ServerKeyForm::kName) return shard->name;
  if (shard->endpoints.empty()) return "";
  const auto up = std::ranges::find(shard->endpoints, true, &Endpoint::up);
  return (up == shard->endpoints.end() ? shard->endpoints.front() : *up).address.ToString();
}

}  // namespace room_router::haproxy
