// SPDX-License-Identifier: Apache-2.0
// Where a TLS session's records come from and go to: the plain transport below it, as an OpenSSL
// BIO (BIO_meth_new(3)).
//
// Between BeginRead and EndRead a receive that fell short is the last one: nothing was left, and
// the edge-triggered loop will tell of more, so asking again would only cost a system call. Owned
// by the connection; the session borrows it and must go first.
#pragma once

#include "router/engine/transport.h"

struct ssl_st;

namespace room_router {

class WireBio {
 public:
  explicit WireBio(int descriptor) : plain_(descriptor) {}
  WireBio(const WireBio&) = delete;
  WireBio& operator=(const WireBio&) = delete;

  bool Attach(ssl_st* session);  // false: no memory

  PlainTransport& plain() { return plain_; }
  const PlainTransport& plain() const { return plain_; }

  void BeginRead() {
    reading_ = true;
    drained_ = false;
  }
  void EndRead() { reading_ = false; }
  bool drained() const { return drained_; }

  // Whether further records follow at once: the system may wait to send them together.
  void set_more(bool more) { more_ = more; }

 private:
  struct Method;

  PlainTransport plain_;
  bool reading_ = false, drained_ = false, ended_ = false, more_ = false;
};

}  // namespace room_router
