// SPDX-License-Identifier: Apache-2.0
// What others do to the port of gossip: each ends its own link, for the reason counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>
#include <random>

#include "sticky/gossip_transport.h"
#include "tests/discovery/responder.h"
#include "tests/sticky/raw_peer.h"
#include "tests/sticky/transport_protection.h"
#include "tests/sticky/transport_replica.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;
using test::Files;
using test::Framed;
using test::Keys;
using test::RawPeer;
using test::TestAuthority;
using test::TransportReplica;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kOurs(16, 'o'), kTheirs(16, 't');

class TransportAbuseTest : public testing::Test {
 protected:
  TransportAbuseTest() { settings_.link.linger = 30ms; }
  ~TransportAbuseTest() override {
    for (RawPeer& peer : peers_) peer.Close();
    for (TransportReplica& replica : replicas_) replica.BeginStop();
    replicas_.clear();
    io_.restart();
    io_.run();  // returns: nothing is left behind
  }
  TransportReplica& Add(std::shared_ptr<const GossipTls> tls = nullptr) {
    return replicas_.emplace_back(io_, settings_, std::move(tls));
  }
  RawPeer& Raw(TransportReplica& replica, std::string_view bytes) {
    RawPeer& peer = peers_.emplace_back(io_, replica.address());
    peer.Write(bytes);
    peer.Read();
    return peer;
  }
  // A link of `replica` ends for this reason, and nothing else happens.
  void ExpectEnd(TransportReplica& replica, LinkEnd why, uint64_t times = 1) {
    EXPECT_TRUE(Until([&] { return replica.ended(why) == times; })) << ToString(why);
    EXPECT_EQ(replica.up(), 0U);
  }
  template <class Condition>
  bool Until(const Condition& condition) {
    return test::RunUntil(io_, condition);
  }
  // Good replicas still get in.
  void ExpectUsable(TransportReplica& replica, std::shared_ptr<const GossipTls> tls = nullptr) {
    TransportReplica& good = Add(std::move(tls));
    const size_t before = replica.up();
    good.Dial(replica.address());
    EXPECT_TRUE(Until([&] { return good.up() == 1 && replica.up() == before + 1; }));
  }

  boost::asio::io_context io_{1};
  GossipTransport::Settings settings_;
  std::list<TransportReplica> replicas_;
  std::list<RawPeer> peers_;
};

TEST_F(TransportAbuseTest, AnotherKey) {
  TransportReplica &a = Add(Keys({kOurs})), &b = Add(Keys({kTheirs}));
  b.Dial(a.address());
  ExpectEnd(a, LinkEnd::kTlsKey);
  ExpectEnd(b, LinkEnd::kTlsRefused);
  EXPECT_THAT(b.dials_failed_, ElementsAre(a.address()));
  EXPECT_THAT(a.links_, IsEmpty());
  EXPECT_THAT(b.links_, IsEmpty());
  ExpectUsable(a, Keys({kOurs}));
}

TEST_F(TransportAbuseTest, CertificatesOfAStrangerOrOutOfDate) {
  TestAuthority authority("authority"), stranger("stranger");
  const std::string& ca = authority.certificate();
  TransportReplica& a = Add(Files(authority.Issue("a"), ca));
  TransportReplica& strange = Add(Files(stranger.Issue("b"), stranger.certificate()));
  strange.Dial(a.address());
  ExpectEnd(strange, LinkEnd::kTlsCertificate);
  ExpectEnd(a, LinkEnd::kTlsRefused);
  TransportReplica& late = Add(Files(authority.Issue("c", {.valid_from = -9, .valid_to = -5}), ca));
  a.Dial(late.address());
  ExpectEnd(a, LinkEnd::kTlsCertificate);
  // Of TLS 1.3 the dialler is done first, and only then hears that it is not wanted.
  late.Dial(a.address());
  ExpectEnd(a, LinkEnd::kTlsCertificate, 2);
  ExpectEnd(late, LinkEnd::kTlsRefused, 2);
  EXPECT_THAT(a.links_, IsEmpty());
  ExpectUsable(a, Files(authority.Issue("d"), ca));
}

