// SPDX-License-Identifier: Apache-2.0
#include "tests/sticky/raw_peer.h"

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <chrono>

#include "sticky/length_frames.h"

namespace room_router::test {

namespace asio = boost::asio;
using asio::ip::tcp;

RawPeer::RawPeer(asio::io_context& io, const SocketAddress& address) : socket_(io), timer_(io) {
  socket_.open(address.family() == AF_INET ? tcp::v4() : tcp::v6());
  socket_.set_option(tcp::socket::receive_buffer_size(64 << 10));  // not as much as it likes
  socket_.connect(tcp::endpoint(asio::ip::make_address(address.Ip()), address.port()));
  socket_.non_blocking(true);
}

void RawPeer::Write(std::string_view bytes) {
  boost::system::error_code ignored;
  socket_.write_some(asio::buffer(bytes.data(), bytes.size()), ignored);
}

void RawPeer::WriteEnd() {
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void RawPeer::Dribble(std::string_view bytes) {
  if (ended_ || !socket_.is_open()) return;
  Write(bytes.substr(0, 1));
  timer_.expires_after(std::chrono::milliseconds(1));
  timer_.async_wait([this, next = std::string(bytes.substr(1)) + bytes[0]](const auto& error) {
    if (!error) Dribble(next);
  });
}

void RawPeer::Read() {
  socket_.async_read_some(asio::buffer(buffer_), [this](const auto& error, size_t size) {
    received_.append(buffer_.data(), size);
    ended_ = static_cast<bool>(error);
    if (!error) Read();
  });
}

void RawPeer::ReadOnce() {
  socket_.async_read_some(asio::buffer(buffer_), [this](const auto& error, size_t size) {
    received_.append(buffer_.data(), size);
    ended_ = static_cast<bool>(error);
  });
}

void RawPeer::Close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
}

std::string Framed(std::string_view frame) {
  FrameQueue queue;
  queue.Push(std::string(frame));
  std::array<std::string_view, 1> piece;
  queue.Peek(piece);
  return std::string(piece[0]);
}

std::string OldTlsHello() {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  SSL* ssl = SSL_new(context);
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_connect(ssl);
  char* data = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl), &data);
  std::string hello(data, static_cast<size_t>(size));
  SSL_free(ssl);
  SSL_CTX_free(context);
  return hello;
}

}  // namespace room_router::test
