// SPDX-License-Identifier: Apache-2.0
// The client's side of TLS. A ClientTls is what all connections of one run share: TLS 1.3 with one
// cipher, one group and no check of certificates, so that every proxy does the same cryptography or
// fails; and the newest ticket, when connections are to resume. It outlives its sessions.
//
// A session does its handshake as it is read from and written to. It borrows the descriptor.
#pragma once

#include <sys/types.h>

#include <memory>
#include <span>
#include <string_view>

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

namespace room_router::bench {

class ClientTls;

class TlsSession {
 public:
  TlsSession(ClientTls& tls, int fd);
  ~TlsSession();  // says farewell
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  bool shaken() const;
  bool not_resumed() const;  // though a ticket was offered

  // As recv(2) and send(2): -1 and EAGAIN when nothing can be done now. Reads all there is, as far
  // as there is room for whole records.
  ssize_t Receive(std::span<char> buffer);
  ssize_t Send(std::string_view bytes);

 private:
  ssize_t Explain(int result);

  ssl_st* session_;
  bool offered_ = false;
};

class ClientTls {
 public:
  explicit ClientTls(bool resumes);
  ~ClientTls();
  ClientTls(const ClientTls&) = delete;
  ClientTls& operator=(const ClientTls&) = delete;

 private:
  friend TlsSession;
  static int KeepTicket(ssl_st* session, ssl_session_st* ticket);

  ssl_ctx_st* context_;
  ssl_session_st* ticket_ = nullptr;
};

}  // namespace room_router::bench