TEST_F(TransportAbuseTest, PlainToTlsAndTheOtherWayRound) {
  TransportReplica &tls = Add(Keys({kOurs})), &plain = Add();
  Raw(tls, Framed("hello")).WriteEnd();
  ExpectEnd(tls, LinkEnd::kNotTls);
  Raw(tls, "GET / HTTP/1.1\r\n\r\n");
  ExpectEnd(tls, LinkEnd::kNotTls, 2);
  tls.Dial(plain.address());
  EXPECT_TRUE(Until([&] { return tls.dials_failed_.size() == 1; }));
  EXPECT_EQ(plain.ended(LinkEnd::kBadFrame), 1U);
  ExpectUsable(tls, Keys({kOurs}));
}

TEST_F(TransportAbuseTest, OlderTls) {
  TransportReplica& a = Add(Keys({kOurs}));
  RawPeer& old = Raw(a, test::OldTlsHello());
  ExpectEnd(a, LinkEnd::kTlsVersion);
  EXPECT_TRUE(Until([&] { return old.ended(); }));
  EXPECT_EQ(old.received().substr(0, 1), "\x15") << "an alert says why";
}

TEST_F(TransportAbuseTest, FramesOfTheWrongSize) {
  settings_.link.frame = 1000;
  TransportReplica& a = Add();
  Raw(a, Framed(std::string(1000, 'x')) + Framed(std::string(1001, 'y')) + Framed("z"));
  ExpectEnd(a, LinkEnd::kBadFrame);
  EXPECT_THAT(a.links_.begin()->second.frames, ElementsAre(std::string(1000, 'x')));
  Raw(a, Framed("x") + std::string(4, '\0'));
  ExpectEnd(a, LinkEnd::kBadFrame, 2);
  ExpectUsable(a);
}

TEST_F(TransportAbuseTest, FramesTooLongAreNotSent) {
  settings_.link.frame = 1000;
  TransportReplica& a = Add();
  Raw(a, Framed("x"));
  ASSERT_TRUE(Until([&] { return a.up() == 1; }));
  a.Send(a.link(), std::string(1001, 'x'));
  a.Send(a.link(), "");
  a.Send(4711, "x");
  EXPECT_EQ(a.stats().frames_refused, 3U);
  EXPECT_EQ(a.transport().queued(a.link()), 0U);
  EXPECT_EQ(a.transport().queued(4711), 0U);
}

TEST_F(TransportAbuseTest, Garbage) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  settings_.link.hello = 30ms;
  settings_.link.progress = 30ms;
  settings_.links_per_ip = 1000;
  TransportReplica &plain = Add(), &tls = Add(Keys({kOurs}));
  for (TransportReplica* replica : {&plain, &tls}) {
    for (int i = 0; i < 100; ++i) {
      std::string bytes(1 + random() % 600, '\0');
      for (char& c : bytes) c = static_cast<char>(random());
      if (i % 2 == 0) bytes.replace(0, 3, "\x16\x03\x01");  // as a TLS record begins
      Raw(*replica, bytes);
    }
    ASSERT_TRUE(Until([&] { return replica->stats().accepted == 100; }));
    EXPECT_TRUE(Until([&] { return replica->transport().links() == 0; }));
  }
  EXPECT_THAT(tls.links_, IsEmpty());
  ExpectUsable(plain);
}

TEST_F(TransportAbuseTest, NothingOrTooLittleInTime) {
  settings_.link.hello = 20ms;
  TransportReplica &plain = Add(), &tls = Add(Keys({kOurs}));
  Raw(plain, "");
  ExpectEnd(plain, LinkEnd::kSlow);
  Raw(plain, Framed("half").substr(0, 6));
  ExpectEnd(plain, LinkEnd::kSlow, 2);
  Raw(tls, "");
  ExpectEnd(tls, LinkEnd::kSlow);
  Raw(tls, test::OldTlsHello().substr(0, 20));
  ExpectEnd(tls, LinkEnd::kSlow, 2);
  Raw(tls, "").Dribble("\x16\x03\x01\x01");
  ExpectEnd(tls, LinkEnd::kSlow, 3);
  test::Responder silent(io_);
  tls.Dial(silent.address());
  ExpectEnd(tls, LinkEnd::kSlow, 4);
  EXPECT_THAT(tls.dials_failed_, ElementsAre(silent.address()));
  silent.Close();
}

