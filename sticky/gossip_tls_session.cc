// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cassert>
#include <utility>

namespace room_router {
namespace {

constexpr size_t kRecordBytes = 16 << 10;

TlsFailure Classify(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return TlsFailure::kBroken;
  switch (const int reason = ERR_GET_REASON(error)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return TlsFailure::kNotTls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return TlsFailure::kVersion;
    case SSL_R_BINDER_DOES_NOT_VERIFY:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_CIPHER:
      return TlsFailure::kKey;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return TlsFailure::kCertificate;
    default:
      return reason >= SSL_AD_REASON_OFFSET ? TlsFailure::kRefused : TlsFailure::kBroken;
  }
}

}  // namespace

void GossipTlsSession::FreeSsl::operator()(SSL* ssl) const { SSL_free(ssl); }

GossipTlsSession::GossipTlsSession(std::shared_ptr<const GossipTls> tls, Side side)
    : tls_(std::move(tls)), ssl_(SSL_new(tls_->context())) {
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  if (side == Side::kAcceptor) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
    ERR_clear_error();
    ShakeHands();
  }
}

TlsFailure GossipTlsSession::Receive(std::string_view bytes, std::string& plain) {
  if (failed_ || bytes.empty()) return TlsFailure::kNone;
  ERR_clear_error();  // of others on this thread
  BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
  if (!established_) {
    const TlsFailure failure = ShakeHands();
    if (failure != TlsFailure::kNone || !established_) return failure;
  }
  std::array<char, kRecordBytes> record;
  for (;;) {
    const int size = SSL_read(ssl_.get(), record.data(), static_cast<int>(record.size()));
    if (size <= 0) return Explain(size);
    plain.append(record.data(), static_cast<size_t>(size));
  }
}

void GossipTlsSession::Send(std::string_view plain) {
  assert(established_ && !plain.empty());
  if (failed_) return;
  // A memory BIO takes everything.
  SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
}

void GossipTlsSession::End() {
  if (established_ && !failed_) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::string GossipTlsSession::TakeOutgoing() {
  BIO* bio = SSL_get_wbio(ssl_.get());
  std::string bytes(BIO_ctrl_pending(bio), '\0');
  if (!bytes.empty()) BIO_read(bio, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

TlsFailure GossipTlsSession::ShakeHands() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return Explain(result);
  // Without certificates there is no other way to get here; still, nothing rests on that.
  failed_ = tls_->by_shared_key() && SSL_session_reused(ssl_.get()) != 1;
  established_ = !failed_;
  return failed_ ? TlsFailure::kKey : TlsFailure::kNone;
}

TlsFailure GossipTlsSession::Explain(int result) {
  const int kind = SSL_get_error(ssl_.get(), result);
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (kind == SSL_ERROR_WANT_READ) return TlsFailure::kNone;
  if (kind == SSL_ERROR_ZERO_RETURN) {
    ended_ = true;
    return TlsFailure::kNone;
  }
  failed_ = true;
  return Classify(error);
}

}  // namespace room_router
