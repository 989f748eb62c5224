// SPDX-License-Identifier: Apache-2.0
// What a listener speaks TLS with: OpenSSL contexts made of PEM texts, one per certificate.
//
// TLS 1.2 and 1.3, forward secrecy and AEAD only, no compression, no renegotiation; ALPN http/1.1.
// The certificate is the first whose names (SANs, wildcards) have the host that the client names,
// else the listener's first (RFC 6066 §3). An OCSP response is stapled until it expires. A session
// can be resumed wherever its ticket can be opened and clients are asked for the same certificates;
// not when that of the client has expired. Immutable once made and shared by threads; sessions keep
// it alive.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/listener_tls.h"
#include "config/ocsp.h"
#include "config/ticket_keys.h"

struct evp_cipher_ctx_st;
struct evp_mac_ctx_st;
struct ssl_ctx_st;
struct ssl_st;

namespace room_router {

class ServerTls {
 public:
  using Tickets = std::shared_ptr<const TicketKeys>;

  // Null, and why, when OpenSSL refuses something of it. `tls` is enabled.
  // Session tickets are sealed with the keys of `tls`, else with `tickets`.
  static std::shared_ptr<const ServerTls> Make(const config::ListenerTls& tls, Tickets tickets,
                                               std::string& problem);
  // Why OpenSSL will not serve with a certificate and its key ("its key is too small"); "" = it
  // will.
  static std::string PairProblem(const config::TlsPair& pair);

  // A session in accept state; the caller frees it. Null when there is no memory.
  ssl_st* NewSession() const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, Free>;

  struct Staple {
    Staple(const std::string& response, const std::string& chain)
        : der(response), status(response, chain) {}
    const std::string der;
    const config::OcspStatus status;
  };

  explicit ServerTls(Tickets tickets) : tickets_(std::move(tickets)) {}
  void Add(Context context, const config::ListenerTls& tls, const config::TlsPair& pair);

  // What OpenSSL asks while it shakes hands.
  static int ChooseByName(ssl_st* session, int* alert, void* self);
  static int StapleStatus(ssl_st* session, void* staple);
  static int SealTicket(ssl_st* session, unsigned char* name, unsigned char* iv,
                        evp_cipher_ctx_st* cipher, evp_mac_ctx_st* mac, int seal);
  static Context MakeContext(const config::TlsPair& pair, std::string& problem);

  const Tickets tickets_;
  std::vector<std::unique_ptr<const Staple>> staples_;
  std::vector<Context> contexts_;  // the first serves who names no known host
};

}  // namespace room_router
