// SPDX-License-Identifier: Apache-2.0
#include "config/server_tls.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <string_view>

#include "config/pem.h"

namespace room_router {
namespace {

constexpr int kBlock = 16;                                       // bytes of AES
constexpr size_t kLongAes = 32;                                  // of AES-256
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2
constexpr std::array<unsigned char, 9> kProtocols{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// RFC 7301 §3.2: who wants other protocols only is refused, who asks for none is not.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                   unsigned in_size, void*) {
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, size, kProtocols.data(), kProtocols.size(), in, in_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::string WhyNot(std::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return std::string(what) + (reason != nullptr ? std::string(" (") + reason + ")" : "");
}

// Who resumes a session skips the check of its certificate: it must be the same check.
void NamePolicy(SSL_CTX* context, const config::ListenerTls& tls) {
  const std::string policy = "room-router client_ca " + tls.client_ca_pem;
  std::array<unsigned char, EVP_MAX_MD_SIZE> name{};
  unsigned size = 0;
  EVP_Digest(policy.data(), policy.size(), name.data(), &size, EVP_sha256(), nullptr);
  SSL_CTX_set_session_id_context(context, name.data(), size);
}

// A ticket may live longer than the certificate that its client has shown.
SSL_TICKET_RETURN ReviewTicket(SSL*, SSL_SESSION* session, const unsigned char*, size_t,
                               SSL_TICKET_STATUS status, void*) {
  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }
  const X509* shown = SSL_SESSION_get0_peer(session);
  if (shown == nullptr || X509_cmp_current_time(X509_get0_notAfter(shown)) <= 0) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

void AskForCertificate(SSL_CTX* context, const std::string& authorities) {
  SSL_CTX_set_cert_store(context, config::ReadAuthorities(authorities).release());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_session_ticket_cb(context, nullptr, ReviewTicket, nullptr);
}

bool HasName(const SSL_CTX* context, const char* host) {
  return X509_check_host(SSL_CTX_get0_certificate(context), host, 0, 0, nullptr) == 1;
}

}  // namespace

void ServerTls::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

ServerTls::Context ServerTls::MakeContext(const config::TlsPair& pair, std::string& problem) {
  Context context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_cipher_list(context.get(), kCiphers);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets instead
  SSL_CTX_set_num_tickets(context.get(), 1);
  SSL_CTX_set_timeout(context.get(), std::chrono::seconds(TicketKeys::kTicketLifetime).count());
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, nullptr);
  const auto chain = config::ReadCertificates(pair.certificate_pem);
  const auto key = config::ReadPrivateKey(pair.key_pem.view());
  ERR_clear_error();
  if (chain.empty() || SSL_CTX_use_certificate(context.get(), chain[0].get()) != 1) {
    problem = WhyNot("can't be served with");
    return nullptr;
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    SSL_CTX_add1_chain_cert(context.get(), chain[i].get());
  }
  if (!key || SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    problem = WhyNot("can't be served with: its key");
    return nullptr;
  }
  return context;
}

std::string ServerTls::PairProblem(const config::TlsPair& pair) {
  std::string problem;
  MakeContext(pair, problem);
  return problem;
}

std::shared_ptr<const ServerTls> ServerTls::Make(const config::ListenerTls& tls, Tickets tickets,
                                                 std::string& problem) {
  if (!tls.ticket_keys_text.empty()) {
    tickets = std::make_shared<const TicketKeys>(tls.ticket_keys_text.view());
  }
  const std::shared_ptr<ServerTls> made(new ServerTls(std::move(tickets)));
  std::vector<const config::TlsPair*> pairs{&tls.first};
  for (const config::TlsPair& pair : tls.more) pairs.push_back(&pair);
  for (const config::TlsPair* pair : pairs) {
    Context context = MakeContext(*pair, problem);
    if (!context) return nullptr;
    made->Add(std::move(context), tls, *pair);
  }
  SSL_CTX_set_tlsext_servername_callback(made->contexts_.front().get(), ChooseByName);
  SSL_CTX_set_tlsext_servername_arg(made->contexts_.front().get(), made.get());
  return made;
}

void ServerTls::Add(Context context, const config::ListenerTls& tls, const config::TlsPair& pair) {
  SSL_CTX* made = contexts_.emplace_back(std::move(context)).get();
  SSL_CTX_set_min_proto_version(made, tls.min_version == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_app_data(made, this);
  NamePolicy(made, tls);
  if (tickets_) SSL_CTX_set_tlsext_ticket_key_evp_cb(made, SealTicket);
  if (!tls.client_ca_pem.empty()) AskForCertificate(made, tls.client_ca_pem);
  if (pair.ocsp_der.empty()) return;
  staples_.push_back(std::make_unique<const Staple>(pair.ocsp_der, pair.certificate_pem));
  SSL_CTX_set_tlsext_status_cb(made, StapleStatus);
  SSL_CTX_set_tlsext_status_arg(made, const_cast<Staple*>(staples_.back().get()));
}

// RFC 6066 §8: asked for by the client only.
int ServerTls::StapleStatus(ssl_st* session, void* of_context) {
  const Staple& staple = *static_cast<const Staple*>(of_context);
  if (staple.status.expired()) return SSL_TLSEXT_ERR_NOACK;
  void* copy = OPENSSL_memdup(staple.der.data(), staple.der.size());
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(session, copy, static_cast<long>(staple.der.size()));
  return SSL_TLSEXT_ERR_OK;
}

// As OpenSSL does with keys of its own; SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
int ServerTls::SealTicket(ssl_st* session, unsigned char* name, unsigned char* iv,
                          evp_cipher_ctx_st* cipher, evp_mac_ctx_st* mac, int seal) {
  constexpr int kNoKey = 0, kFailed = -1, kDone = 1, kDoneRenew = 2;
  const auto& self = *static_cast<const ServerTls*>(
      SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));  // that of any of its contexts
  TicketKeys::Found found;
  if (seal == 1) {
    found.key = self.tickets_->ForNew();
    found.key->name.copy(reinterpret_cast<char*>(name), TicketKey::kNameBytes);
    if (RAND_bytes(iv, kBlock) != 1) return kFailed;
  } else {
    found = self.tickets_->Find({reinterpret_cast<char*>(name), TicketKey::kNameBytes});
    if (!found.key) return kNoKey;
  }
  const TicketKey& key = *found.key;
  const EVP_CIPHER* algorithm = key.aes.size() == kLongAes ? EVP_aes_256_cbc() : EVP_aes_128_cbc();
  config::Secret sign = key.mac;  // OpenSSL's parameters are not const
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 3> how{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, sign.data(), sign.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_end()};
  const auto* aes = reinterpret_cast<const unsigned char*>(key.aes.view().data());
  const bool ready = EVP_CipherInit_ex(cipher, algorithm, nullptr, aes, iv, seal) == 1 &&
                     EVP_MAC_CTX_set_params(mac, how.data()) == 1;
  if (!ready) return kFailed;
  return found.renew ? kDoneRenew : kDone;
}

int ServerTls::ChooseByName(ssl_st* session, int*, void* self) {
  const char* host = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  if (host == nullptr) return SSL_TLSEXT_ERR_NOACK;
  for (const Context& context : static_cast<const ServerTls*>(self)->contexts_) {
    if (!HasName(context.get(), host)) continue;
    SSL_set_SSL_CTX(session, context.get());
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

ssl_st* ServerTls::NewSession() const {
  SSL* session = SSL_new(contexts_.front().get());
  if (session != nullptr) SSL_set_accept_state(session);
  return session;
}

}  // namespace room_router
