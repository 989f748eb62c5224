// SPDX-License-Identifier: Apache-2.0
// Both ends of TLS over a pair of sockets: whom a connection to a shard trusts, and how it ends.
#include "router/engine/client_tls_transport.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <string>

#include "router/engine/tls_transport.h"
#include "tests/config/test_authority.h"

namespace room_router {
namespace {

using Status = IoResult::Status;
using test::TestAuthority;

constexpr const char* kNames = "DNS:shard-0.test,DNS:*.any.test,IP:127.0.0.1,IP:::1";

struct Ends {
  std::unique_ptr<Transport> shard, router;
};

class ClientTlsTransportTest : public testing::Test {
 protected:
  ClientTlsTransportTest() { tls_.ca_pem = authority_.certificate(); }

  // `shard` null = plain text at the other end.
  Ends Meet(const std::string& name, const std::shared_ptr<const ServerTls>& shard) {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    std::string problem;
    Ends ends;
    ends.router = std::make_unique<ClientTlsTransport>(pair[0], ClientTls::Make(tls_, problem),
                                                       name, memory_);
    EXPECT_EQ(problem, "");
    if (shard) {
      ends.shard = std::make_unique<TlsTransport>(pair[1], shard);
    } else {
      ends.shard = std::make_unique<PlainTransport>(pair[1]);
    }
    return ends;
  }

  std::shared_ptr<const ServerTls> Shard(const TestAuthority::Wish& wish) {
    const test::Credential credential = authority_.Issue("common.test", wish);
    config::ListenerTls tls;
    tls.first.certificate = "named";
    tls.first.certificate_pem = credential.certificate;
    tls.first.key_pem = config::Secret(credential.key);
    std::string problem;
    auto made = ServerTls::Make(tls, nullptr, problem);
    EXPECT_EQ(problem, "");
    return made;
  }

  static IoResult ShakeHands(const Ends& ends) {
    IoResult result{.status = Status::kBlocked};
    char byte = 0;
    for (int turn = 0; turn < 10 && result.status == Status::kBlocked; ++turn) {
      result = ends.router->Handshake();
      EXPECT_NE(ends.shard->Read(&byte, 1).status, Status::kOk);
    }
    return result;
  }

  // "" or why not.
  std::string Verdict(const std::string& name, const TestAuthority::Wish& wish) {
    const Ends ends = Meet(name, Shard(wish));
    const IoResult result = ShakeHands(ends);
    if (result.status == Status::kOk) return "";
    EXPECT_EQ(result.status, Status::kError);
    EXPECT_EQ(ends.router->Write("secret").status, Status::kError);
    return ends.router->problem();
  }

