// SPDX-License-Identifier: Apache-2.0
#include "router/admin/process_commands.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>

namespace room_router::admin {
namespace {

using config::AdminLevel;

std::string_view ToString(AdminLevel level) {
  constexpr std::array<std::string_view, 3> kNames = {"user", "operator", "admin"};
  return kNames.at(static_cast<size_t>(level));
}

std::string ShownVariable(std::string_view variable) {
  const size_t equals = variable.find('=');
  const std::string_view name = variable.substr(0, equals);
  if (equals == std::string_view::npos || !LooksSecret(name)) return std::string(variable) + "\n";
  return std::string(name) + "=***\n";
}

// show env [<name>]
CliReply ShowEnvironment(const CliWords& words, const CliContext&) {
  const std::string_view wanted = WordAt(words, 2);
  std::string text;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view variable = *each;
    if (wanted.empty() || variable.substr(0, variable.find('=')) == wanted) {
      text += ShownVariable(variable);
    }
  }
  if (text.empty() && !wanted.empty()) return Error("Variable not found\n");
  return {.text = std::move(text)};
}

CliReply ShowLevel(const CliWords&, const CliContext& context) {
  return {.text = std::string(ToString(context.level)) + "\n"};
}

CliReply ShowSockets(const CliWords&, const CliContext& context) {
  const auto config = context.sources.config();
  std::string text = "# socket lvl processes\n";
  for (const config::AdminSocket& socket : config->admin.sockets) {
    const std::string_view family = socket.address.family() == AF_INET6 ? "ipv6@" : "ipv4@";
    fmt::format_to(
        std::back_inserter(text), "{}{} {} all\n", socket.path.empty() ? family : "unix@",
        socket.path.empty() ? socket.address.ToString() : socket.path, ToString(socket.level));
  }
  return {.text = std::move(text)};
}

template <class Number>
void AddActivity(std::string& text, std::string_view name, const AdminView& view, Number number) {
  uint64_t total = 0;
  std::string parts;
  for (const WorkerStats& worker : view.each_worker) {
    total += number(worker);
    fmt::format_to(std::back_inserter(parts), " {}", number(worker));
  }
  fmt::format_to(std::back_inserter(text), "{}: {} [{} ]\n", name, total, parts);
}

uint64_t Accepted(const WorkerStats& worker) {
  uint64_t accepted = 0;
  for (const ListenerStats& each : worker.listeners) accepted += each.connections_total;
  return accepted;
}

uint64_t Connections(const WorkerStats& worker) {
  uint64_t connections = 0;
  for (const ListenerStats& each : worker.listeners) connections += each.connections;
  return connections;
}

uint64_t Requests(const WorkerStats& worker) {
  uint64_t requests = 0;
  for (const ListenerStats& each : worker.listeners) requests += each.requests;
  return requests;
}

CliReply ShowActivity(const CliWords&, const CliContext& context) {
  const AdminView& view = *context.view;
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      (view.start_time + (view.now - view.start)).time_since_epoch());
  std::string text = fmt::format("thread_id: 0 (1..{})\ndate_now: {}.{:06}\n", view.workers,
                                 now.count() / 1'000'000, now.count() % 1'000'000);
  AddActivity(text, "loops", view, [](auto& worker) { return worker.loop.batches; });
  AddActivity(text, "wake_tasks", view, [](auto& worker) { return worker.loop.tasks; });
  AddActivity(text, "poll_io", view, [](auto& worker) { return worker.loop.events; });
  AddActivity(text, "stream_calls", view, Requests);
  AddActivity(text, "accepted", view, Accepted);
  AddActivity(text, "connections", view, Connections);
  AddActivity(text, "lag_us_max", view, [](auto& worker) { return worker.loop_lag_us_max; });
  AddActivity(text, "dropped_logs", view, [](auto& worker) { return worker.access_log_drops; });
  return {.text = std::move(text)};
}

