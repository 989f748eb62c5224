// SPDX-License-Identifier: Apache-2.0
// TLS of one link: bytes of the stream in, plain bytes out, and the other way round.
//
// No sockets and no time. After every call TakeOutgoing() has what must go to the other side; a
// dialler's first flight is there from the start. Once Receive has failed only what is outgoing (an
// alert) is left of it. OpenSSL bounds what it gathers before the handshake is done.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sticky/gossip_tls.h"

namespace room_router {

enum class TlsFailure : uint8_t {
  kNone,
  kNotTls,       // the other side speaks something else
  kVersion,      // an older TLS
  kKey,          // no key, or not one of ours
  kCertificate,  // none, or one that is not to be trusted
  kRefused,      // the other side said no
  kBroken,       // anything else
};

class GossipTlsSession {
 public:
  enum class Side : uint8_t { kDialler, kAcceptor };
  GossipTlsSession(std::shared_ptr<const GossipTls> tls, Side side);

  // Appends what has become readable.
  TlsFailure Receive(std::string_view bytes, std::string& plain);
  void Send(std::string_view plain);  // established; not empty
  void End();                         // says goodbye (close_notify)
  std::string TakeOutgoing();

  bool established() const { return established_; }
  bool ended() const { return ended_; }  // the other side said goodbye

 private:
  struct FreeSsl {
    void operator()(ssl_st* ssl) const;
  };
  TlsFailure ShakeHands();
  TlsFailure Explain(int result);

  std::shared_ptr<const GossipTls> tls_;
  std::unique_ptr<ssl_st, FreeSsl> ssl_;
  bool established_ = false, ended_ = false, failed_ = false;
};

}  // namespace room_router