  TestAuthority authority_{"authority"};
  config::ShardTls tls_{.enabled = true};
  std::shared_ptr<TlsMemory> memory_ = std::make_shared<TlsMemory>();
};

TEST_F(ClientTlsTransportTest, ACertificateOfTheNameIsTrusted) {
  for (const char* name :
       {"shard-0.test", "SHARD-0.test", "shard-0.test.", "x.any.test", "127.0.0.1", "::1"}) {
    EXPECT_EQ(Verdict(name, {.names = kNames}), "") << name;
  }
}

TEST_F(ClientTlsTransportTest, NobodyElseIs) {
  EXPECT_EQ(Verdict("shard-1.test", {.names = kNames}), "hostname mismatch");
  EXPECT_EQ(Verdict("a.b.any.test", {.names = kNames}), "hostname mismatch");
  EXPECT_EQ(Verdict("127.0.0.2", {.names = kNames}), "IP address mismatch");
  EXPECT_EQ(Verdict("common.test", {.names = kNames}), "hostname mismatch");
  EXPECT_EQ(Verdict("common.test", {}), "hostname mismatch");
  EXPECT_EQ(Verdict("shard-0.test", {.valid_from = -9, .valid_to = -3, .names = kNames}),
            "certificate has expired");
  EXPECT_EQ(Verdict("shard-0.test", {.valid_from = 999, .names = kNames}),
            "certificate is not yet valid");
  EXPECT_EQ(Verdict("shard-0.test", {.usage = "clientAuth", .names = kNames}),
            "unsuitable certificate purpose");
  EXPECT_EQ(Verdict("", {.names = kNames}), "OpenSSL cannot begin a session");
  tls_.ca_pem = TestAuthority("another").certificate();
  EXPECT_EQ(Verdict("shard-0.test", {.names = kNames}), "unable to get local issuer certificate");
}

TEST_F(ClientTlsTransportTest, WithoutVerificationAnybodyIs) {
  tls_.verify = false;
  tls_.ca_pem = "";
  EXPECT_EQ(Verdict("shard-1.test", {.valid_from = -9, .valid_to = -3}), "");
}

TEST_F(ClientTlsTransportTest, WithoutSettingsThereIsNothing) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
  PlainTransport other(pair[1]);
  {
    ClientTlsTransport transport(pair[0], nullptr, "shard-0.test", memory_);
    EXPECT_EQ(transport.Handshake().status, Status::kError);
    EXPECT_EQ(transport.Write("secret").status, Status::kError);
  }
  char byte = 0;
  EXPECT_EQ(other.Read(&byte, 1).status, Status::kEof);
}

TEST_F(ClientTlsTransportTest, PlainTextIsRefused) {
  const Ends ends = Meet("shard-0.test", nullptr);
  EXPECT_EQ(ends.router->Handshake().status, Status::kBlocked);
  ends.shard->Write("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(ends.router->Handshake().status, Status::kError);
  EXPECT_STREQ(ends.router->problem(), "wrong version number");
}

TEST_F(ClientTlsTransportTest, AShardMayGoDuringTheHandshake) {
  Ends ends = Meet("shard-0.test", nullptr);
  EXPECT_EQ(ends.router->Handshake().status, Status::kBlocked);
  EXPECT_EQ(ends.router->problem(), nullptr);
  ends.shard.reset();
  EXPECT_EQ(ends.router->Handshake().status, Status::kError);
  EXPECT_NE(ends.router->problem(), nullptr);
}

TEST_F(ClientTlsTransportTest, WhatGoesBeforeTlsIsPlain) {
  const Ends ends = Meet("shard-0.test", nullptr);
  EXPECT_EQ(ends.router->WriteBare("before").bytes, 6U);
  EXPECT_EQ(ends.router->Handshake().status, Status::kBlocked);
  char bytes[9];
  EXPECT_EQ(ends.shard->Read(bytes, sizeof bytes).bytes, sizeof bytes);
  EXPECT_EQ(std::string(bytes, 8), "before\x16\x03");
}

TEST_F(ClientTlsTransportTest, AnEndThatWasNotAnnouncedIsACut) {
  for (const bool announced : {true, false}) {
    Ends ends = Meet("shard-0.test", Shard({.names = kNames}));
    ASSERT_EQ(ShakeHands(ends).status, Status::kOk);
    EXPECT_EQ(ends.shard->Write("all").bytes, 3U);
    if (announced) {
      ends.shard.reset();
    } else {
      shutdown(ends.shard->descriptor(), SHUT_WR);
    }
    char bytes[9];
    const IoResult first = ends.router->Read(bytes, sizeof bytes);
    EXPECT_EQ(first.bytes, 3U);
    EXPECT_FALSE(first.cut);
    const IoResult end = ends.router->Read(bytes, sizeof bytes);
    EXPECT_EQ(end.status, Status::kEof);
    EXPECT_EQ(end.cut, !announced);
  }
}

TEST_F(ClientTlsTransportTest, SessionsAreResumedForTheSameNameAlone) {
  const auto shard = Shard({.names = kNames});
  for (const bool resumed : {false, true}) {
    const Ends ends = Meet("shard-0.test", shard);
    ASSERT_EQ(ShakeHands(ends).status, Status::kOk);
    ends.shard->Write("bytes");
    char bytes[9];
    EXPECT_EQ(ends.router->Read(bytes, sizeof bytes).bytes, 5U);
    EXPECT_EQ(static_cast<ClientTlsTransport&>(*ends.router).resumed(), resumed);
  }
  const Ends other = Meet("shard-1.test", shard);  // the same memory, another name
  EXPECT_EQ(ShakeHands(other).status, Status::kError);
}

}  // namespace
}  // namespace room_router
