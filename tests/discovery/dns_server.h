// SPDX-License-Identifier: Apache-2.0
// A DNS server for tests: answers over UDP and TCP on one loopback port what a function says.
//
// Runs on the test's io_context. An answer larger than the client's EDNS payload goes out truncated
// over UDP and whole over TCP, as real servers do.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/socket_address.h"
#include "tests/discovery/dns_message.h"

namespace room_router::test {

class DnsServer {
 public:
  explicit DnsServer(boost::asio::io_context& io);

  // What to say about a name and type; nullopt = say nothing. Names not set do not exist.
  void Set(const std::string& name, uint16_t type, std::vector<Record> answers,
           std::vector<Record> additional = {});
  void SetFailure(const std::string& name, uint16_t type, int rcode);
  void SetSilent(const std::string& name, uint16_t type);
  void Forget(const std::string& name, uint16_t type) { answers_.erase({name, type}); }

  SocketAddress address() const;
  int asked(const std::string& name, uint16_t type) { return asked_[{name, type}]; }
  int udp_queries() const { return udp_queries_; }
  int tcp_queries() const { return tcp_queries_; }
  int lowest_payload() const { return lowest_payload_; }
  void Close();

 private:
  using Key = std::pair<std::string, uint16_t>;
  struct Connection;

  std::optional<Message> Answer(const Query& query);
  void ReceiveDatagram();
  void Accept();
  void ReceiveSegment(const std::shared_ptr<Connection>& connection);

  boost::asio::ip::udp::socket udp_;
  boost::asio::ip::tcp::acceptor tcp_;
  boost::asio::ip::udp::endpoint client_;
  std::array<uint8_t, 4096> datagram_{};
  std::map<Key, std::optional<Message>> answers_;
  std::map<Key, int> asked_;
  int udp_queries_ = 0, tcp_queries_ = 0, lowest_payload_ = 65535;
};

}  // namespace room_router::test
