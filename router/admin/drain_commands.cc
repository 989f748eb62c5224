// SPDX-License-Identifier: Apache-2.0
#include "router/admin/drain_commands.h"

#include <utility>

#include "config/scalars.h"
#include "router/admin/drain_progress.h"
#include "router/admin/server_commands.h"

namespace room_router::admin {
namespace {

using Found = std::variant<std::string, CliReply>;

// By its name, or as HAProxy writes a server.
Found ReadShard(const std::string& text, const AdminSources& sources) {
  if (text.find('/') != std::string::npos) return ReadServer(text, sources);
  if (text.empty()) return Error("Name a shard; show drain and show stat list them.\n");
  const ShardSetPtr shards = sources.shards();
  if (shards->FindByName(text) != nullptr) return text;
  return Error("No shard is named '" + text + "'.\n");
}

// The words after the shard: [--wait] [--max D]. Else what is wrong with them.
std::string ReadPatience(const CliWords& words, Duration usual, Duration& longest) {
  for (size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "--wait") {
      if (longest == Duration(0)) longest = usual;
    } else if (words[i] == "--max") {
      if (++i == words.size()) return "--max needs a duration such as 300s.\n";
      const auto problem =
          config::Period{.min = Duration(0), .max = kLongestDrainWait}.Parse(words[i], longest);
      if (!problem.empty()) return "--max " + problem + "\n";
    } else {
      return "usage: drain <shard> [--wait] [--max <duration>]\n";
    }
  }
  return {};
}

}  // namespace

CliReply Drain(const CliWords& words, const CliContext& context) {
  if (context.level != config::AdminLevel::kAdmin) return Error("Permission denied\n");
  const Found found = ReadShard(words.size() > 1 ? words[1] : "", context.sources);
  if (const auto* complaint = std::get_if<CliReply>(&found)) return *complaint;
  DrainWish wish{.shard = std::get<std::string>(found)};
  const auto config = context.sources.config();
  if (auto problem = ReadPatience(words, config->drain.max, wish.longest); !problem.empty()) {
    return Error(std::move(problem));
  }
  CliReply reply = Order(wish.shard, AdminState::kDrain, context);
  if (reply.text.empty()) reply.wait = std::move(wish);
  return reply;
}

CliReply MakeReady(const CliWords& words, const CliContext& context) {
  if (context.level != config::AdminLevel::kAdmin) return Error("Permission denied\n");
  const Found found = ReadShard(words.size() > 1 ? words[1] : "", context.sources);
  if (const auto* complaint = std::get_if<CliReply>(&found)) return *complaint;
  return Order(std::get<std::string>(found), AdminState::kReady, context);
}

CliReply ShowDrainCommand(const CliWords& words, const CliContext& context) {
  if (words.size() < 3) return {.text = ShowDrain(*context.view)};
  const Found found = ReadShard(words[2], context.sources);
  if (const auto* complaint = std::get_if<CliReply>(&found)) return *complaint;
  return {.text = ShowDrain(*context.view, std::get<std::string>(found))};
}

}  // namespace room_router::admin
