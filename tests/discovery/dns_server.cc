// SPDX-License-Identifier: Apache-2.0
#include "tests/discovery/dns_server.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace room_router::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;

constexpr int kNoSuchName = 3;

struct DnsServer::Connection {
  explicit Connection(tcp::socket s) : socket(std::move(s)) {}
  tcp::socket socket;
  std::array<uint8_t, 2> length{};
  std::vector<uint8_t> message;
};

DnsServer::DnsServer(asio::io_context& io) : udp_(io), tcp_(io) {
  // Somebody may have the UDP port of the same number; then the next one is tried.
  for (boost::system::error_code error = asio::error::address_in_use; error;) {
    if (tcp_.is_open()) tcp_.close();
    if (udp_.is_open()) udp_.close();
    tcp_ = tcp::acceptor(tcp_.get_executor(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    udp_.open(udp::v4());
    udp_.bind({asio::ip::address_v4::loopback(), tcp_.local_endpoint().port()}, error);
  }
  ReceiveDatagram();
  Accept();
}

void DnsServer::Set(const std::string& name, uint16_t type, std::vector<Record> answers,
                    std::vector<Record> additional) {
  Message message;
  message.answers = std::move(answers);
  message.additional = std::move(additional);
  answers_[{name, type}] = std::move(message);
}

void DnsServer::SetFailure(const std::string& name, uint16_t type, int rcode) {
  Message message;
  message.rcode = rcode;
  answers_[{name, type}] = std::move(message);
}

void DnsServer::SetSilent(const std::string& name, uint16_t type) {
  answers_[{name, type}] = std::nullopt;
}

SocketAddress DnsServer::address() const {
  return *SocketAddress::FromIp("127.0.0.1", udp_.local_endpoint().port());
}

void DnsServer::Close() {
  udp_.close();
  tcp_.close();
}

std::optional<Message> DnsServer::Answer(const Query& query) {
  const Key key(query.name, query.type);
  ++asked_[key];
  lowest_payload_ = std::min<int>(lowest_payload_, query.payload);
  const auto found = answers_.find(key);
  if (found != answers_.end() && !found->second) return std::nullopt;
  Message message;
  if (found != answers_.end()) {
    message = *found->second;
  } else {
    const auto same_name = answers_.lower_bound({query.name, 0});
    const bool exists = same_name != answers_.end() && same_name->first.first == query.name;
    message.rcode = exists ? 0 : kNoSuchName;
  }
  message.id = query.id;
  message.question = query.name;
  message.question_type = query.type;
  return message;
}

void DnsServer::ReceiveDatagram() {
  udp_.async_receive_from(asio::buffer(datagram_), client_, [this](const auto& error, size_t size) {
    if (error) return;
    ++udp_queries_;
    const Query query = DecodeQuery(std::span(datagram_).first(size));
    if (std::optional<Message> message = Answer(query)) {
      std::vector<uint8_t> bytes = message->Encode();
      if (bytes.size() > query.payload) {
        message->truncated = true;
        message->answers.clear();
        message->additional.clear();
        bytes = message->Encode();
      }
      udp_.send_to(asio::buffer(bytes), client_);
    }
    ReceiveDatagram();
  });
}

void DnsServer::Accept() {
  tcp_.async_accept([this](const auto& error, tcp::socket socket) {
    if (error) return;
    ReceiveSegment(std::make_shared<Connection>(std::move(socket)));
    Accept();
  });
}

void DnsServer::ReceiveSegment(const std::shared_ptr<Connection>& connection) {
  asio::async_read(connection->socket, asio::buffer(connection->length),
                   [this, connection](const auto& error, size_t) {
                     if (error) return;
                     connection->message.resize(
                         static_cast<size_t>(connection->length[0] << 8 | connection->length[1]));
                     asio::async_read(
                         connection->socket, asio::buffer(connection->message),
                         [this, connection](const auto& failed, size_t) {
                           if (failed) return;
                           ++tcp_queries_;
                           if (const auto message = Answer(DecodeQuery(connection->message))) {
                             const std::vector<uint8_t> bytes = message->Encode();
                             std::vector<uint8_t> framed;
                             AppendU16(static_cast<unsigned>(bytes.size()), framed);
                             framed.insert(framed.end(), bytes.begin(), bytes.end());
                             asio::write(connection->socket, asio::buffer(framed));
                           }
                           ReceiveSegment(connection);
                         });
                   });
}

}  // namespace room_router::test
