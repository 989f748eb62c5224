// SPDX-License-Identifier: Apache-2.0
// A connection whose bytes are TLS. Idle, it has no buffer.
//
// Shakes hands as it is read from; until that is done reads are blocked. A read goes on until the
// buffer is full or nothing is left, so a short one means what it means without TLS. The end of the
// stream is the peer's close_notify, or of its TCP connection: HTTP's framing tells what is cut
// short. Source: RFC 8446, SSL_read(3), SSL_write(3).
#pragma once

#include <memory>

#include "config/server_tls.h"
#include "router/engine/transport.h"
#include "router/engine/wire_bio.h"

namespace room_router {

class TlsTransport : public Transport {
 public:
  // Owns the descriptor. Without `tls` (OpenSSL refused it) nothing can be read or written.
  TlsTransport(int descriptor, std::shared_ptr<const ServerTls> tls);
  ~TlsTransport() override;
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  IoResult Read(char* buffer, size_t size) override;
  IoResult Write(std::string_view bytes) override;
  IoResult Peek(char* buffer, size_t size) override { return wire_.plain().Peek(buffer, size); }
  void Skip(size_t size) override { wire_.plain().Skip(size); }
  void ShutdownWrite() override;
  int descriptor() const override { return wire_.plain().descriptor(); }
  bool in_handshake() const override;

 protected:
  // Owns the session, too, which may be null; `tls` is what it was made of.
  TlsTransport(int descriptor, std::shared_ptr<const void> tls, ssl_st* session);

  IoResult Explain(int result);
  bool broken() const { return broken_; }
  ssl_st* session() const { return session_.get(); }
  PlainTransport& wire() { return wire_.plain(); }

 private:
  struct Free {
    void operator()(ssl_st* session) const;
  };

  IoResult ReadRecords(char* buffer, size_t size);

  WireBio wire_;
  std::shared_ptr<const void> tls_;
  std::unique_ptr<ssl_st, Free> session_;
  bool broken_ = false;  // nothing more may be written, not even a farewell
};

}  // namespace room_router
