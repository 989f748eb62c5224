// SPDX-License-Identifier: Apache-2.0
// Who may gossip with us: the files of peers.tls as OpenSSL wants them, for links of both sides.
//
// TLS 1.3 alone, no session tickets, no early data. With shared keys (external PSK, RFC 8446
// §4.2.11 and RFC 9257): the first key dials, any of them is accepted, always with a fresh
// Diffie-Hellman exchange. Key and identity on the wire are derived from the configured key, so the
// acceptor finds the right one whatever its place. With certificates: both sides show one that `ca`
// signed; names in it don't count. Immutable; sessions share it, so a reload leaves those there are
// alone.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

struct evp_md_st;
struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

namespace room_router {

class GossipTls {
 public:
  // Null when OpenSSL refuses what the loader accepted; then `problem` says why.
  static std::shared_ptr<const GossipTls> Make(const config::PeerCredentials& files,
                                               std::string& problem);
  ~GossipTls();
  GossipTls(const GossipTls&) = delete;
  GossipTls& operator=(const GossipTls&) = delete;

  ssl_ctx_st* context() const { return context_; }
  bool by_shared_key() const { return !keys_.empty(); }

 private:
  struct SharedKey {
    std::string identity;  // goes over the wire
    config::Secret secret;
  };

  GossipTls();
  std::string TakeKeys(const std::vector<config::Secret>& keys);
  std::string TakeCertificates(const config::PeerCredentials& files);
  // What OpenSSL asks while it shakes hands.
  static int UseKey(ssl_st* ssl, const evp_md_st* digest, const unsigned char** identity,
                    size_t* size, ssl_session_st** session);
  static int FindKey(ssl_st* ssl, const unsigned char* identity, size_t size,
                     ssl_session_st** session);
  static const GossipTls& Of(const ssl_st* ssl);
  static ssl_session_st* SessionOf(ssl_st* ssl, const SharedKey& key);

  ssl_ctx_st* context_;
  std::vector<SharedKey> keys_;
};

}  // namespace room_router
