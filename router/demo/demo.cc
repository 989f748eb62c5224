// SPDX-License-Identifier: Apache-2.0
#include "router/demo/demo.h"

#include <fmt/core.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "config/random_secret.h"
#include "router/app.h"
#include "router/cli/process.h"
#include "router/cli/process_events.h"
#include "router/demo/shard_server.h"

namespace room_router::demo {
namespace {

using namespace std::chrono_literals;

// One room, written in two ways that a byte-wise comparison would call two rooms.
constexpr std::string_view kRoom = "Caf%C3%A9%20Meeting";
constexpr std::string_view kSameRoom = "CAFE%CC%81%20meeting";

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code ignored;
    std::string pattern =
        (std::filesystem::temp_directory_path(ignored) / "room-router-demo-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;  // empty when none could be made
};

uint16_t PortOf(uint16_t first, int index) { return static_cast<uint16_t>(first + index); }

std::string SocketPath(const std::string& directory, int index) {
  return fmt::format("{}/router-{}.sock", directory, index);
}

std::string Url(const cli::DemoCommand& command, uint16_t first, int index) {
  // A wildcard address is no place to click on.
  const bool anywhere = command.bind == "0.0.0.0" || command.bind == "::";
  const std::string ip = anywhere ? "127.0.0.1" : command.bind;
  return "http://" + SocketAddress::FromIp(ip, PortOf(first, index))->ToString() + "/";
}

// The routers share their listening ports among threads (SO_REUSEPORT), so that a second demo would
// get half of the first one's visitors instead of an error.
std::string Taken(const SocketAddress& address) {
  const int fd = socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  std::string mistake;
  if (bind(fd, address.data(), address.size()) != 0) {
    mistake = "can't listen on " + address.ToString() + ": " + std::strerror(errno);
  }
  close(fd);
  return mistake;
}

// A port of 127.0.0.1 nobody uses just now.
SocketAddress FreeAddress() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const SocketAddress any = *SocketAddress::FromIp("127.0.0.1", 0);
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  const bool ok = bind(fd, any.data(), any.size()) == 0 &&
                  getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) == 0;
  close(fd);
  return any.WithPort(ok ? ntohs(bound.sin_port) : 0);
}

int Fail(const std::string& mistake) {
  std::cerr << "room-router demo: " << mistake
            << "\nIf a port is taken, choose others with --port and --admin-port.\n";
  return cli::kFailure;
}

}  // namespace

config::Peers MakePeers(int replicas) {
  config::Peers peers;
  peers.cluster = "demo";
  peers.credentials.shared_keys = {config::RandomSecret(32)};
  for (int i = 0; i < replicas; ++i) peers.static_peers.push_back(FreeAddress().ToString());
  return peers;
}

config::Config ReplicaConfig(const cli::DemoCommand& command, int index, config::Peers peers,
                             const std::vector<config::StaticShard>& shards,
                             const std::string& directory) {
  config::Config config;
  config.peers = std::move(peers);
  config.peers.listen = *SocketAddress::Parse(config.peers.static_peers[index]);
  config.node.name = fmt::format("router-{}", index);
  config.node.threads = 1;
  config.listeners.resize(1);
  config.listeners[0].address = *SocketAddress::FromIp(command.bind, PortOf(command.port, index));
  config.admin.http = *SocketAddress::FromIp(command.bind, PortOf(command.admin_port, index));
  config.admin.sockets.resize(1);
  config.admin.sockets[0].path = SocketPath(directory, index);
  config.shards.static_shards = shards;
  config.shards.health.interval = 500ms;
  config.shards.health.rise = 1;
  config.logging.level = config::LogLevel::kWarning;
  config.logging.access.format = config::AccessFormat::kOff;
  return config;
}

std::string Welcome(const cli::DemoCommand& command, const std::string& directory) {
  std::string text = fmt::format(
      "\nRoom Router demo: replicas {}, shards {}\n\n"
      "One room, written in two ways. Open both: they are on the same shard and can chat.\n"
      "  {}{}\n  {}{}\n\nOther rooms: {}\n\nDashboards:\n",
      command.replicas, command.shards, Url(command, command.port, 0), kRoom,
      Url(command, command.port, command.replicas - 1), kSameRoom, Url(command, command.port, 0));
  for (int i = 0; i < command.replicas; ++i) {
    text += fmt::format("  {}\n", Url(command, command.admin_port, i));
  }
  return text + fmt::format(
                    "\nAdmin socket, for example:\n"
                    "  room-router ctl -s {} show table jitsi-meet\n\nCtrl-C ends the demo.\n",
                    SocketPath(directory, 0));
}

int Demo(const cli::DemoCommand& command) {
  cli::PrepareProcess();
  cli::ProcessEvents events("");  // before any thread starts
  const TemporaryDirectory directory;
  if (directory.path().empty())
    return Fail("can't make a directory for the admin sockets; see TMPDIR");
  std::map<uint16_t, uint16_t> dashboards;
  for (int i = 0; i < command.replicas; ++i) {
    dashboards[PortOf(command.port, i)] = PortOf(command.admin_port, i);
  }
  ShardServer shards(command.shards, dashboards);
  if (const std::string mistake = shards.Start(); !mistake.empty()) return Fail(mistake);
  const config::Peers peers = MakePeers(command.replicas);
  std::vector<std::unique_ptr<App>> replicas;
  for (int i = 0; i < command.replicas; ++i) {
    auto config = ReplicaConfig(command, i, peers, shards.shards(), directory.path());
    const std::string taken = Taken(config.listeners[0].address);
    if (!taken.empty()) return Fail(taken);
    replicas.push_back(std::make_unique<App>(std::move(config), ""));
    if (const std::string mistake = replicas.back()->Start(); !mistake.empty())
      return Fail(mistake);
  }
  std::cout << Welcome(command, directory.path()) << std::flush;
  while (events.Wait() == cli::ProcessEvent::kReload) {
  }
  std::cout << "\nEnding the demo.\n";
  for (const auto& replica : replicas) replica->Stop();
  return cli::kSuccess;
}

}  // namespace room_router::demo
