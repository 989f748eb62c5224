// SPDX-License-Identifier: Apache-2.0
#include "router/demo/shard_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "router/demo/shard.h"

namespace room_router::demo {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kPauseAfterRefusal = std::chrono::milliseconds(100);  // out of descriptors

struct Listener {
  Listener(asio::io_context& io, const std::string& name,
           const std::map<uint16_t, uint16_t>& dashboards)
      : shard(name, dashboards), acceptor(io), pause(io) {}

  Shard shard;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
};

void Accept(Listener& listener) {
  listener.acceptor.async_accept([&listener](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      ServeConnection(std::move(socket), listener.shard);
      Accept(listener);
      return;
    }
    listener.pause.expires_after(kPauseAfterRefusal);
    listener.pause.async_wait([&listener](error_code cancelled) {
      if (!cancelled) Accept(listener);
    });
  });
}

error_code Listen(tcp::acceptor& acceptor) {
  error_code error;
  const tcp::endpoint any_port(asio::ip::address_v4::loopback(), 0);
  acceptor.open(any_port.protocol(), error);
  if (!error) acceptor.bind(any_port, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  return error;
}

}  // namespace

struct ShardServer::Parts {
  asio::io_context io{1};  // destroyed after the shards its connections refer to stopped running
  std::vector<std::unique_ptr<Listener>> listeners;
  std::thread thread;
};

ShardServer::ShardServer(int shards, const std::map<uint16_t, uint16_t>& dashboards)
    : parts_(std::make_unique<Parts>()) {
  for (int i = 0; i < shards; ++i) {
    parts_->listeners.push_back(
        std::make_unique<Listener>(parts_->io, "shard-" + std::to_string(i), dashboards));
  }
}

ShardServer::~ShardServer() {
  parts_->io.stop();
  if (parts_->thread.joinable()) parts_->thread.join();
}

std::string ShardServer::Start() {
  for (const auto& listener : parts_->listeners) {
    if (const error_code error = Listen(listener->acceptor)) {
      return "can't listen for " + listener->shard.name + " on loopback: " + error.message();
    }
    Accept(*listener);
  }
  parts_->thread = std::thread([this] { parts_->io.run(); });
  return {};
}

std::vector<config::StaticShard> ShardServer::shards() const {
  std::vector<config::StaticShard> out;
  for (const auto& listener : parts_->listeners) {
    const tcp::endpoint bound = listener->acceptor.local_endpoint();
    config::StaticShard shard;
    shard.name = listener->shard.name;
    shard.addresses = {
        SocketAddress::FromSystem(bound.data(), static_cast<socklen_t>(bound.size()))};
    out.push_back(std::move(shard));
  }
  return out;
}

}  // namespace room_router::demo
