// SPDX-License-Identifier: Apache-2.0
#include "router/admin/server_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "router/admin/server_path.h"
#include "sticky/shard_orders.h"

namespace room_router::admin {
namespace {

CliReply OrderServer(const std::string& path, AdminState state, const CliContext& context) {
  if (context.level != config::AdminLevel::kAdmin) return Error("Permission denied\n");
  const auto found = ReadServer(path, context.sources);
  if (const auto* complaint = std::get_if<CliReply>(&found)) return *complaint;
  return Order(std::get<std::string>(found), state, context);
}

// What HAProxy lets one set, and where it is set here.
constexpr std::string_view kAddresses =
    "Addresses come from DNS or the configuration (shards.discovery, shards.static).\n";
constexpr std::string_view kChecks =
    "Checks are set in the configuration (shards.health.checks).\n";
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kSettings = {
    {{"addr", kAddresses},
     {"fqdn", kAddresses},
     {"agent-addr", kChecks},
     {"agent-port", kChecks},
     {"agent-send", kChecks},
     {"check-addr", kChecks},
     {"check-port", kChecks},
     {"ssl", "TLS towards shards is set in the configuration (shards.tls).\n"}}};

// The value of `set server … health|agent`, or the complaint.
std::variant<ForcedResult, CliReply> ReadForced(std::string_view what, std::string_view value,
                                                const config::Health& health) {
  const bool up = value == "up", down = value == "down";
  if (what == "health") {
    if (value == "stopping") return ForcedResult{.health = Health::kSoft};
    if (up || down) return ForcedResult{.health = up ? Health::kGood : Health::kBad};
    return Error("'set server <srv> health' expects 'up', 'stopping', or 'down'.\n");
  }
  if (!health.HasAgent()) return Error("agent checks are not enabled on this server\n");
  if (up || down) return ForcedResult{.agent = up ? AgentHealth::kUp : AgentHealth::kDown};
  return Error("'set server <srv> agent' expects 'up' or 'down'.\n");
}

// set server <backend>/<server> health|agent <value>
CliReply ForceServer(const CliWords& words, const CliContext& context) {
  if (context.level != config::AdminLevel::kAdmin) return Error("Permission denied\n");
  const auto config = context.sources.config();
  const ShardSetPtr shards = context.sources.shards();
  const auto found = FindServer(words[2], config->stick_table.name, *shards);
  if (const auto* complaint = std::get_if<std::string>(&found)) return Error(*complaint);
  const auto read = ReadForced(words[3], WordAt(words, 4), config->shards.health);
  if (const auto* complaint = std::get_if<CliReply>(&read)) return *complaint;
  ForcedResult forced = std::get<ForcedResult>(read);
  for (const EndpointId endpoint : std::get<std::vector<EndpointId>>(found)) {
    forced.endpoint = endpoint;
    if (context.sources.force) context.sources.force(forced);
  }
  return {};
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
  const std::string_view what = WordAt(words, 3);
  const std::string value(WordAt(words, 4));
  if (what == "weight") return SetWeight({"set", "weight", words[2], value}, context);
  if (what == "health" || what == "agent") return ForceServer(words, context);
  if (what == "state") {
    const auto state = ReadAdminState(value);
    if (!state) return Error("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
    return OrderServer(words[2], *state, context);
  }
  const auto setting =
      std::ranges::find_if(kSettings, [&](const auto& each) { return each.first == what; });
  if (setting != kSettings.end()) return Error(std::string(setting->second));
  return Error("usage: set server <backend>/<server> agent | health | state | weight\n");
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