TEST_F(TransportAbuseTest, FramesThatStopOrCrawl) {
  settings_.link.progress = 20ms;
  TransportReplica& a = Add();
  Raw(a, Framed("whole") + Framed("half").substr(0, 6));
  ExpectEnd(a, LinkEnd::kStalled);
  Raw(a, Framed("whole") + std::string("\0\1\0\0", 4)).Dribble("x");
  ExpectEnd(a, LinkEnd::kStalled, 2);
  EXPECT_THAT(a.links_.begin()->second.frames, ElementsAre("whole"));
}

// Between frames nothing is due: who says nothing for long is the state machine's business.
TEST_F(TransportAbuseTest, SilenceBetweenFramesIsFine) {
  settings_.link.progress = 1ms;
  TransportReplica& a = Add();
  RawPeer& quiet = Raw(a, Framed("hello"));
  settings_.link.hello = 20ms;
  TransportReplica& clock = Add();
  Raw(clock, "");
  ExpectEnd(clock, LinkEnd::kSlow);
  quiet.Write(Framed("again"));
  EXPECT_TRUE(Until([&] { return a[a.link()].frames.size() == 2; }));
}

TEST_F(TransportAbuseTest, EndsWithinAndBetweenFrames) {
  TransportReplica &plain = Add(), &tls = Add(Keys({kOurs}));
  Raw(plain, Framed("a")).WriteEnd();
  ExpectEnd(plain, LinkEnd::kClosedThere);
  Raw(plain, Framed("abc").substr(0, 6)).WriteEnd();
  ExpectEnd(plain, LinkEnd::kLost);
  Raw(tls, "").WriteEnd();
  ExpectEnd(tls, LinkEnd::kLost);
}

TEST_F(TransportAbuseTest, TooManyLinks) {
  settings_.links = 2;
  TransportReplica& a = Add();
  Raw(a, Framed("a"));
  RawPeer& second = Raw(a, Framed("b"));
  ASSERT_TRUE(Until([&] { return a.up() == 2; }));
  RawPeer& third = Raw(a, Framed("c"));
  EXPECT_TRUE(Until([&] { return third.ended(); }));
  EXPECT_EQ(a.ended(LinkEnd::kTooMany), 1U);
  a.Dial(a.address());
  EXPECT_TRUE(Until([&] { return a.dials_failed_.size() == 1; }));
  EXPECT_EQ(a.ended(LinkEnd::kTooMany), 2U);
  EXPECT_EQ(a.up(), 2U);
  second.Close();
  EXPECT_TRUE(Until([&] { return a.up() == 1; }));
  ExpectUsable(a);
}

TEST_F(TransportAbuseTest, TooManyLinksFromOneIp) {
  settings_.links_per_ip = 1;
  TransportReplica& a = Add();
  Raw(a, Framed("a"));
  ASSERT_TRUE(Until([&] { return a.up() == 1; }));
  RawPeer& second = Raw(a, Framed("b"));
  EXPECT_TRUE(Until([&] { return second.ended(); }));
  EXPECT_EQ(a.ended(LinkEnd::kTooManyFromIp), 1U);
  TransportReplica& b = Add();
  a.Dial(b.address());
  EXPECT_TRUE(Until([&] { return a.up() == 2; })) << "our own dials are not counted";
}

