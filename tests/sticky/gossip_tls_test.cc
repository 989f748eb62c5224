// SPDX-License-Identifier: Apache-2.0
// Two sessions that shake hands in memory: who gets in, and what each side says of it.
#include "sticky/gossip_tls.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "sticky/gossip_tls_session.h"
#include "tests/config/test_authority.h"
#include "tests/sticky/raw_peer.h"
#include "tests/sticky/transport_protection.h"

namespace room_router {
namespace {

using test::Credential;
using test::Files;
using test::Keys;
using test::TestAuthority;
using Side = GossipTlsSession::Side;

const std::string kOld(16, 'o'), kNew(32, 'n'), kOther(16, 'x');

struct Talk {
  Talk(std::shared_ptr<const GossipTls> a, std::shared_ptr<const GossipTls> b)
      : dialler(std::move(a), Side::kDialler), acceptor(std::move(b), Side::kAcceptor) {}

  // Carries bytes to and fro, `step` at a time, until there are none.
  void Run(size_t step = 100'000) {
    while (Carry(dialler, acceptor, step, acceptor_failure, acceptor_heard) ||
           Carry(acceptor, dialler, step, dialler_failure, dialler_heard)) {
    }
  }
  static bool Carry(GossipTlsSession& from, GossipTlsSession& to, size_t step, TlsFailure& failure,
                    std::string& heard) {
    const std::string bytes = from.TakeOutgoing();
    for (size_t at = 0; at < bytes.size(); at += step) {
      const TlsFailure result = to.Receive(std::string_view(bytes).substr(at, step), heard);
      if (failure == TlsFailure::kNone) failure = result;
    }
    return !bytes.empty();
  }
  bool both() const { return dialler.established() && acceptor.established(); }

