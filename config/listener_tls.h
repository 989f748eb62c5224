// SPDX-License-Identifier: Apache-2.0
// `listeners[].tls`: the files it names, and what they hold. Values.
#pragma once

#include <string>
#include <vector>

#include "config/secret.h"

namespace room_router::config {

struct TlsPair {
  std::string certificate, key, ocsp;     // files; ocsp may be empty
  std::string certificate_pem, ocsp_der;  // what they hold
  Secret key_pem;
  friend bool operator==(const TlsPair&, const TlsPair&) = default;
};

struct ListenerTls {
  TlsPair first;              // for clients that name no host, or one that nobody has
  std::vector<TlsPair> more;  // chosen by the host a client names (SNI)
  std::string min_version = "1.2", client_ca, client_ca_pem;
  std::string ticket_keys;  // file; empty = random keys
  Secret ticket_keys_text;
  bool enabled() const { return !first.certificate.empty(); }
  friend bool operator==(const ListenerTls&, const ListenerTls&) = default;
};

}  // namespace room_router::config
