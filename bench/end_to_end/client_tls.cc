// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/client_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>

namespace room_router::bench {

TlsSession::TlsSession(ClientTls& tls, int fd) : session_(SSL_new(tls.context_)) {
  SSL_set_fd(session_, fd);
  SSL_set_connect_state(session_);
  if (tls.ticket_ == nullptr) return;
  // A copy: what happens to one connection must not mark the ticket of the others.
  SSL_SESSION* ticket = SSL_SESSION_dup(tls.ticket_);
  SSL_set_session(session_, ticket);
  SSL_SESSION_free(ticket);
  offered_ = true;
}

TlsSession::~TlsSession() {
  if (shaken()) SSL_shutdown(session_);
  SSL_free(session_);
  ERR_clear_error();
}

bool TlsSession::shaken() const { return SSL_is_init_finished(session_) == 1; }

bool TlsSession::not_resumed() const { return offered_ && SSL_session_reused(session_) == 0; }

ssize_t TlsSession::Receive(std::span<char> buffer) {
  size_t total = 0;
  do {
    size_t n = 0;
    const int result = SSL_read_ex(session_, buffer.data() + total, buffer.size() - total, &n);
    if (result != 1) return total > 0 ? static_cast<ssize_t>(total) : Explain(result);
    total += n;
  } while (buffer.size() - total >= SSL3_RT_MAX_PLAIN_LENGTH);
  return static_cast<ssize_t>(total);
}

ssize_t TlsSession::Send(std::string_view bytes) {
  size_t total = 0;
  while (total < bytes.size()) {
    size_t n = 0;
    const int result = SSL_write_ex(session_, bytes.data() + total, bytes.size() - total, &n);
    if (result != 1) return total > 0 ? static_cast<ssize_t>(total) : Explain(result);
    total += n;
  }
  return static_cast<ssize_t>(total);
}

ssize_t TlsSession::Explain(int result) {
  const int error = SSL_get_error(session_, result);
  ERR_clear_error();
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
  return -1;
}

ClientTls::ClientTls(bool resumes) : context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context_, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context_, "X25519");
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  if (!resumes) return;
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_app_data(context_, this);
  SSL_CTX_sess_set_new_cb(context_, KeepTicket);
}

ClientTls::~ClientTls() {
  SSL_SESSION_free(ticket_);
  SSL_CTX_free(context_);
}

int ClientTls::KeepTicket(ssl_st* session, ssl_session_st* ticket) {
  auto* self = static_cast<ClientTls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
  SSL_SESSION_free(self->ticket_);
  self->ticket_ = SSL_SESSION_dup(ticket);
  return 0;  // what was offered is not kept
}

}  // namespace room_router::bench
