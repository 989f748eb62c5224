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
  };

  explicit TestAuthority(const std::string& name);

  Credential Issue(const std::string& name) { return Issue(name, Wish()); }
  Credential Issue(const std::string& name, const Wish& wish);
  const std::string& certificate() const { return own_.certificate; }
  static std::string NewKey();  // PEM

 private:
  Credential own_;
  long serial_ = 1;
};

}  // namespace room_router::test
