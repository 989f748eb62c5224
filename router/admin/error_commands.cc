// SPDX-License-Identifier: Apache-2.0
#include "router/admin/error_commands.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "router/admin/show_table.h"
#include "router/admin/stat_rows.h"

namespace room_router::admin {
namespace {

struct ErrorFilter {
  std::string_view proxy;  // name or number; empty = all
  bool requests = true, responses = true;

  bool Passes(const CapturedError& error, const config::Config& config) const {
    if (error.response ? !responses : !requests) return false;
    if (proxy.empty() || proxy == "-1") return true;
    if (proxy == ListenerName(error.listener)) return true;
    if (proxy == std::to_string(FrontendId(error.listener))) return true;
    const bool backend =
        proxy == config.stick_table.name || proxy == std::to_string(BackendId(config));
    return error.response && backend;
  }
};

ErrorFilter ReadFilter(const CliWords& words) {
  ErrorFilter filter;
  for (size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "request") {
      filter.responses = false;
    } else if (words[i] == "response") {
      filter.requests = false;
    } else {
      filter.proxy = words[i];
    }
  }
  return filter;
}

std::string Moment(TimePoint time, const AdminView& view) {
  using namespace std::chrono;
  const auto wall = view.start_time + duration_cast<milliseconds>(time - view.start);
  const auto ms = duration_cast<milliseconds>(wall.time_since_epoch()).count() % 1000;
  return fmt::format("{:%d/%b/%Y:%H:%M:%S}.{:03}", fmt::localtime(system_clock::to_time_t(wall)),
                     ms);
}

struct Server {
  std::string name = "<NONE>";
  int id = -1;
};

Server ServerOf(EndpointId wanted, const ShardSet& shards) {
  for (const Shard& shard : shards.shards) {
    for (const Endpoint& endpoint : shard.endpoints) {
      if (endpoint.id == wanted) {
        return {.name = ServerName(shard, endpoint), .id = ServerId(endpoint)};
      }
    }
  }
  return {};
}

std::string Describe(const CapturedError& error, const AdminView& view) {
  const config::Config& config = *view.config;
  const Server server = ServerOf(error.endpoint, *view.shards);
  const std::string head =
      error.response
          ? fmt::format("[{}] backend {} (#{}): invalid response\n  frontend {} (#{})",
                        Moment(error.time, view), config.stick_table.name, BackendId(config),
                        ListenerName(error.listener), FrontendId(error.listener))
          : fmt::format("[{}] frontend {} (#{}): invalid request\n  backend <NONE> (#-1)",
                        Moment(error.time, view), ListenerName(error.listener),
                        FrontendId(error.listener));
  return fmt::format(
      "{}, server {} (#{}), event #{}, src {}:{}\n  len {}, reason {}{}{}\n \n  00000  {}\n \n",
      head, server.name, server.id, error.number - 1, error.ip, error.port, error.bytes,
      error.reason, error.detail.empty() ? "" : ": ", error.detail,
      error.line.empty() ? "(not shown: no line to begin with)" : EscapeKey(error.line));
}

CliReply ShowErrors(const CliWords& words, const CliContext& context) {
  const AdminView& view = *context.view;
  const ErrorFilter filter = ReadFilter(words);
  uint64_t total = 0;
  std::vector<const CapturedError*> errors;
  for (const WorkerStats& worker : view.each_worker) {
    total += worker.errors.total();
    for (const CapturedError& error : worker.errors.last()) {
      if (filter.Passes(error, *view.config)) errors.push_back(&error);
    }
  }
  std::ranges::sort(errors, {}, [](const CapturedError* error) { return error->time; });
  std::string text =
      fmt::format("Total events captured on [{}] : {}\n", Moment(view.now, view), total);
  if (!errors.empty()) text += " \n";
  for (const CapturedError* error : errors) text += Describe(*error, view);
  return {.text = std::move(text)};
}

constexpr std::array<CliCommand, 1> kCommands = {{
    {.words = "show errors",
     .usage = "show errors [<px>] [request|response]",
     .help = "report last request and/or response errors for each proxy",
     .run = ShowErrors,
     .needs_view = true,
     .least = config::AdminLevel::kOperator},
}};

}  // namespace

CliCommands ErrorCommands() { return kCommands; }

}  // namespace room_router::admin