class SlowReaderTest : public TransportAbuseTest, public testing::WithParamInterface<bool> {
 protected:
  // A replica with a link to somebody who reads nothing yet.
  void SetUp() override {
    if (!GetParam()) {
      sender_ = &Add();
      reader_ = &peers_.emplace_back(io_, sender_->address());
      reader_->Write(Framed("hello"));
      ASSERT_TRUE(Until([&] { return sender_->up() == 1; }));
      return;
    }
    // With TLS the bytes go through a wire that can be held up.
    sender_ = &Add(Keys({kOurs}));
    reader_ = &peers_.emplace_back(io_, sender_->address());
    session_ = std::make_unique<GossipTlsSession>(Keys({kOurs}), GossipTlsSession::Side::kDialler);
    std::string heard;
    reader_->Write(session_->TakeOutgoing());
    reader_->ReadOnce();
    ASSERT_TRUE(Until([&] { return !reader_->received().empty(); }));
    ASSERT_EQ(session_->Receive(reader_->received(), heard), TlsFailure::kNone);
    ASSERT_TRUE(session_->established());
    session_->Send(Framed("hello"));
    reader_->Write(session_->TakeOutgoing());
    ASSERT_TRUE(Until([&] { return sender_->up() == 1; }));
    hello_bytes_ = reader_->received().size();
  }
  std::string Plain() {
    if (!GetParam()) return reader_->received();
    std::string plain;
    session_->Receive(std::string_view(reader_->received()).substr(hello_bytes_), plain);
    hello_bytes_ = reader_->received().size();
    return plain;
  }

  TransportReplica* sender_ = nullptr;
  RawPeer* reader_ = nullptr;
  std::unique_ptr<GossipTlsSession> session_;
  size_t hello_bytes_ = 0;
};

INSTANTIATE_TEST_SUITE_P(PlainAndTls, SlowReaderTest, testing::Bool());

TEST_P(SlowReaderTest, TheQueueGrowsAndDrainsWhenItReads) {
  const LinkId link = sender_->link();
  const std::string frame(200'000, 'x');
  size_t sent = 0;
  // Until the system takes no more.
  for (size_t last = 0; sent < 40 && last < 1'000'000; last = sender_->transport().queued(link)) {
    sender_->Send(link, frame);
    ++sent;
    io_.restart();
    io_.poll();
  }
  const size_t queued = sender_->transport().queued(link);
  ASSERT_GE(queued, 1'000'000U);
  reader_->Read();
  ASSERT_TRUE(Until([&] { return sender_->transport().queued(link) == 0; }));
  EXPECT_EQ((*sender_)[link].drained.back(), 0U);
  sender_->Close(link);
  ASSERT_TRUE(Until([&] { return reader_->ended(); }));
  EXPECT_TRUE(Plain().size() == sent * (frame.size() + 4));
}

TEST_P(SlowReaderTest, AFullQueueLosesTheLink) {
  const LinkId link = sender_->link();
  for (int i = 0; i < 1000 && !(*sender_)[link].down; ++i) {
    sender_->Send(link, std::string(200'000, 'x'));
    EXPECT_LE(sender_->transport().queued(link), settings_.link.queue + 70'000);
    io_.restart();
    io_.poll();
  }
  ExpectEnd(*sender_, LinkEnd::kQueueFull);
}

class StalledReaderTest : public SlowReaderTest {
 protected:
  StalledReaderTest() { settings_.link.progress = 30ms; }
};

INSTANTIATE_TEST_SUITE_P(PlainAndTls, StalledReaderTest, testing::Bool());

TEST_P(StalledReaderTest, AWriteThatGetsNowhereLosesTheLink) {
  for (int i = 0; i < 36; ++i) sender_->Send(sender_->link(), std::string(200'000, 'x'));
  ExpectEnd(*sender_, LinkEnd::kStalled);
}

TEST_P(StalledReaderTest, CloseDoesNotWaitForIt) {
  for (int i = 0; i < 36; ++i) sender_->Send(sender_->link(), std::string(200'000, 'x'));
  sender_->Close(sender_->link());
  EXPECT_TRUE(Until([&] { return sender_->up() == 0; }));
}

}  // namespace
}  // namespace room_router
