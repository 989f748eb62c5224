// SPDX-License-Identifier: Apache-2.0
#include "router/admin/server_commands.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "sticky/shard_orders.h"

namespace room_router::admin {
namespace {

// The shard that "backend/server" means, or the complaint.
std::variant<std::string, CliReply> FindShard(const std::string& path, const CliContext& context) {
  const size_t slash = path.find('/');
  if (slash == std::string::npos) return Error("Require 'backend/server'.\n");
  const auto config = context.sources.config();
  const ShardSetPtr shards = context.sources.shards();
  const std::string& backend = config->stick_table.name;
  if (path.substr(0, slash) != backend) return Error("No such backend.\n");
  const std::string server = path.substr(slash + 1);
  for (const Shard& shard : shards->shards) {
    if (shard.name == server) return shard.name;
    const bool one_of_it = std::ranges::any_of(
        shard.endpoints, [&](const Endpoint& each) { return ServerName(shard, each) == server; });
    if (!one_of_it) continue;
    return Error("The servers of a shard share its state; use " + backend + "/" + shard.name +
                 ".\n");
  }
  return Error("No such server.\n");
}

CliReply Order(const std::string& path, AdminState state, const CliContext& context) {
  if (context.level != config::AdminLevel::kAdmin) return Error("Permission denied\n");
  const auto found = FindShard(path, context);
  if (const auto* complaint = std::get_if<CliReply>(&found)) return *complaint;
  const auto& order = context.sources.order_state;
  if (!order || !order(std::get<std::string>(found), state)) {
    return Error("Too many orders are kept already.\n");
  }
  return {};
}

}  // namespace

CliReply SetServer(const CliWords& words, const CliContext& context) {
  if (words.size() < 3) return Error("Require 'backend/server'.\n");
  if (words.size() < 4 || words[3] != "state") {
    return Error("usage: set server <backend>/<server> state [ready|drain|maint]\n");
  }
  const auto state = ReadAdminState(words.size() > 4 ? words[4] : "");
  if (!state) return Error("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
  return Order(words[2], *state, context);
}

CliReply EnableServer(const CliWords& words, const CliContext& context) {
  return Order(words.size() > 2 ? words[2] : "", AdminState::kReady, context);
}

CliReply DisableServer(const CliWords& words, const CliContext& context) {
  return Order(words.size() > 2 ? words[2] : "", AdminState::kMaint, context);
}

}  // namespace room_router::admin
