// SPDX-License-Identifier: Apache-2.0
#include "router/admin/session_commands.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>
#include <utility>
#include <variant>

#include "router/admin/server_path.h"
#include "router/admin/show_table.h"

namespace room_router::admin {
namespace {

using config::AdminLevel;

constexpr std::string_view kNone = "No such session (use 'show sess').\n";

// What a line needs, kept until the workers have answered.
struct Surroundings {
  std::string backend;
  ShardSetPtr shards;
  const StickTable& table;
};

Surroundings SurroundingsOf(const CliContext& context) {
  return {.backend = context.sources.config()->stick_table.name,
          .shards = context.sources.shards(),
          .table = *context.sources.table};
}

std::string ServerOf(const Destination& destination, const ShardSet& shards) {
  if (const Shard* shard = shards.FindById(destination.shard); shard != nullptr) {
    for (const Endpoint& endpoint : shard->endpoints) {
      if (endpoint.id == destination.endpoint) return ServerName(*shard, endpoint);
    }
    return shard->name;
  }
  return "<none>";
}

std::string RoomOf(const Destination& destination, const StickTable& table, TimePoint now) {
  if (!destination.has_room) return "-";
  const auto record = table.Record(destination.key_namespace, destination.key, now);
  return record ? EscapeKey(record->display) : "-";
}

int64_t Seconds(TimePoint since, TimePoint now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now - since).count();
}

std::string Line(const SessionFacts& session, const Surroundings& around, TimePoint now) {
  const bool goes_on = session.destination.shard != kNoShard;
  const bool v6 = session.ip.find(':') != std::string::npos;
  const bool busy = session.phase != SessionFacts::Phase::kIdle;
  std::string line = fmt::format(
      "{:#014x}: proto={} src={}:{} fe={} be={} srv={} ts=00 epoch=0 age={}s calls={} rate=0 cpu=0 "
      "lat=0 ",
      session.id, v6 ? "tcpv6" : "tcpv4", session.ip, session.port, ListenerName(session.listener),
      goes_on ? around.backend : "<NONE>", ServerOf(session.destination, *around.shards),
      std::max<int64_t>(0, Seconds(session.begun, now)), session.requests);
  line +=
      "rq[f=0h,i=0,an=00h,rx=,wx=,ax=] rp[f=0h,i=0,an=00h,rx=,wx=,ax=] scf=[0,0h,fd=-1] "
      "scb=[0,0h,fd=-1] exp= rc=0 c_exp=";
  fmt::format_to(std::back_inserter(line), " state={} for={}s room={}\n", ToString(session.phase),
                 std::max<int64_t>(0, Seconds(busy ? session.request_begun : session.begun, now)),
                 RoomOf(session.destination, around.table, now));
  return line;
}

std::optional<uint64_t> ReadId(std::string_view word) {
  if (word.starts_with("0x")) word.remove_prefix(2);
  uint64_t id = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), id, 16);
  if (word.empty() || read.ec != std::errc() || read.ptr != word.data() + word.size()) return {};
  return id;
}

// show sess [<id>|all]
void ShowSessions(const CliWords& words, const CliContext& context, CliDone done) {
  const std::string_view which = WordAt(words, 2);
  SessionOrder order{.id = {}, .endpoints = {}, .most = kMostSessions};
  if (!which.empty() && which != "all") {
    order.id = ReadId(which);
    if (!order.id) return done(Error("Session not found.\n"));
  }
  const bool one = order.id.has_value();
  const auto show = [around = SurroundingsOf(context), one, done](const SessionReport& report) {
    const TimePoint now = Clock::now();
    std::string text;
    for (const SessionFacts& each : report.sessions) text += Line(each, around, now);
    if (report.matched > report.sessions.size()) {
      fmt::format_to(std::back_inserter(text), "# and {} more; at most {} are shown\n",
                     report.matched - report.sessions.size(), kMostSessions);
    }
    if (one && report.matched == 0) return done(Error("Session not found.\n"));
    done({.text = std::move(text)});
  };
  context.sources.sessions(order, show);
}

void ShutdownSession(const CliWords& words, const CliContext& context, CliDone done) {
  const std::string_view which = WordAt(words, 2);
  if (which.empty()) return done(Error("Session pointer expected (use 'show sess').\n"));
  const SessionOrder order{.id = ReadId(which), .endpoints = {}, .end = true, .most = 0};
  if (!order.id) return done(Error(std::string(kNone)));
  context.sources.sessions(order, [done](const SessionReport& report) {
    done(report.matched > 0 ? CliReply{} : Error(std::string(kNone)));
  });
}

// shutdown sessions server <backend>/<server>
void ShutdownSessions(const CliWords& words, const CliContext& context, CliDone done) {
  const auto config = context.sources.config();
  const ShardSetPtr shards = context.sources.shards();
  auto found = FindServer(WordAt(words, 3), config->stick_table.name, *shards);
  if (const auto* complaint = std::get_if<std::string>(&found)) return done(Error(*complaint));
  const SessionOrder order{.id = {},
                           .endpoints = std::get<std::vector<EndpointId>>(std::move(found)),
                           .end = true,
                           .most = 0};
  context.sources.sessions(order, [done](const SessionReport&) { done({}); });
}

constexpr std::array<CliCommand, 3> kCommands = {{
    {.words = "show sess",
     .usage = "show sess [id]",
     .help = "report the list of current sessions or dump this exact session",
     .least = AdminLevel::kOperator,
     .start = ShowSessions},
    {.words = "shutdown session",
     .usage = "shutdown session [id]",
     .help = "kill a specific session",
     .least = AdminLevel::kAdmin,
     .start = ShutdownSession},
    {.words = "shutdown sessions server",
     .usage = "shutdown sessions server <bk>/<srv>",
     .help = "kill sessions on a server",
     .least = AdminLevel::kAdmin,
     .start = ShutdownSessions},
}};

}  // namespace

CliCommands SessionCommands() { return kCommands; }

}  // namespace room_router::admin
