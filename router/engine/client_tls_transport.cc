// SPDX-License-Identifier: Apache-2.0
#include "router/engine/client_tls_transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

namespace room_router {

using Status = IoResult::Status;

void TlsMemory::Free::operator()(ssl_session_st* session) const { SSL_SESSION_free(session); }

ClientTlsTransport::ClientTlsTransport(int descriptor, const std::shared_ptr<const ClientTls>& tls,
                                       const std::string& name, std::shared_ptr<TlsMemory> memory)
    : TlsTransport(descriptor, tls, tls ? tls->NewSession(name) : nullptr),
      memory_(std::move(memory)) {
  if (broken()) return;
  SSL_set_app_data(session(), this);
  SSL_set_info_callback(session(), NoteAlert);
  if (memory_->name != name) *memory_ = {.name = name, .session = nullptr};
  if (memory_->session) SSL_set_session(session(), memory_->session.get());
  ERR_clear_error();
}

// The session says goodbye after this, and is not to call back any more.
ClientTlsTransport::~ClientTlsTransport() {
  if (session() != nullptr) SSL_set_info_callback(session(), nullptr);
}

IoResult ClientTlsTransport::Handshake() {
  if (broken()) {
    problem_ = "OpenSSL cannot begin a session";
    return {Status::kError, 0};
  }
  ERR_clear_error();
  const int result = SSL_do_handshake(session());
  if (result == 1) return {};
  const int kind = SSL_get_error(session(), result);
  if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE) {
    problem_ = HandshakeProblem(session());
    memory_->session.reset();
  }
  return Explain(result);
}

IoResult ClientTlsTransport::Read(char* buffer, size_t size) {
  IoResult result = TlsTransport::Read(buffer, size);
  if (result.status == Status::kOk && !remembered_) Remember();
  result.cut = result.status == Status::kEof && !end_announced_;
  return result;
}

bool ClientTlsTransport::resumed() const { return SSL_session_reused(session()) == 1; }

// Tickets come after the handshake, before or with the first bytes.
void ClientTlsTransport::Remember() {
  remembered_ = true;
  SSL_SESSION* session = SSL_get1_session(this->session());
  if (session == nullptr) return;
  if (SSL_SESSION_is_resumable(session) != 1) return SSL_SESSION_free(session);
  memory_->session.reset(session);
}

void ClientTlsTransport::NoteAlert(const ssl_st* session, int where, int alert) {
  if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
  if ((alert & 0xff) != SSL_AD_CLOSE_NOTIFY) return;
  static_cast<ClientTlsTransport*>(SSL_get_app_data(session))->end_announced_ = true;
}

}  // namespace room_router
