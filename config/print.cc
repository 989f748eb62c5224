// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "config/load.h"
#include "config/sections.h"
#include "config/writer.h"

namespace room_router::config {
namespace {

constexpr const char* kMask = "***";

// A header whose name says that its value lets somebody in.
bool IsSecret(std::string name) {
  constexpr std::array<std::string_view, 9> kSigns{"auth", "cookie",     "token", "secret", "passw",
                                                   "key",  "credential", "jwt",   "session"};
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return std::any_of(kSigns.begin(), kSigns.end(), [&name](std::string_view sign) {
    return name.find(sign) != std::string::npos;
  });
}

void Mask(std::vector<std::pair<std::string, std::string>>& fields) {
  for (auto& [name, value] : fields) {
    if (IsSecret(name) && !value.empty()) value = kMask;
  }
}

// The file has one address per item; a shard of several endpoints is several items.
std::vector<StaticShard> OneAddressEach(const std::vector<StaticShard>& shards) {
  std::vector<StaticShard> items;
  for (const StaticShard& shard : shards) {
    for (const SocketAddress& address : shard.addresses) {
      items.push_back(shard);
      items.back().addresses = {address};
    }
  }
  return items;
}

}  // namespace

std::string Print(const Config& config) {
  Config shown = config;
  Mask(shown.headers.request.set);
  Mask(shown.headers.response.set);
  for (HealthCheck& check : shown.shards.health.checks) Mask(check.header);
  shown.shards.static_shards = OneAddressEach(shown.shards.static_shards);
  std::string text;
  Writer writer(text, 0);
  Describe(writer, shown);
  return text;
}

}  // namespace room_router::config