  GossipTlsSession dialler, acceptor;
  TlsFailure dialler_failure = TlsFailure::kNone, acceptor_failure = TlsFailure::kNone;
  std::string dialler_heard, acceptor_heard;
};

TEST(GossipTlsTest, SharedKeyBothWaysInAnyPieces) {
  for (const size_t step : {1U, 7U, 100'000U}) {
    Talk talk(Keys({kOld}), Keys({kOld}));
    talk.Run(step);
    ASSERT_TRUE(talk.both());
    talk.dialler.Send("ping");
    talk.acceptor.Send(std::string(100'000, 'p'));
    talk.Run(step);
    EXPECT_EQ(talk.acceptor_heard, "ping");
    EXPECT_EQ(talk.dialler_heard, std::string(100'000, 'p'));
    talk.dialler.End();
    talk.Run(step);
    EXPECT_TRUE(talk.acceptor.ended());
    EXPECT_FALSE(talk.dialler.ended());
  }
}

// Every step of a rotation talks to the step before it, whoever dials.
TEST(GossipTlsTest, SharedKeysRotate) {
  const std::vector<std::vector<std::string>> steps{{kOld}, {kOld, kNew}, {kNew, kOld}, {kNew}};
  for (size_t i = 0; i + 1 < steps.size(); ++i) {
    for (const auto& [a, b] : {std::pair(i, i + 1), std::pair(i + 1, i), std::pair(i, i)}) {
      Talk talk(Keys(steps[a]), Keys(steps[b]));
      talk.Run();
      EXPECT_TRUE(talk.both()) << a << " dials " << b;
    }
  }
}

TEST(GossipTlsTest, AnotherSharedKeyIsRefused) {
  Talk talk(Keys({kOther}), Keys({kOld, kNew}));
  talk.Run();
  EXPECT_EQ(talk.acceptor_failure, TlsFailure::kKey);
  EXPECT_EQ(talk.dialler_failure, TlsFailure::kRefused);
  EXPECT_FALSE(talk.acceptor.established() || talk.dialler.established());
}

TEST(GossipTlsTest, AKeyIsNoCertificateAndTheOtherWayRound) {
  TestAuthority authority("authority");
  const auto files = Files(authority.Issue("a"), authority.certificate());
  Talk talk(Keys({kOld}), files);
  talk.Run();
  EXPECT_EQ(talk.dialler_failure, TlsFailure::kCertificate) << "whoever has a certificate gets in";
  EXPECT_FALSE(talk.dialler.established());
  Talk turned(files, Keys({kOld}));
  turned.Run();
  EXPECT_EQ(turned.acceptor_failure, TlsFailure::kKey);
  EXPECT_FALSE(turned.both());
}

TEST(GossipTlsTest, CertificatesOnBothSides) {
  TestAuthority authority("authority");
  const std::string& ca = authority.certificate();
  Talk talk(Files(authority.Issue("a"), ca), Files(authority.Issue("b"), ca));
  talk.Run();
  ASSERT_TRUE(talk.both());
  talk.dialler.Send("ping");
  talk.Run();
  EXPECT_EQ(talk.acceptor_heard, "ping");
}

TEST(GossipTlsTest, CertificatesNobodyShouldTrust) {
  TestAuthority authority("authority"), stranger("authority");
  const std::string& ca = authority.certificate();
  const auto good = Files(authority.Issue("good"), ca);
  const std::vector<Credential> bad{
      stranger.Issue("stranger"),
      authority.Issue("old", {.valid_from = -20, .valid_to = -10}),
      authority.Issue("early", {.valid_from = 1000}),
  };
  for (const Credential& one : bad) {
    Talk talk(good, Files(one, ca));
    talk.Run();
    EXPECT_EQ(talk.dialler_failure, TlsFailure::kCertificate);
    EXPECT_EQ(talk.acceptor_failure, TlsFailure::kRefused);
    EXPECT_FALSE(talk.dialler.established() || talk.acceptor.established());
    Talk turned(Files(one, ca), good);
    turned.Run();
    EXPECT_EQ(turned.acceptor_failure, TlsFailure::kCertificate);
    EXPECT_FALSE(turned.acceptor.established());
    EXPECT_EQ(turned.dialler_failure, TlsFailure::kRefused) << "it had been established before";
  }
}

TEST(GossipTlsTest, AnAuthorityInBetweenOrTwoDuringAChange) {
  TestAuthority old_one("old"), new_one("new");
  const std::string both = old_one.certificate() + new_one.certificate();
  Talk talk(Files(old_one.Issue("a"), both), Files(new_one.Issue("b"), both));
  talk.Run();
  EXPECT_TRUE(talk.both());
}

TEST(GossipTlsTest, OtherProtocolsAreNoTls) {
  for (const std::string& text : {std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                                  std::string("\0\0\0\4ping and more", 17)}) {
    GossipTlsSession session(Keys({kOld}), Side::kAcceptor);
    std::string heard;
    EXPECT_EQ(session.Receive(text, heard), TlsFailure::kNotTls);
    EXPECT_EQ(session.Receive(text, heard), TlsFailure::kNone) << "said once";
    EXPECT_EQ(heard, "");
  }
}

TEST(GossipTlsTest, OlderVersionsAreRefused) {
  TestAuthority authority("authority");
  GossipTlsSession session(Files(authority.Issue("a"), authority.certificate()), Side::kAcceptor);
  std::string heard;
  EXPECT_EQ(session.Receive(test::OldTlsHello(), heard), TlsFailure::kVersion);
  EXPECT_FALSE(session.TakeOutgoing().empty()) << "an alert";
}

TEST(GossipTlsTest, ChangedBytesEndTheSession) {
  Talk talk(Keys({kOld}), Keys({kOld}));
  talk.Run();
  talk.dialler.Send("a move of a room");
  std::string bytes = talk.dialler.TakeOutgoing(), heard;
  bytes[bytes.size() / 2] ^= 1;
  EXPECT_EQ(talk.acceptor.Receive(bytes, heard), TlsFailure::kBroken);
  EXPECT_EQ(heard, "");
}

TEST(GossipTlsTest, FilesTheLoaderWouldNotHaveAcceptedAreAProblem) {
  TestAuthority authority("authority");
  const Credential good = authority.Issue("a");
  const std::string& ca = authority.certificate();
  const std::vector<config::PeerCredentials> bad{
      {.shared_keys = {}, .certificate = "x", .key = config::Secret(good.key), .ca = ca},
      {.shared_keys = {},
       .certificate = good.certificate,
       .key = config::Secret(TestAuthority::NewKey()),
       .ca = ca},
      {.shared_keys = {},
       .certificate = good.certificate,
       .key = config::Secret(good.key),
       .ca = ""},
  };
  for (const config::PeerCredentials& files : bad) {
    std::string problem;
    EXPECT_EQ(GossipTls::Make(files, problem), nullptr);
    EXPECT_TRUE(problem.starts_with("peers.tls.")) << problem;
  }
}

}  // namespace
}  // namespace room_router
