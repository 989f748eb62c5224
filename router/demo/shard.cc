// SPDX-License-Identifier: Apache-2.0
#include "router/demo/shard.h"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <optional>

namespace room_router::demo {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

namespace {

constexpr auto kIdle = std::chrono::seconds(75);  // longer than the router keeps a connection
constexpr size_t kMaxBody = 64 << 10;
constexpr size_t kMaxMessage = 16 << 10;
constexpr size_t kMaxWaiting = 256;  // messages
constexpr const char* kShardHeader = "X-Jitsi-Shard";

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

struct HttpConnection {
  HttpConnection(asio::ip::tcp::socket socket, Shard& of) : stream(std::move(socket)), shard(of) {}

  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  std::optional<http::request_parser<http::string_body>> parser;
  Response response;
  Shard& shard;
};

}  // namespace

// One participant. In Shard::sockets from the handshake until its read loop ends.
class ChatSocket {
 public:
  ChatSocket(beast::tcp_stream stream, Shard& shard, RoomRequest room)
      : stream_(std::move(stream)), shard_(shard), room_(std::move(room)), id_(++shard.last_id) {}

  static void Open(const std::shared_ptr<ChatSocket>& self, const Request& request);
  static void Deliver(Shard& shard, const std::vector<ChatMessage>& messages);

 private:
  static void Read(const std::shared_ptr<ChatSocket>& self);
  static void Write(const std::shared_ptr<ChatSocket>& self);

  websocket::stream<beast::tcp_stream> stream_;
  Shard& shard_;
  const RoomRequest room_;
  const ParticipantId id_;
  beast::flat_buffer buffer_;
  std::deque<std::string> waiting_;  // the front one is being written
};

void ChatSocket::Open(const std::shared_ptr<ChatSocket>& self, const Request& request) {
  self->stream_.next_layer().expires_never();
  self->stream_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
  self->stream_.set_option(websocket::stream_base::decorator(
      [name = self->shard_.name](websocket::response_type& response) {
        response.set(kShardHeader, name);
      }));
  self->stream_.read_message_max(kMaxMessage);
  self->stream_.async_accept(request, [self](error_code error) {
    if (error) return;
    Shard& shard = self->shard_;
    shard.sockets[self->id_] = self;
    Read(self);
    Deliver(shard, shard.chat.Join(self->id_, self->room_.canonical, self->room_.room));
  });
}

void ChatSocket::Deliver(Shard& shard, const std::vector<ChatMessage>& messages) {
  for (const ChatMessage& message : messages) {
    const auto found = shard.sockets.find(message.to);
    if (found == shard.sockets.end()) continue;
    const std::shared_ptr<ChatSocket>& socket = found->second;
    if (socket->waiting_.size() >= kMaxWaiting) {
      socket->stream_.next_layer().close();  // too slow to follow; its read loop ends
      continue;
    }
    socket->waiting_.push_back(message.text);
    if (socket->waiting_.size() == 1) Write(socket);
  }
}

void ChatSocket::Read(const std::shared_ptr<ChatSocket>& self) {
  self->stream_.async_read(self->buffer_, [self](error_code error, size_t) {
    Shard& shard = self->shard_;
    if (error) {
      shard.sockets.erase(self->id_);
      Deliver(shard, shard.chat.Leave(self->id_));
      return;
    }
    const auto bytes = self->buffer_.cdata();
    const std::string_view message(static_cast<const char*>(bytes.data()), bytes.size());
    Deliver(shard, shard.chat.Receive(self->id_, message));
    self->buffer_.clear();
    Read(self);
  });
}

void ChatSocket::Write(const std::shared_ptr<ChatSocket>& self) {
  self->stream_.text(true);
  const auto bytes = asio::buffer(self->waiting_.front());
  self->stream_.async_write(bytes, [self](error_code error, size_t) {
    if (error) return;  // the read loop meets it too
    self->waiting_.pop_front();
    if (!self->waiting_.empty()) Write(self);
  });
}

namespace {

void ReadRequest(const std::shared_ptr<HttpConnection>& connection);

void WriteResponse(const std::shared_ptr<HttpConnection>& connection) {
  http::async_write(
      connection->stream, connection->response, [connection](error_code error, size_t) {
        if (error) return;
        if (connection->response.need_eof()) {
          connection->stream.socket().shutdown(asio::socket_base::shutdown_send, error);
          return;
        }
        ReadRequest(connection);
      });
}

void Answer(const std::shared_ptr<HttpConnection>& connection, const Request& request) {
  Reply reply = connection->shard.site.Answer(request.method_string(), request.target(),
                                              request[http::field::host]);
  Response& response = connection->response;
  response = Response(http::int_to_status(reply.status), request.version());
  response.set(kShardHeader, connection->shard.name);
  response.set(http::field::content_type, reply.type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : reply.headers) response.set(name, value);
  response.keep_alive(request.keep_alive());
  const size_t size = reply.body.size();
  if (request.method() != http::verb::head) response.body() = std::move(reply.body);
  response.content_length(size);
  WriteResponse(connection);
}

void Serve(const std::shared_ptr<HttpConnection>& connection) {
  const Request request = connection->parser->release();
  if (websocket::is_upgrade(request)) {
    Shard& shard = connection->shard;
    RoomRequest room = shard.site.ChatRoom(request.target(), request[http::field::host]);
    if (room.has_key) {
      ChatSocket::Open(
          std::make_shared<ChatSocket>(std::move(connection->stream), shard, std::move(room)),
          request);
      return;
    }
  }
  Answer(connection, request);
}

void ReadRequest(const std::shared_ptr<HttpConnection>& connection) {
  connection->parser.emplace();
  connection->parser->body_limit(kMaxBody);
  connection->stream.expires_after(kIdle);
  http::async_read(connection->stream, connection->buffer, *connection->parser,
                   [connection](error_code error, size_t) {
                     if (!error) Serve(connection);
                   });
}

}  // namespace

void ServeConnection(asio::ip::tcp::socket socket, Shard& shard) {
  ReadRequest(std::make_shared<HttpConnection>(std::move(socket), shard));
}

}  // namespace room_router::demo
