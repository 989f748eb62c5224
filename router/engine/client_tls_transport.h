// SPDX-License-Identifier: Apache-2.0
// A connection to a shard whose bytes are TLS.
//
// Nothing of a request may be written before Handshake() says kOk: until then it is not known who
// is at the other end. That one has the name that is wanted, or the handshake fails and says why.
// The last session of an endpoint is resumed: its certificate was verified for the same name under
// the same settings, so a memory never outlives those. An end that the peer did not announce
// (close_notify) is `cut`, which matters to bodies that end with the connection (RFC 9112 §9.8).
#pragma once

#include <memory>
#include <string>

#include "config/client_tls.h"
#include "router/engine/tls_transport.h"

struct ssl_session_st;

namespace room_router {

// The session to resume with an endpoint, if it has given us one. One thread.
struct TlsMemory {
  struct Free {
    void operator()(ssl_session_st* session) const;
  };
  std::string name;  // whose certificate was verified
  std::unique_ptr<ssl_session_st, Free> session;
};

class ClientTlsTransport final : public TlsTransport {
 public:
  // Owns the descriptor. Without `tls` (OpenSSL refused it) there is no handshake.
  ClientTlsTransport(int descriptor, const std::shared_ptr<const ClientTls>& tls,
                     const std::string& name, std::shared_ptr<TlsMemory> memory);
  ~ClientTlsTransport() override;

  IoResult Read(char* buffer, size_t size) override;
  IoResult WriteBare(std::string_view bytes) override { return wire().Write(bytes); }
  IoResult Handshake() override;
  const char* problem() const override { return problem_; }
  bool resumed() const;

 private:
  static void NoteAlert(const ssl_st* session, int where, int alert);
  void Remember();

  std::shared_ptr<TlsMemory> memory_;
  const char* problem_ = nullptr;
  bool remembered_ = false, end_announced_ = false;
};

}  // namespace room_router
