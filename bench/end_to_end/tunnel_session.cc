// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/tunnel_session.h"

#include <sys/epoll.h>

namespace room_router::bench {

TunnelSession::TunnelSession(Generator& generator, Poller& poller, int fd)
    : generator_(generator), stream_(poller, fd, this, generator.tls()) {
  stream_.Send(generator_.requests().ForNextRoom());
}

void TunnelSession::Take() {
  if (generator_.plan().mode == Mode::kUp) return stream_.WantWritable(true);
  if (generator_.plan().mode == Mode::kEcho) stream_.Send(Message());
}

void TunnelSession::OnEvents(uint32_t events) {
  if (!stream_.open()) return;
  if (events & EPOLLOUT) {
    stream_.Flush();
    if (busy && generator_.plan().mode == Mode::kUp && !stream_.blocked()) stream_.Send(Chunk());
  }
  if (events & ~static_cast<uint32_t>(EPOLLOUT)) OnReadable();
  if (!stream_.open()) generator_.Lost(this);
}

void TunnelSession::OnReadable() {
  if (open && generator_.plan().mode == Mode::kDown) {
    generator_.tally().bytes += stream_.Discard();
    return;
  }
  std::string_view bytes = stream_.Receive();
  if (bytes.empty()) return;
  if (!open) {
    OnHandshake(bytes);
  } else {
    OnEcho(bytes);
  }
}

void TunnelSession::OnHandshake(std::string_view bytes) {
  ResponseReader::Progress progress = handshake_.Feed(bytes);
  if (progress == ResponseReader::Progress::kMore) return;
  if (progress == ResponseReader::Progress::kBroken || handshake_.status() != 101) {
    ++generator_.tally().bad_status;
    return stream_.Close();
  }
  generator_.Opened(this);
}

void TunnelSession::OnEcho(std::string_view bytes) {
  echoed_ += bytes.size();
  bool unexpected = !busy || echoed_ > kMessageBytes || bytes.front() != Message().front();
  if (unexpected) {
    ++generator_.tally().bad_length;
    return stream_.Close();
  }
  if (echoed_ < kMessageBytes) return;
  echoed_ = 0;
  generator_.Done(this);
}

}  // namespace room_router::bench
