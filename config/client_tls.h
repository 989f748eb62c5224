// SPDX-License-Identifier: Apache-2.0
// What the router speaks TLS with towards shards: an OpenSSL context made of `shards.tls`.
//
// TLS 1.2 and 1.3, forward secrecy and AEAD only, no compression, no renegotiation; ALPN http/1.1.
// Who is connected to must show a certificate that the authorities signed and that has its name or
// IP among its subjectAltNames (RFC 9525; the subject's CN does not count), unless `verify` is
// false. Without `ca` those authorities are the system's, read when this is made. Immutable and
// shared by threads; sessions keep it alive.
#pragma once

#include <memory>
#include <string>

#include "config/config.h"

struct ssl_ctx_st;
struct ssl_st;

namespace room_router {

class ClientTls {
 public:
  // The file with the authorities that the system trusts; "" when there is none.
  static std::string SystemAuthorities();
  // Null, and why, when OpenSSL refuses something of it.
  static std::shared_ptr<const ClientTls> Make(const config::ShardTls& tls, std::string& problem);

  // Whom an endpoint has to be that DNS, or the configuration, calls `host`.
  const std::string& NameOf(const std::string& host) const;
  // A session in connect state that trusts nobody but `name`: a host name, which the other side is
  // told (SNI), or an IP, of which it is not. The caller frees it. Null when there is no memory.
  ssl_st* NewSession(const std::string& name) const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };

  explicit ClientTls(const config::ShardTls& tls);
  std::string Trust(const config::ShardTls& tls);

  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::string server_name_;
};

// What went wrong with the last handshake of a session, in OpenSSL's words: "certificate has
// expired". Takes OpenSSL's queue of errors away. Static text, nothing of either side in it.
const char* HandshakeProblem(const ssl_st* session);

}  // namespace room_router
