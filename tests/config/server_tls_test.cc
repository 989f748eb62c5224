// SPDX-License-Identifier: Apache-2.0
// Handshakes in memory: sessions that are resumed and those that must not be, stapled responses.
#include "config/server_tls.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <chrono>
#include <random>

#include "config/random_secret.h"
#include "tests/config/test_authority.h"

namespace room_router {
namespace {

using config::ListenerTls;
using config::Secret;
using std::chrono::steady_clock;
using test::Credential;
using test::TestAuthority;

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, FreeTls>;
using Server = std::shared_ptr<const ServerTls>;

struct Outcome {
  bool done = false, resumed = false;
  std::string staple;
  Session session;  // to resume with
};

// One client of a test; its authorities don't matter.
class Client {
 public:
  explicit Client(int version) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(context_.get(), Keep);
    SSL_CTX_set_app_data(context_.get(), this);
    SSL_CTX_set_tlsext_status_type(context_.get(), TLSEXT_STATUSTYPE_ocsp);
  }

  void Show(const Credential& own) {
    SSL_CTX_use_certificate(context_.get(), config::ReadCertificates(own.certificate)[0].get());
    SSL_CTX_use_PrivateKey(context_.get(), config::ReadPrivateKey(own.key).get());
  }

  Outcome Connect(const Server& server, const Session& before = nullptr) {
    const std::unique_ptr<SSL, FreeTls> there(server->NewSession()), here(SSL_new(context_.get()));
    BIO *one = nullptr, *other = nullptr;
    BIO_new_bio_pair(&one, 1 << 17, &other, 1 << 17);
    SSL_set_bio(here.get(), one, one);
    SSL_set_bio(there.get(), other, other);
    // A copy: OpenSSL's clients use a session of TLS 1.3 once.
    const Session again(before ? SSL_SESSION_dup(before.get()) : nullptr);
    if (again) SSL_set_session(here.get(), again.get());
    kept_.reset();
    for (int turn = 0; turn < 10; ++turn) {
      SSL_connect(here.get());
      SSL_accept(there.get());
    }
    Outcome outcome{.done = SSL_is_init_finished(there.get()) == 1};
    char byte = 0;
    SSL_read(here.get(), &byte, 1);  // tickets, or an alert
    outcome.done = outcome.done && SSL_is_init_finished(here.get()) == 1;
    outcome.resumed = SSL_session_reused(there.get()) == 1;
    unsigned char* staple = nullptr;
    const long size = SSL_get_tlsext_status_ocsp_resp(here.get(), &staple);
    if (size > 0) outcome.staple.assign(reinterpret_cast<char*>(staple), static_cast<size_t>(size));
    outcome.session = std::move(kept_);
    if (!outcome.session && outcome.done) outcome.session.reset(SSL_get1_session(here.get()));
    SSL_shutdown(here.get());  // else its session is spoilt
    return outcome;
  }

 private:
  static int Keep(SSL* ssl, SSL_SESSION* session) {
    static_cast<Client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->kept_.reset(session);
    return 1;
  }

  std::unique_ptr<SSL_CTX, FreeTls> context_;
  Session kept_;
};

class ServerTlsTest : public testing::TestWithParam<int> {
 protected:
  static ServerTls::Tickets Ring() {
    return std::make_shared<TicketKeys>(config::RandomSecret, TimePoint());
  }
  ListenerTls Listener() const {
    return {.first = {.certificate = "c.pem",
                      .key = "k.pem",
                      .ocsp = "",
                      .certificate_pem = own_.certificate,
                      .ocsp_der = "",
                      .key_pem = Secret(own_.key)}};
  }
  static Server Make(const ListenerTls& tls, ServerTls::Tickets tickets) {
    std::string problem;
    Server made = ServerTls::Make(tls, std::move(tickets), problem);
    EXPECT_EQ(problem, "");
    return made;
  }

