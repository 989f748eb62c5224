// SPDX-License-Identifier: Apache-2.0
#include "router/client_limits.h"

#include "sticky/escape.h"

namespace room_router {
namespace {

constexpr std::string_view kSpace = " \t";

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

// "10.0.0.7", "10.0.0.7:4711", "::1", "[::1]:4711"
std::optional<SocketAddress> ReadHop(std::string_view hop) {
  if (auto address = SocketAddress::FromIp(hop, 0)) return address;
  if (auto address = SocketAddress::Parse(hop)) return address;
  if (hop.size() < 2 || hop.front() != '[' || hop.back() != ']') return std::nullopt;
  return SocketAddress::FromIp(hop.substr(1, hop.size() - 2), 0);
}

}  // namespace

Entrance Enter(AddressLimits& addresses, const SocketAddress& peer, const config::Limits& limits,
               TimePoint now) {
  const AddressKey key = KeyOfAddress(peer);
  if (limits.connection_rate.limited()) {
    const Duration wait =
        addresses.Take(AddressRate::kConnections, key, limits.connection_rate, now);
    if (wait > Duration::zero()) return {.refusal = Refusal::kConnectionRate, .wait = wait};
  }
  if (limits.connections_per_ip == 0) return {};
  const auto taken = addresses.TakeConnection(key, limits.connections_per_ip, now);
  if (taken == AddressLimits::Connection::kTooMany) {
    return {.refusal = Refusal::kAddressConnections};
  }
  return {.counted = taken == AddressLimits::Connection::kCounted};
}

std::optional<SocketAddress> ClientNamedIn(const http::RequestHead& head,
                                           const ConfigSnapshot& config) {
  for (auto field = head.fields.rbegin(); field != head.fields.rend(); ++field) {
    if (field->id != http::FieldId::kXForwardedFor) continue;
    std::string_view hops = field->value;
    while (!hops.empty()) {
      const size_t comma = hops.rfind(',');
      const auto hop = ReadHop(Trimmed(hops.substr(comma == hops.npos ? 0 : comma + 1)));
      if (!hop) return std::nullopt;  // what stands before it was not written by a trusted proxy
      if (!config.Trusts(*hop)) return hop;
      hops = hops.substr(0, comma == hops.npos ? 0 : comma);
    }
  }
  return std::nullopt;
}

// As nginx finds its location: escapes undone, slashes in a row taken for one.
bool IsConferenceRequest(const http::RequestHead& head) {
  if (head.method_id != http::Method::kPost) return false;
  std::string path;
  for (const char c : head.target.substr(0, head.target.find('?'))) {
    path.push_back(c);
    if (const int byte = EscapeAtEnd(path); byte >= 0) {
      path.resize(path.size() - 3);
      path.push_back(static_cast<char>(byte));
    }
    if (path.ends_with("//")) path.pop_back();
  }
  return path.find("/conference-request/") != path.npos;
}

RateVerdict TakeRequest(const Asker& asker, const http::RequestHead& head,
                        const ConfigSnapshot& config, TimePoint now) {
  const config::Limits& limits = config.config.limits;
  AddressKey key = asker.key;
  if (asker.trusted) {
    const auto client = ClientNamedIn(head, config);
    if (!client) return {};
    key = KeyOfAddress(*client);
  }
  RateVerdict verdict;
  const auto take = [&](AddressRate which, const config::Rate& rate, Refusal refusal) {
    verdict = {refusal, asker.addresses.Take(which, key, rate, now)};
    return verdict.wait > Duration::zero();
  };
  if (limits.request_rate.limited() &&
      take(AddressRate::kRequests, limits.request_rate, Refusal::kRequestRate)) {
    return verdict;
  }
  if (limits.conference_request_rate.limited() && IsConferenceRequest(head) &&
      take(AddressRate::kConferenceRequests, limits.conference_request_rate,
           Refusal::kConferenceRequestRate)) {
    return verdict;
  }
  if (limits.upgrade_rate.limited() && head.websocket) {
    take(AddressRate::kUpgrades, limits.upgrade_rate, Refusal::kUpgradeRate);
  }
  return verdict;
}

}  // namespace room_router
