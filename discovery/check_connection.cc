// SPDX-License-Identifier: Apache-2.0
#include "discovery/check_connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace room_router {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

tcp::endpoint ToAsio(const SocketAddress& address) {
  tcp::endpoint endpoint;
  const auto* bytes = reinterpret_cast<const char*>(address.data());
  std::copy_n(bytes, address.size(), reinterpret_cast<char*>(endpoint.data()));
  endpoint.resize(address.size());
  return endpoint;
}

}  // namespace

void CheckConnection::Free::operator()(ssl_st* session) const { SSL_free(session); }

asio::awaitable<bool> CheckConnection::Connect(const SocketAddress& address) {
  session_.reset();
  problem_ = {};
  const tcp::endpoint endpoint = ToAsio(address);
  const auto [error] = co_await socket_.async_connect(endpoint, kAwait);
  co_return !error;
}

asio::awaitable<bool> CheckConnection::ShakeHands(const std::shared_ptr<const ClientTls>& tls,
                                                  const std::string& name) {
  problem_ = "OpenSSL cannot begin a session";
  tls_ = tls;
  session_.reset(tls_ ? tls_->NewSession(name) : nullptr);
  boost::system::error_code error;
  socket_.native_non_blocking(true, error);
  if (!session_ || error || SSL_set_fd(session_.get(), socket_.native_handle()) != 1) {
    co_return false;
  }
  problem_ = {};
  while (socket_.is_open()) {
    ERR_clear_error();
    const int result = SSL_do_handshake(session_.get());
    if (result == 1) co_return true;
    const bool more = co_await Await(result);
    if (!more) break;
  }
  co_return false;
}

asio::awaitable<bool> CheckConnection::Write(std::string_view bytes) {
  if (session_) {
    const bool written = co_await Encrypt(bytes);
    co_return written;
  }
  const auto all = asio::buffer(bytes);
  const auto [error, size] = co_await asio::async_write(socket_, all, kAwait);
  co_return !error;
}

asio::awaitable<size_t> CheckConnection::Read(std::span<char> room) {
  if (session_) {
    const size_t decrypted = co_await Decrypt(room);
    co_return decrypted;
  }
  const auto buffer = asio::buffer(room.data(), room.size());
  const auto [error, size] = co_await socket_.async_read_some(buffer, kAwait);
  co_return size;
}

void CheckConnection::Close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

asio::awaitable<bool> CheckConnection::Encrypt(std::string_view bytes) {
  while (socket_.is_open() && !bytes.empty()) {
    ERR_clear_error();
    size_t size = 0;
    const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &size);
    bytes.remove_prefix(size);
    if (result == 1) continue;
    const bool more = co_await Await(result);
    if (!more) break;
  }
  co_return bytes.empty();
}

asio::awaitable<size_t> CheckConnection::Decrypt(std::span<char> room) {
  while (socket_.is_open()) {
    ERR_clear_error();
    size_t size = 0;
    const int result = SSL_read_ex(session_.get(), room.data(), room.size(), &size);
    if (result == 1) co_return size;
    const bool more = co_await Await(result);
    if (!more) break;
  }
  co_return 0;
}

asio::awaitable<bool> CheckConnection::Await(int result) {
  const int wanted = SSL_get_error(session_.get(), result);
  if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) {
    problem_ = HandshakeProblem(session_.get());
    co_return false;
  }
  const auto kind =
      wanted == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
  const auto [error] = co_await socket_.async_wait(kind, kAwait);
  co_return !error;
}

}  // namespace room_router
