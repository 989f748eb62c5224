// SPDX-License-Identifier: Apache-2.0
// An authority made for a test, that signs certificates as the test wishes them.
#pragma once

#include <memory>
#include <string>

#include "config/pem.h"

namespace room_router::test {

struct Credential {
  std::string certificate, key;  // PEM
};

class TestAuthority {
 public:
  struct Wish {
    int valid_from = -3600, valid_to = 3600;  // seconds from now
    const char* usage = "";                   // extendedKeyUsage; "" = any
    const char* names = "";                   // subjectAltName, "DNS:a,IP:127.0.0.1"; "" = none
  };

  explicit TestAuthority(const std::string& name);

  Credential Issue(const std::string& name) { return Issue(name, Wish()); }
  Credential Issue(const std::string& name, const Wish& wish);
  struct Status {
    int said = 0;            // V_OCSP_CERTSTATUS_…; 0 = good
    int next_update = 3600;  // seconds from now
    bool successful = true;  // else the authority says that it has no time
  };
  // An OCSP response about a certificate of this authority (PEM), DER.
  std::string Answer(const std::string& about) const { return Answer(about, Status()); }
  std::string Answer(const std::string& about, const Status& status) const;
  const std::string& certificate() const { return own_.certificate; }
  static std::string NewKey();  // PEM

 private:
  Credential own_;
  long serial_ = 1;
};

}  // namespace room_router::test
