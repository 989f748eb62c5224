// SPDX-License-Identifier: Apache-2.0
// The ways to protect gossip, made in one line.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sticky/gossip_tls.h"
#include "tests/config/test_authority.h"

namespace room_router::test {

inline std::shared_ptr<const GossipTls> Protection(const config::PeerCredentials& files) {
  std::string problem;
  auto tls = GossipTls::Make(files, problem);
  EXPECT_EQ(problem, "");
  return tls;
}

inline std::shared_ptr<const GossipTls> Keys(const std::vector<std::string>& keys) {
  return Protection(
      {.shared_keys = {keys.begin(), keys.end()}, .certificate = "", .key = {}, .ca = ""});
}

inline std::shared_ptr<const GossipTls> Files(const Credential& own, const std::string& ca) {
  return Protection({.shared_keys = {},
                     .certificate = own.certificate,
                     .key = config::Secret(own.key),
                     .ca = ca});
}

}  // namespace room_router::test
