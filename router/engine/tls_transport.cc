// SPDX-License-Identifier: Apache-2.0
#include "router/engine/tls_transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace room_router {
namespace {

using Status = IoResult::Status;

// SSL_get_error(3) takes what an earlier call has left behind for the reason of this one's failure.
// There hardly ever is anything, and looking is cheaper than clearing.
void ForgetErrors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

void TlsTransport::Free::operator()(ssl_st* session) const { SSL_free(session); }

TlsTransport::TlsTransport(int descriptor, std::shared_ptr<const ServerTls> tls)
    : TlsTransport(descriptor, tls, tls ? tls->NewSession() : nullptr) {}

TlsTransport::TlsTransport(int descriptor, std::shared_ptr<const void> tls, ssl_st* session)
    : wire_(descriptor), tls_(std::move(tls)), session_(session) {
  broken_ = !session_ || !wire_.Attach(session_.get());
  if (!broken_) SSL_set_read_ahead(session_.get(), 1);
  ERR_clear_error();
}

TlsTransport::~TlsTransport() {
  if (broken_ || SSL_in_init(session_.get())) return;
  SSL_shutdown(session_.get());
  ERR_clear_error();
}

bool TlsTransport::in_handshake() const { return !broken_ && SSL_in_init(session_.get()) != 0; }

IoResult TlsTransport::Read(char* buffer, size_t size) {
  if (broken_) return {Status::kError, 0};
  wire_.BeginRead();
  const IoResult result = ReadRecords(buffer, size);
  wire_.EndRead();
  return result;
}

IoResult TlsTransport::ReadRecords(char* buffer, size_t size) {
  size_t total = 0;
  while (total < size) {
    ForgetErrors();
    size_t n = 0;
    const int result = SSL_read_ex(session_.get(), buffer + total, size - total, &n);
    if (result == 1) {
      total += n;
      if (wire_.drained() && SSL_has_pending(session_.get()) == 0) break;
      continue;
    }
    const IoResult end = Explain(result);
    if (total == 0) return end;
    // What came before the end counts first; the end is found again by the next read.
    return {Status::kOk, total, end.status != Status::kBlocked};
  }
  return {Status::kOk, total};
}

IoResult TlsTransport::Write(std::string_view bytes) {
  if (broken_) return {Status::kError, 0};
  ForgetErrors();
  wire_.set_more(bytes.size() > SSL3_RT_MAX_PLAIN_LENGTH);
  size_t n = 0;
  const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &n);
  wire_.set_more(false);
  if (result == 1) return {Status::kOk, n};
  // After the peer's farewell OpenSSL explains whatever fails by it.
  const IoResult end = Explain(result);
  return end.status == Status::kEof ? IoResult{Status::kError, 0} : end;
}

IoResult TlsTransport::Explain(int result) {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {Status::kBlocked, 0};
    case SSL_ERROR_WANT_WRITE:
      return {Status::kBlocked, 0, true};
    case SSL_ERROR_ZERO_RETURN:
      return {Status::kEof, 0};
    default:
      broken_ = true;
      ERR_clear_error();
      return {Status::kError, 0};
  }
}

void TlsTransport::ShutdownWrite() {
  if (!broken_ && !SSL_in_init(session_.get())) SSL_shutdown(session_.get());
  ERR_clear_error();
  wire_.plain().ShutdownWrite();
}

}  // namespace room_router
