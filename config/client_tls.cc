// SPDX-License-Identifier: Apache-2.0
#include "config/client_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "config/pem.h"
#include "config/socket_address.h"

namespace room_router {
namespace {

constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2
constexpr std::array<unsigned char, 9> kProtocols{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

}  // namespace

void ClientTls::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

ClientTls::ClientTls(const config::ShardTls& tls)
    : context_(SSL_CTX_new(TLS_client_method())), server_name_(tls.server_name) {
  SSL_CTX* context = context_.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_protos(context, kProtocols.data(), kProtocols.size());
}

// Where distributions keep all authorities in one file. OpenSSL's own default is often a folder,
// which it would look into during handshakes.
std::string ClientTls::SystemAuthorities() {
  const char* named = std::getenv(X509_get_default_cert_file_env());  // SSL_CERT_FILE
  const std::array<const char*, 5> bundles{
      named != nullptr ? named : "", "/etc/ssl/certs/ca-certificates.crt",
      "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem", X509_get_default_cert_file()};
  for (const char* bundle : bundles) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(bundle, ignored)) return bundle;
  }
  return "";
}

std::string ClientTls::Trust(const config::ShardTls& tls) {
  if (!tls.verify) return "";
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  if (tls.ca_pem.empty()) {
    // Without any nobody is trusted, and each handshake says so.
    SSL_CTX_load_verify_file(context_.get(), SystemAuthorities().c_str());
    ERR_clear_error();
    return "";
  }
  config::Authorities authorities = config::ReadAuthorities(tls.ca_pem);
  if (!authorities) return "has no certificate of an authority";
  SSL_CTX_set_cert_store(context_.get(), authorities.release());
  return "";
}

std::shared_ptr<const ClientTls> ClientTls::Make(const config::ShardTls& tls,
                                                 std::string& problem) {
  const std::shared_ptr<ClientTls> made(new ClientTls(tls));
  problem = made->Trust(tls);
  return problem.empty() ? made : nullptr;
}

const std::string& ClientTls::NameOf(const std::string& host) const {
  return server_name_.empty() ? host : server_name_;
}

ssl_st* ClientTls::NewSession(const std::string& name) const {
  SSL* session = SSL_new(context_.get());
  if (session == nullptr) return nullptr;
  SSL_set_connect_state(session);
  X509_VERIFY_PARAM* wanted = SSL_get0_param(session);
  bool set = false;
  if (SocketAddress::FromIp(name, 0)) {
    set = X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1;
  } else {
    const std::string host = name.substr(0, name.size() - (name.ends_with('.') ? 1 : 0));
    X509_VERIFY_PARAM_set_hostflags(
        wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    set = !host.empty() && X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), 0) == 1 &&
          SSL_set_tlsext_host_name(session, host.c_str()) == 1;
  }
  ERR_clear_error();
  if (set) return session;
  SSL_free(session);
  return nullptr;
}

const char* HandshakeProblem(const ssl_st* session) {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const long verdict = SSL_get_verify_result(session);
  if (verdict != X509_V_OK && SSL_get_verify_mode(session) != SSL_VERIFY_NONE) {
    return X509_verify_cert_error_string(verdict);
  }
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "the connection ended during the handshake";
}

}  // namespace room_router
