// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/backend.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "bench/end_to_end/stream.h"
#include "bench/end_to_end/workload.h"

namespace room_router::bench {
namespace {

bool HasUpgrade(std::string_view head) {
  return head.find("\r\nUpgrade: websocket\r\n") != head.npos ||
         head.find("\r\nupgrade: websocket\r\n") != head.npos;
}

size_t ContentLength(std::string_view head) {
  if (head.starts_with("GET ")) return 0;
  size_t at = head.find("\r\nContent-Length: ");
  if (at == head.npos) at = head.find("\r\ncontent-length: ");
  size_t length = 0;
  if (at != head.npos) std::from_chars(head.data() + at + 18, head.data() + head.size(), length);
  return length;
}

std::string HeadResponse(std::string_view request_head) {
  std::string response = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ";
  response.append(std::to_string(request_head.size())).append("\r\n\r\n");
  return response.append(request_head);
}

}  // namespace

class Backend::Listener : public Poller::Handler {
 public:
  Listener(Backend& backend, int fd) : backend_(backend), fd_(fd) {
    backend_.poller_.Add(fd_, EPOLLIN, this);
  }
  ~Listener() override { close(fd_); }

  void OnEvents(uint32_t) override {
    for (;;) {
      int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      backend_.Accept(fd);
    }
  }

 private:
  Backend& backend_;
  int fd_;
};

class Backend::Connection : public Poller::Handler {
 public:
  Connection(Backend& backend, int fd) : backend_(backend), stream_(backend.poller_, fd, this) {}

  void OnEvents(uint32_t events) override {
    if (!stream_.open()) return;
    if (events & EPOLLOUT) OnWritable();
    if (events & ~static_cast<uint32_t>(EPOLLOUT)) OnReadable();
    if (!stream_.open()) backend_.Remove(this);
  }

 private:
  enum class Kind { kHttp, kEcho, kFeed, kDrain };

  void OnWritable() {
    stream_.Flush();
    if (kind_ == Kind::kFeed && !stream_.blocked()) stream_.Send(Chunk());
  }

  void OnReadable() {
    if (kind_ == Kind::kDrain) {
      backend_.drained_bytes_ += stream_.Discard();
      return;
    }
    std::string_view bytes = stream_.Receive();
    if (kind_ == Kind::kEcho) {
      stream_.Send(bytes);
    } else if (kind_ == Kind::kHttp) {
      OnHttp(bytes);
    }
  }

  void OnHttp(std::string_view bytes) {
    while (!bytes.empty() && kind_ == Kind::kHttp) {
      size_t body = std::min(body_left_, bytes.size());
      body_left_ -= body;
      bytes.remove_prefix(body);
      if (body_left_ == 0 && body > 0) stream_.Send(SmallResponse());
      if (!bytes.empty()) bytes = TakeHead(bytes);
    }
  }

  // Returns what follows the head; keeps the bytes when the head is not complete.
  std::string_view TakeHead(std::string_view bytes) {
    size_t before = partial_head_.size();
    std::string_view head = bytes;
    if (before > 0) head = partial_head_.append(bytes);
    size_t end = head.find("\r\n\r\n");
    if (end == head.npos) {
      if (before == 0) partial_head_.assign(bytes);
      return {};
    }
    Answer(head.substr(0, end + 4));
    bytes.remove_prefix(end + 4 - before);
    partial_head_.clear();
    return bytes;
  }

  void Answer(std::string_view head) {
    std::string_view target = head.substr(0, head.find("\r\n"));
    if (target.find(" /xmpp-websocket?") != target.npos) return Upgrade(head, target);
    body_left_ = ContentLength(head);
    if (body_left_ > 0) return;
    if (target.find("bench=big") != target.npos) return stream_.Send(BigResponse());
    if (target.find("bench=head") != target.npos) return stream_.Send(HeadResponse(head));
    stream_.Send(SmallResponse());
  }

  void Upgrade(std::string_view head, std::string_view target) {
    if (!HasUpgrade(head)) return stream_.Send(BadRequestResponse());
    stream_.Send(UpgradeResponse());
    kind_ = Kind::kEcho;
    if (target.find("bench=up") != target.npos) kind_ = Kind::kDrain;
    if (target.find("bench=down") != target.npos) {
      kind_ = Kind::kFeed;
      stream_.WantWritable(true);
    }
  }

  Backend& backend_;
  Stream stream_;
  Kind kind_ = Kind::kHttp;
  size_t body_left_ = 0;
  std::string partial_head_;
};

Backend::Backend(Poller& poller) : poller_(poller) {}

Backend::~Backend() = default;

bool Backend::Listen(uint16_t port) {
  int fd = ListenLoopback(port);
  if (fd >= 0) listeners_.push_back(std::make_unique<Listener>(*this, fd));
  return fd >= 0;
}

void Backend::Accept(int fd) {
  auto connection = std::make_unique<Connection>(*this, fd);
  connections_.emplace(connection.get(), std::move(connection));
}

void Backend::Remove(Connection* connection) {
  auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  poller_.Retire(std::move(found->second));
  connections_.erase(found);
}

}  // namespace room_router::bench
