// SPDX-License-Identifier: Apache-2.0
#include "router/engine/wire_bio.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace room_router {

using Status = IoResult::Status;

struct WireBio::Method {
  static WireBio& Of(BIO* bio) { return *static_cast<WireBio*>(BIO_get_data(bio)); }

  static int Read(BIO* bio, char* buffer, size_t size, size_t* n) {
    WireBio& wire = Of(bio);
    BIO_clear_retry_flags(bio);
    IoResult result{Status::kBlocked, 0};
    if (!wire.drained_ || !wire.reading_) result = wire.plain_.Read(buffer, size);
    wire.drained_ = result.bytes < size;
    wire.ended_ = result.status == Status::kEof;
    if (result.status == Status::kBlocked) BIO_set_retry_read(bio);
    *n = result.bytes;
    return result.status == Status::kOk ? 1 : 0;
  }

  static int Write(BIO* bio, const char* bytes, size_t size, size_t* n) {
    BIO_clear_retry_flags(bio);
    WireBio& wire = Of(bio);
    const IoResult result =
        wire.more_ ? wire.plain_.WriteMore({bytes, size}) : wire.plain_.Write({bytes, size});
    if (result.status == Status::kBlocked) BIO_set_retry_write(bio);
    *n = result.bytes;
    return result.status == Status::kOk ? 1 : 0;
  }

  static long Control(BIO* bio, int what, long, void*) {
    if (what == BIO_CTRL_EOF) return Of(bio).ended_ ? 1 : 0;
    return what == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static const BIO_METHOD* Make() {
    BIO_METHOD* method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "room-router connection");
    BIO_meth_set_read_ex(method, Read);
    BIO_meth_set_write_ex(method, Write);
    BIO_meth_set_ctrl(method, Control);
    return method;
  }
};

bool WireBio::Attach(ssl_st* session) {
  static const BIO_METHOD* const kMethod = Method::Make();
  BIO* bio = BIO_new(kMethod);
  if (bio == nullptr) return false;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(session, bio, bio);
  return true;
}

}  // namespace room_router