CliReply ShowThreads(const CliWords&, const CliContext& context) {
  const AdminView& view = *context.view;
  std::string text;
  for (size_t number = 0; number < view.workers; ++number) {
    const auto worker = std::ranges::find(view.each_worker, number, &WorkerStats::worker);
    fmt::format_to(std::back_inserter(text), "Thread {}: ", number + 1);
    if (worker == view.each_worker.end()) {
      text += "stuck=1 no answer in time\n";
      continue;
    }
    fmt::format_to(
        std::back_inserter(text), "stuck=0 connections={} requests={} loops={} lag_us_max={}\n",
        Connections(*worker), Requests(*worker), worker->loop.batches, worker->loop_lag_us_max);
  }
  return {.text = std::move(text)};
}

using AskAddress = int (*)(int, sockaddr*, socklen_t*);

// "127.0.0.1:8000", empty when it has none.
std::string AddressOf(int descriptor, AskAddress ask) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (ask(descriptor, address, &size) != 0) return {};
  if (address->sa_family == AF_UNIX) return "unix";
  return SocketAddress::FromSystem(address, size).ToString();
}

// show fd <number>: nothing when it is not open, as HAProxy.
CliReply ShowDescriptor(std::string_view word) {
  int number = -1;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
  if (read.ec != std::errc() || read.ptr != word.data() + word.size() || number < 0) {
    return Error("Write the number of a descriptor, or nothing for the totals.\n");
  }
  std::array<char, 256> target{};
  const std::string link = "/proc/self/fd/" + std::to_string(number);
  const ssize_t size = readlink(link.c_str(), target.data(), target.size());
  if (size < 0) return {};
  std::string text =
      fmt::format("{:>5} : {}", number, std::string_view(target.data(), static_cast<size_t>(size)));
  const std::string local = AddressOf(number, getsockname), peer = AddressOf(number, getpeername);
  if (!local.empty()) text += " local=" + local;
  if (!peer.empty()) text += " peer=" + peer;
  return {.text = text + "\n"};
}

CliReply ShowDescriptors(const CliWords& words, const CliContext& context) {
  if (words.size() > 2) return ShowDescriptor(words[2]);
  const AdminView& view = *context.view;
  uint64_t clients = 0, busy = 0, idle = 0;
  for (const ListenerStats& each : view.shown.listeners) clients += each.connections;
  for (const EndpointStats& each : view.shown.endpoints) {
    busy += each.outstanding;
    idle += each.idle_connections;
  }
  return {.text =
              fmt::format("descriptors: {} of {}\nclients: {}\nshards: {} ({} in use, {} "
                          "idle)\nlisteners: {}\n",
                          view.process.descriptors, view.process.descriptor_limit, clients,
                          busy + idle, busy, idle, view.config->listeners.size() * view.workers)};
}

constexpr std::array<CliCommand, 6> kCommands = {{
    {.words = "show activity",
     .usage = "show activity",
     .help = "show per-thread activity stats",
     .run = ShowActivity,
     .needs_view = true,
     .least = AdminLevel::kOperator},
    {.words = "show cli level",
     .usage = "show cli level",
     .help = "display the level of the current CLI session",
     .run = ShowLevel},
    {.words = "show cli sockets",
     .usage = "show cli sockets",
     .help = "dump list of cli sockets",
     .run = ShowSockets},
    {.words = "show env",
     .usage = "show env [var]",
     .help = "dump environment variables known to the process",
     .run = ShowEnvironment,
     .least = AdminLevel::kOperator},
    {.words = "show fd",
     .usage = "show fd [num]",
     .help = "count the file descriptors in use, or show a specific one",
     .run = ShowDescriptors,
     .needs_view = true,
     .least = AdminLevel::kOperator},
    {.words = "show threads",
     .usage = "show threads",
     .help = "show what each worker thread does",
     .run = ShowThreads,
     .needs_view = true},
}};

}  // namespace

bool LooksSecret(std::string_view name) {
  constexpr std::array<std::string_view, 10> kWords = {
      "SECRET", "PASS", "TOKEN", "KEY", "CREDENTIAL", "PSK", "AUTH", "JWT", "PRIVATE", "COOKIE"};
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return std::ranges::any_of(
      kWords, [&](std::string_view word) { return upper.find(word) != std::string::npos; });
}

CliCommands ProcessCommands() { return kCommands; }

}  // namespace room_router::admin
