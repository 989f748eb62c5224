// SPDX-License-Identifier: Apache-2.0
// One non-blocking TCP connection over loopback, plain or with TLS, with the bytes its peer has not
// taken yet.
//
// Registered with the poller while open; closing unregisters it. Errors are not told apart: the
// connection is open or it is gone.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "bench/end_to_end/client_tls.h"
#include "bench/end_to_end/poller.h"

namespace room_router::bench {

// Both return -1 when the system refuses. Connecting waits for the proxy's accept queue.
int ConnectLoopback(uint16_t port);
int ListenLoopback(uint16_t port);

class Stream {
 public:
  // Takes the descriptor; `handler` gets its events and must outlive the stream, as `tls` must.
  Stream(Poller& poller, int fd, Poller::Handler* handler, ClientTls* tls = nullptr);
  ~Stream() { Close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool open() const { return fd_ >= 0; }
  bool not_resumed() const { return tls_ && tls_->not_resumed(); }
  void Close();

  // Keeps what the peer does not take now. A connection that is gone is noticed by receiving.
  void Send(std::string_view bytes);
  void Flush();
  bool blocked() const { return !pending_.empty(); }
  void WantWritable(bool wanted);  // events also while nothing is pending

  // Bytes now in poller.scratch(); empty when there are none, closes on end or error.
  std::string_view Receive();
  size_t Discard();  // receives without copying, unless it is TLS

 private:
  void UpdateInterest();
  ssize_t ReceiveInto(int flags);
  ssize_t SendNow(std::string_view bytes);

  Poller& poller_;
  Poller::Handler* handler_;
  int fd_;
  std::unique_ptr<TlsSession> tls_;  // null: plain
  bool wants_writable_ = false;
  bool registered_writable_ = false;
  std::string pending_;
};

}  // namespace room_router::bench
