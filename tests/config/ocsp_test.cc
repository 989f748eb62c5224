// SPDX-License-Identifier: Apache-2.0
#include "config/ocsp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include "tests/config/test_authority.h"

namespace room_router::config {
namespace {

using test::Credential;
using test::TestAuthority;
using ::testing::StartsWith;

class OcspTest : public testing::Test {
 protected:
  std::string Chain() const { return own_.certificate + authority_.certificate(); }
  std::string Problem(const std::string& der) const { return OcspStatus(der, Chain()).problem(); }

  TestAuthority authority_{"authority"};
  const Credential own_ = authority_.Issue("meet.test");
  const std::string good_ = authority_.Answer(own_.certificate);
};

TEST_F(OcspTest, AGoodResponse) {
  EXPECT_EQ(OcspProblem(good_), "");
  const OcspStatus status(good_, Chain());
  EXPECT_EQ(status.problem(), "");
  EXPECT_FALSE(status.expired());
  EXPECT_FALSE(status.revoked());
}

TEST_F(OcspTest, WhatIsNoResponse) {
  for (const std::string& der : {std::string(), std::string("x"), own_.certificate, good_ + "x",
                                 good_.substr(0, good_.size() - 1), std::string(100, '\0')}) {
    EXPECT_THAT(OcspProblem(der), StartsWith("is no OCSP response in DER; get a new one"));
    EXPECT_THAT(Problem(der), StartsWith("is no OCSP response in DER; "));
  }
  EXPECT_THAT(OcspProblem(authority_.Answer(own_.certificate, {.successful = false})),
              StartsWith("holds the answer \"trylater\" of the authority instead of a status"));
}

TEST_F(OcspTest, AnyDamageIsFoundOrHarmless) {
  for (size_t at = 0; at < good_.size(); ++at) {
    std::string damaged = good_;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    const OcspStatus status(damaged, Chain());
    EXPECT_TRUE(!status.problem().empty() || !status.revoked()) << at;
  }
}

TEST_F(OcspTest, OneAboutAnotherCertificate) {
  EXPECT_THAT(Problem(authority_.Answer(authority_.Issue("meet.test").certificate)),
              StartsWith("is about another certificate; "));
  TestAuthority stranger("stranger");  // whose first serial number is the same
  EXPECT_THAT(Problem(stranger.Answer(stranger.Issue("meet.test").certificate)),
              StartsWith("is about another certificate; "));
}

TEST_F(OcspTest, OneSignedBySomebodyElse) {
  TestAuthority impostor("authority");
  const std::string forged = impostor.Answer(impostor.Issue("meet.test").certificate);
  EXPECT_THAT(Problem(forged), StartsWith("is not signed by who issued the certificate; "));
  EXPECT_EQ(OcspStatus(forged, own_.certificate).problem(), "") << "nobody can tell";
}

TEST_F(OcspTest, WhatItSays) {
  const OcspStatus revoked(authority_.Answer(own_.certificate, {.said = V_OCSP_CERTSTATUS_REVOKED}),
                           Chain());
  EXPECT_EQ(revoked.problem(), "");
  EXPECT_TRUE(revoked.revoked());
  const OcspStatus old(authority_.Answer(own_.certificate, {.next_update = -10}), Chain());
  EXPECT_EQ(old.problem(), "");
  EXPECT_TRUE(old.expired());
  EXPECT_THAT(Problem(authority_.Answer(own_.certificate, {.said = V_OCSP_CERTSTATUS_UNKNOWN})),
              StartsWith("says that its authority does not know the certificate; "));
}

}  // namespace
}  // namespace room_router::config