  TestAuthority authority_{"authority"};
  const Credential own_ = authority_.Issue("meet.test");
  Client client_{GetParam()};
};

TEST_P(ServerTlsTest, OneRingOfKeysIsThatOfEveryServer) {
  const ServerTls::Tickets ring = Ring();
  const Server before = Make(Listener(), ring);
  const Credential fresh = authority_.Issue("meet.test");
  ListenerTls renewed = Listener();
  renewed.first.certificate_pem = fresh.certificate;
  renewed.first.key_pem = Secret(fresh.key);
  const Server after = Make(renewed, ring);
  const Outcome first = client_.Connect(before);
  ASSERT_TRUE(first.done && first.session);
  EXPECT_FALSE(first.resumed);
  const Outcome again = client_.Connect(after, first.session);
  EXPECT_TRUE(again.done && again.resumed);
  EXPECT_FALSE(client_.Connect(Make(Listener(), Ring()), first.session).resumed);
}

TEST_P(ServerTlsTest, AFileOfKeysIsSharedByReplicas) {
  const std::string a = std::string(64, 'A'), b = std::string(107, 'B') + "=";
  const std::string c = std::string(107, 'C').replace(106, 1, "A") + "=";
  const auto with = [&](const std::string& file) {
    ListenerTls tls = Listener();
    EXPECT_EQ(TicketKeys::Problem(file), "");
    tls.ticket_keys_text = Secret(file);
    return Make(tls, Ring());
  };
  const Outcome by_a = client_.Connect(with(a));
  EXPECT_TRUE(client_.Connect(with(a), by_a.session).resumed);
  EXPECT_FALSE(client_.Connect(with(c), by_a.session).resumed);
  EXPECT_FALSE(client_.Connect(Make(Listener(), Ring()), by_a.session).resumed);
  const Outcome renewed = client_.Connect(with(c + "\n" + a), by_a.session);
  EXPECT_TRUE(renewed.resumed);
  ASSERT_TRUE(renewed.session) << "a ticket of the present key";
  EXPECT_TRUE(client_.Connect(with(c), renewed.session).resumed);
}

TEST_P(ServerTlsTest, ATicketDoesNotLetIntoAListenerThatAsksForAnotherCertificate) {
  TestAuthority one("one"), other("other");
  const Credential card = one.Issue("somebody");
  const ServerTls::Tickets ring = Ring();
  ListenerTls asks = Listener(), asks_others = Listener();
  asks.client_ca_pem = one.certificate();
  asks_others.client_ca_pem = other.certificate();
  const Server open = Make(Listener(), ring), guarded = Make(asks, ring),
               elsewhere = Make(asks_others, ring);
  const Outcome stranger = client_.Connect(open);
  EXPECT_TRUE(stranger.done);
  EXPECT_FALSE(client_.Connect(guarded, stranger.session).done);
  client_.Show(card);
  const Outcome known = client_.Connect(guarded);
  ASSERT_TRUE(known.done && known.session);
  EXPECT_TRUE(client_.Connect(guarded, known.session).resumed);
  EXPECT_TRUE(client_.Connect(Make(asks, ring), known.session).resumed) << "after a reload";
  const Outcome wrong_door = client_.Connect(elsewhere, known.session);
  EXPECT_FALSE(wrong_door.done || wrong_door.resumed);
  const Outcome open_door = client_.Connect(open, known.session);
  EXPECT_TRUE(open_door.done);
  EXPECT_FALSE(open_door.resumed);
}

// Whether `now` comes to be true in time.
template <class Condition>
bool Eventually(const Condition& now) {
  for (const auto end = steady_clock::now() + std::chrono::seconds(60);
       steady_clock::now() < end;) {
    if (now()) return true;
  }
  return false;
}

TEST_P(ServerTlsTest, ATicketEndsWithTheCertificateOfItsClient) {
  TestAuthority authority("clients");
  ListenerTls asks = Listener();
  asks.client_ca_pem = authority.certificate();
  const Server server = Make(asks, Ring());
  Outcome first;
  for (int life = 1; life < 100 && !first.session; life *= 2) {  // seconds; a busy machine is slow
    client_.Show(authority.Issue("somebody", {.valid_to = life}));
    first = client_.Connect(server);
  }
  ASSERT_TRUE(first.done && first.session);
  EXPECT_TRUE(Eventually([&] { return !client_.Connect(server, first.session).resumed; }));
  EXPECT_FALSE(client_.Connect(server, first.session).done);
}

TEST_P(ServerTlsTest, AResponseIsStapledUntilItExpires) {
  ListenerTls tls = Listener();
  EXPECT_EQ(client_.Connect(Make(tls, Ring())).staple, "");
  tls.first.ocsp_der = authority_.Answer(own_.certificate);
  EXPECT_EQ(client_.Connect(Make(tls, Ring())).staple, tls.first.ocsp_der);
  Server server;
  bool stapled = false;
  for (int life = 1; life < 100 && !stapled; life *= 2) {
    tls.first.ocsp_der = authority_.Answer(own_.certificate, {.next_update = life});
    server = Make(tls, Ring());
    stapled = client_.Connect(server).staple == tls.first.ocsp_der;
  }
  ASSERT_TRUE(stapled);
  EXPECT_TRUE(Eventually([&] { return client_.Connect(server).staple.empty(); }));
  EXPECT_TRUE(client_.Connect(server).done);
}

INSTANTIATE_TEST_SUITE_P(Versions, ServerTlsTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                           return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

}  // namespace
}  // namespace room_router
