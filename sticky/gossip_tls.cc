// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>

#include <array>

#include "config/pem.h"

namespace room_router {
namespace {

// A shared key serves one hash; these suites have it.
constexpr const char* kSuites = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
constexpr std::array<unsigned char, 2> kSuite{0x13, 0x01};
constexpr size_t kIdentityBytes = 16;
// OpenSSL takes a shared key for a session to be resumed, and wants to know in which context.
constexpr std::array<unsigned char, 6> kContext{'g', 'o', 's', 's', 'i', 'p'};

// Independent values for independent uses of one key.
config::Secret Derive(const config::Secret& key, std::string_view purpose) {
  config::Secret derived;
  derived.resize(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  HMAC(EVP_sha256(), key.view().data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(purpose.data()), purpose.size(),
       reinterpret_cast<unsigned char*>(derived.data()), &size);
  derived.resize(size);
  return derived;
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// What OpenSSL said last, for people.
std::string Refused(const char* what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return std::string(what) + " can't be used" +
         (reason != nullptr ? std::string(": ") + reason : "");
}

}  // namespace

std::shared_ptr<const GossipTls> GossipTls::Make(const config::PeerCredentials& files,
                                                 std::string& problem) {
  const std::shared_ptr<GossipTls> tls(new GossipTls());
  problem =
      files.shared_keys.empty() ? tls->TakeCertificates(files) : tls->TakeKeys(files.shared_keys);
  return problem.empty() ? tls : nullptr;
}

GossipTls::GossipTls() : context_(SSL_CTX_new(TLS_method())) {
  SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context_, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context_, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context_, 0);
  SSL_CTX_set_session_id_context(context_, kContext.data(), kContext.size());
  SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_app_data(context_, this);
}

GossipTls::~GossipTls() { SSL_CTX_free(context_); }

std::string GossipTls::TakeKeys(const std::vector<config::Secret>& keys) {
  for (const config::Secret& key : keys) {
    const config::Secret name = Derive(key, "room-router gossip identity");
    keys_.push_back({.identity = "room-router:" + Hex(name.view().substr(0, kIdentityBytes)),
                     .secret = Derive(key, "room-router gossip key")});
  }
  if (SSL_CTX_set_ciphersuites(context_, kSuites) != 1) return Refused("the shared key");
  SSL_CTX_set_psk_use_session_callback(context_, UseKey);
  SSL_CTX_set_psk_find_session_callback(context_, FindKey);
  // Nobody is trusted by certificate: an acceptor that offers one instead of the key is refused.
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  return "";
}

std::string GossipTls::TakeCertificates(const config::PeerCredentials& files) {
  const auto chain = config::ReadCertificates(files.certificate);
  const config::PrivateKey key = config::ReadPrivateKey(files.key.view());
  config::Authorities authorities = config::ReadAuthorities(files.ca);
  if (chain.empty() || SSL_CTX_use_certificate(context_, chain[0].get()) != 1) {
    return Refused("peers.tls.certificate");
  }
  for (size_t i = 1; i < chain.size(); ++i) SSL_CTX_add1_chain_cert(context_, chain[i].get());
  if (!key || SSL_CTX_use_PrivateKey(context_, key.get()) != 1 ||
      SSL_CTX_check_private_key(context_) != 1) {
    return Refused("peers.tls.key");
  }
  if (!authorities) return Refused("peers.tls.ca");
  SSL_CTX_set_cert_store(context_, authorities.release());
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return "";
}

const GossipTls& GossipTls::Of(const SSL* ssl) {
  return *static_cast<const GossipTls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

SSL_SESSION* GossipTls::SessionOf(SSL* ssl, const SharedKey& key) {
  SSL_SESSION* session = SSL_SESSION_new();
  SSL_SESSION_set1_master_key(
      session, reinterpret_cast<const unsigned char*>(key.secret.view().data()), key.secret.size());
  SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, kSuite.data()));
  SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION);
  SSL_SESSION_set1_id_context(session, kContext.data(), kContext.size());
  return session;
}

int GossipTls::UseKey(SSL* ssl, const EVP_MD*, const unsigned char** identity, size_t* size,
                      SSL_SESSION** session) {
  const SharedKey& key = Of(ssl).keys_.front();
  *identity = reinterpret_cast<const unsigned char*>(key.identity.data());
  *size = key.identity.size();
  *session = SessionOf(ssl, key);
  return 1;
}

int GossipTls::FindKey(SSL* ssl, const unsigned char* identity, size_t size,
                       SSL_SESSION** session) {
  const std::string_view wanted(reinterpret_cast<const char*>(identity), size);
  *session = nullptr;
  for (const SharedKey& key : Of(ssl).keys_) {
    if (key.identity == wanted) *session = SessionOf(ssl, key);
  }
  return 1;
}

}  // namespace room_router
