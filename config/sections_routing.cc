// SPDX-License-Identifier: Apache-2.0
// How a request finds its shard and what it carries: room key, headers, placement, stick table.
#include <algorithm>
#include <set>

#include "config/choices.h"
#include "config/reader.h"
#include "config/scalars.h"
#include "config/sections.h"
#include "config/text_rules.h"
#include "config/writer.h"

namespace room_router::config {
namespace {

std::string Folded(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return text;
}

template <class Form>
void DescribeEdits(Form& form, HeaderEdits& edits) {
  form.Map("set", edits.set, Text{EditableHeaderRule}, Text{HeaderValueRule});
  form.Scalars("remove", edits.remove, Text{EditableHeaderRule});
  std::set<std::string> seen;
  for (const auto& [name, value] : edits.set) {
    form.Require(seen.insert(Folded(name)).second, "set",
                 name + " is set twice, header names ignore case; keep one");
  }
  for (const std::string& name : edits.remove) {
    form.Require(!seen.contains(Folded(name)), "remove",
                 name + " is set as well, and set replaces what was there; remove it here");
  }
}

}  // namespace

template <class Form>
void Describe(Form& form, RoomKey& room_key) {
  form.Scalar("mode", room_key.mode, Choice{kRoomKeyModeWords});
  form.Scalar("query_parameter", room_key.query_parameter, Text{ParameterRule});
  form.Scalar("keepalive", room_key.keepalive, Choice{kKeepaliveWords});
  form.Scalar("force_shard", room_key.force_shard, Flag{});
  form.Section("tenant", [&room_key](auto& tenant) {
    tenant.Scalar("from_path", room_key.tenant.from_path, Flag{});
    tenant.Scalar("from_host", room_key.tenant.from_host, Text{HostSuffixRule});
  });
  form.Map("endpoints", room_key.endpoints, Text{EndpointPathRule}, Choice{kEndpointClassWords});
}

template <class Form>
void Describe(Form& form, Headers& headers) {
  form.Scalar("shard", headers.shard, Text{OptionalTokenRule});
  form.Scalar("region", headers.region, Text{OptionalTokenRule});
  form.Scalar("release", headers.release, Text{OptionalTokenRule});
  form.Scalar("room", headers.room, Text{OptionalTokenRule});
  form.Scalar("request_id", headers.request_id, Text{OptionalTokenRule});
  form.Section("request", [&headers](auto& section) { DescribeEdits(section, headers.request); });
  form.Section("response", [&headers](auto& section) { DescribeEdits(section, headers.response); });
}

template <class Form>
void Describe(Form& form, Placement& placement) {
  form.Scalar("algorithm", placement.algorithm, Choice{kPlacementWords});
  form.Scalar("balance_factor", placement.balance_factor, Number{.min = 1, .max = 100});
}

template <class Form>
void Describe(Form& form, StickTable& table) {
  form.Scalar("name", table.name, Text{NameRule});
  form.Scalar("size", table.size, Whole{.min = 1, .max = 100'000'000});
  form.Scalar("expire", table.expire, Period{.min = 1s});
  form.Scalar("display_bytes", table.display_bytes, Whole{.min = 8, .max = 1024});
  form.Scalar("heal", table.heal_close, Choice{kHealWords});
}

template <class Form>
void DescribePinsAndBans(Form& form, Config& config) {
  form.List("pins", config.pins, [](auto& item, Pin& pin) {
    item.Scalar("tenant", pin.tenant, Text{RoomNameRule});
    item.Scalar("room", pin.room, Text{RoomNameRule});
    item.Scalar("shard", pin.shard, Text{OptionalNameRule});
    item.Scalar("release", pin.release, Text{HeaderValueRule});
    item.Scalar("region", pin.region, Text{HeaderValueRule});
    item.RequireHere(pin.tenant.empty() != pin.room.empty(),
                     "write exactly one of tenant and room: what is pinned");
    item.RequireHere(!pin.shard.empty() + !pin.release.empty() + !pin.region.empty() == 1,
                     "write exactly one of shard, release and region: where it is pinned to");
  });
  form.List("bans", config.bans, [](auto& item, Ban& ban) {
    item.Scalar("room", ban.room, Text{RoomNameRule});
    item.Scalar("tenant", ban.tenant, Text{RoomNameRule});
    item.Scalar("prefix", ban.prefix, Text{RoomNameRule});
    item.Scalar("action", ban.action, Choice{kBanActionWords});
    item.RequireHere(!ban.room.empty() + !ban.tenant.empty() + !ban.prefix.empty() == 1,
                     "write exactly one of room, tenant and prefix: what is banned");
  });
}

template void Describe(Reader&, RoomKey&);
template void Describe(Writer&, RoomKey&);
template void Describe(Reader&, Headers&);
template void Describe(Writer&, Headers&);
template void Describe(Reader&, Placement&);
template void Describe(Writer&, Placement&);
template void Describe(Reader&, StickTable&);
template void Describe(Writer&, StickTable&);
template void DescribePinsAndBans(Reader&, Config&);
template void DescribePinsAndBans(Writer&, Config&);

}  // namespace room_router::config
