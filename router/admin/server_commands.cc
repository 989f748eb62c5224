// SPDX-License-Identifier: Apache-2.0
#include "router/admin/server_commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "sticky/shard_orders.h"

namespace room_router::admin {
namespace {

CliReply OrderServer(const std::string& path, AdminState state, const CliContext& context) {
  if (context.level != config::AdminLevel::kAdmin) return Error("Permission denied\n");
  const auto found = ReadServer(path, context.sources);
  if (const auto* complaint = std::get_if<CliReply>(&found)) return *complaint;
  return Order(std::get<std::string>(found), state, context);
}

// Whole numbers as HAProxy writes them; a share of a small weight has a fraction.
std::string Shown(double weight) { return fmt::format("{:.10g}", weight); }

}  // namespace

std::variant<std::string, CliReply> ReadServer(const std::string& path,
                                               const AdminSources& sources) {
  const size_t slash = path.find('/');
  if (slash == std::string::npos) return Error("Require 'backend/server'.\n");
  const auto config = sources.config();
  const ShardSetPtr shards = sources.shards();
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

CliReply Order(const std::string& shard, const Instruction& instruction,
               const CliContext& context) {
  if (context.level != config::AdminLevel::kAdmin) return Error("Permission denied\n");
  const auto& order = context.sources.order;
  if (!order || !order(shard, instruction)) {
    return Error("Too many orders are kept already.\n");
  }
  return {};
}

CliReply SetServer(const CliWords& words, const CliContext& context) {
  if (words.size() < 3) return Error("Require 'backend/server'.\n");
  if (words.size() > 3 && words[3] == "weight") {
    return SetWeight({"set", "weight", words[2], words.size() > 4 ? words[4] : ""}, context);
  }
  if (words.size() < 4 || words[3] != "state") {
    return Error(
        "usage: set server <backend>/<server> state [ready|drain|maint] | weight <w>[%]\n");
  }
  const auto state = ReadAdminState(words.size() > 4 ? words[4] : "");
  if (!state) return Error("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
  return OrderServer(words[2], *state, context);
}

CliReply EnableServer(const CliWords& words, const CliContext& context) {
  return OrderServer(words.size() > 2 ? words[2] : "", AdminState::kReady, context);
}

CliReply DisableServer(const CliWords& words, const CliContext& context) {
  return OrderServer(words.size() > 2 ? words[2] : "", AdminState::kMaint, context);
}

CliReply SetWeight(const CliWords& words, const CliContext& context) {
  if (context.level != config::AdminLevel::kAdmin) return Error("Permission denied\n");
  const auto found = ReadServer(words.size() > 2 ? words[2] : "", context.sources);
  if (const auto* complaint = std::get_if<CliReply>(&found)) return *complaint;
  const auto weight = ReadWeight(words.size() > 3 ? words[3] : "");
  if (const auto* complaint = std::get_if<std::string>(&weight)) return Error(*complaint);
  return Order(std::get<std::string>(found), std::get<WeightOrder>(weight), context);
}

CliReply GetWeight(const CliWords& words, const CliContext& context) {
  const auto found = ReadServer(words.size() > 2 ? words[2] : "", context.sources);
  if (const auto* complaint = std::get_if<CliReply>(&found)) return *complaint;
  const ShardSetPtr shards = context.sources.shards();
  const Shard* shard = shards->FindByName(std::get<std::string>(found));
  return {.text = Shown(shard->weight) + " (initial " + Shown(shard->found_weight) + ")\n"};
}

}  // namespace room_router::admin
