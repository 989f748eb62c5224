// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/http_session.h"

#include <sys/epoll.h>

namespace room_router::bench {

HttpSession::HttpSession(Generator& generator, Poller& poller, int fd)
    : generator_(generator), stream_(poller, fd, this, generator.tls()) {}

void HttpSession::Take() { stream_.Send(generator_.requests().ForNextRoom()); }

void HttpSession::OnEvents(uint32_t events) {
  if (!stream_.open()) return;
  if (events & EPOLLOUT) stream_.Flush();
  if (!(events & ~static_cast<uint32_t>(EPOLLOUT))) return;
  std::string_view bytes = stream_.Receive();
  if (!bytes.empty()) {
    ResponseReader::Progress progress = reader_.Feed(bytes);
    bool unexpected = !busy || !bytes.empty();
    if (progress == ResponseReader::Progress::kBroken || unexpected) {
      stream_.Close();
    } else if (progress == ResponseReader::Progress::kDone) {
      OnAnswer();
    }
  }
  if (!stream_.open() && open) generator_.Lost(this);
}

void HttpSession::OnAnswer() {
  const Plan& plan = generator_.plan();
  if (reader_.status() != 200) ++generator_.tally().bad_status;
  if (reader_.body_length() != ExpectedBody(plan.mode)) ++generator_.tally().bad_length;
  if (stream_.not_resumed()) ++generator_.tally().bad_handshakes;
  if (plan.once) {
    open = false;
    stream_.Close();
    return generator_.DoneAndClosed(this);
  }
  if (reader_.closes()) stream_.Close();
  generator_.Done(this);
}

}  // namespace room_router::bench
