// SPDX-License-Identifier: Apache-2.0
// Transports that treat each other well, over loopback; the others are in the abuse test.
#include "sticky/gossip_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>
#include <random>

#include "tests/discovery/responder.h"
#include "tests/sticky/raw_peer.h"
#include "tests/sticky/transport_protection.h"
#include "tests/sticky/transport_replica.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;
using test::Files;
using test::Keys;
using test::Responder;
using test::TestAuthority;
using test::TransportReplica;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kOld(16, 'o'), kNew(32, 'n');

class GossipTransportTest : public testing::Test {
 protected:
  ~GossipTransportTest() override {
    for (TransportReplica& replica : replicas_) replica.BeginStop();
    replicas_.clear();
    io_.restart();
    io_.run();  // returns: nothing is left behind
  }
  TransportReplica& Add(std::shared_ptr<const GossipTls> tls = nullptr) {
    return replicas_.emplace_back(io_, settings_, std::move(tls));
  }
  template <class Condition>
  bool Until(const Condition& condition) {
    return test::RunUntil(io_, condition);
  }
  // Both ends are up.
  void Link(TransportReplica& a, TransportReplica& b) {
    const size_t before = b.up();
    a.Dial(b.address());
    ASSERT_TRUE(Until([&] { return a.up() > 0 && b.up() > before; }));
  }

  boost::asio::io_context io_{1};
  GossipTransport::Settings settings_;
  std::list<TransportReplica> replicas_;
};

enum class Kind { kPlain, kKeys, kCertificates };
void PrintTo(Kind kind, std::ostream* out) { *out << static_cast<int>(kind); }

class ProtectedTransportTest : public GossipTransportTest,
                               public testing::WithParamInterface<Kind> {
 protected:
  TransportReplica& AddProtected() {
    if (GetParam() == Kind::kPlain) return Add();
    if (GetParam() == Kind::kKeys) return Add(Keys({kOld}));
    return Add(Files(authority_.Issue("replica"), authority_.certificate()));
  }
  TestAuthority authority_{"authority"};
};

INSTANTIATE_TEST_SUITE_P(All, ProtectedTransportTest,
                         testing::Values(Kind::kPlain, Kind::kKeys, Kind::kCertificates));

TEST_P(ProtectedTransportTest, BothSidesKnowWhoDialled) {
  TransportReplica &a = AddProtected(), &b = AddProtected();
  Link(a, b);
  EXPECT_EQ(a[a.link()].dialled, b.address());
  EXPECT_EQ(a[a.link()].local.Ip(), "127.0.0.1");
  EXPECT_FALSE(b[b.link()].dialled);
  EXPECT_EQ(b[b.link()].local, b.address());
}

TEST_P(ProtectedTransportTest, MegabytesBothWaysInOrder) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  TransportReplica &a = AddProtected(), &b = AddProtected();
  Link(a, b);
  std::vector<std::string> to_b, to_a;
  for (size_t size = 0; size < (1 << 20); size += to_b.back().size()) {
    to_b.emplace_back(1 + random() % (random() % 8 == 0 ? 262'144 : 3000),
                      static_cast<char>(random()));
    to_b.back() += std::to_string(to_b.size());
    to_a.push_back(std::string(to_b.back().rbegin(), to_b.back().rend()));
    a.Send(a.link(), to_b.back());
    b.Send(b.link(), to_a.back());
  }
  EXPECT_GE(a.transport().queued(a.link()), size_t{1} << 20);
  ASSERT_TRUE(Until([&] {
    return a[a.link()].frames.size() == to_a.size() && b[b.link()].frames.size() == to_b.size();
  }));
  EXPECT_TRUE(a[a.link()].frames == to_a);
  EXPECT_TRUE(b[b.link()].frames == to_b);
  EXPECT_EQ(a.stats().frames_out, to_b.size());
  EXPECT_EQ(a.stats().bytes_out, b.stats().bytes_in);
  EXPECT_EQ(a.stats().frames_in, to_a.size());
  ASSERT_TRUE(Until([&] { return a.transport().queued(a.link()) == 0; }));
  const std::vector<size_t>& drained = a[a.link()].drained;
  ASSERT_FALSE(drained.empty());
  EXPECT_EQ(drained.back(), 0U);
}

TEST_P(ProtectedTransportTest, CloseWritesWhatIsQueued) {
  TransportReplica &a = AddProtected(), &b = AddProtected();
  Link(a, b);
  const LinkId here = a.link(), there = b.link();
  for (int i = 0; i < 20; ++i) a.Send(here, std::string(100'000, static_cast<char>('a' + i)));
  a.Close(here);
  a.Send(here, "too late");
  ASSERT_TRUE(Until([&] { return a[here].down && b[there].down; }));
  EXPECT_EQ(b[there].frames.size(), 20U);
  EXPECT_EQ(a.ended(LinkEnd::kClosedHere), 1U);
  EXPECT_EQ(b.ended(LinkEnd::kClosedThere), 1U);
  EXPECT_EQ(a.stats().frames_refused, 1U);
  EXPECT_EQ(a.transport().queued(here), 0U);
}

TEST_P(ProtectedTransportTest, ClosedWithinAFrameNothingMoreIsHeard) {
  TransportReplica &a = AddProtected(), &b = AddProtected();
  Link(a, b);
  const LinkId there = b.link();
  b.on_frame_ = [&b](LinkId link, std::string_view) { b.Close(link); };
  for (int i = 0; i < 10; ++i) a.Send(a.link(), "frame");
  ASSERT_TRUE(Until([&] { return b[there].down && a.up() == 0; }));
  EXPECT_THAT(b[there].frames, ElementsAre("frame"));
}

TEST_P(ProtectedTransportTest, AnswersFromWithinAFrame) {
  TransportReplica &a = AddProtected(), &b = AddProtected();
  Link(a, b);
  const auto bounce = [](TransportReplica& replica) {
    return [&replica](LinkId link, std::string_view frame) {
      if (frame.size() < 300) replica.Send(link, std::string(frame) + "x");
    };
  };
  a.on_frame_ = bounce(a);
  b.on_frame_ = bounce(b);
  a.Send(a.link(), "x");
  EXPECT_TRUE(Until([&] { return a[a.link()].frames.size() == 150; }));
}

TEST_P(ProtectedTransportTest, StopWhileEverythingIsUnderWay) {
  settings_.link.linger = 50ms;
  TransportReplica &a = AddProtected(), &b = AddProtected();
  Responder silent(io_), refusing(io_, "", Responder::Mode::kRefusing);
  for (int i = 0; i < 5; ++i) Link(a, b);
  test::RawPeer idle(io_, a.address());
  idle.Write("\x16");
  a.Dial(silent.address());
  ASSERT_TRUE(Until([&] { return silent.accepted() == 1; }));
  a.Dial(refusing.address());
  a.Dial(b.address());
  for (const auto& [id, link] : a.links_) a.Send(id, std::string(250'000, 'x'));
  for (const auto& [id, link] : b.links_) b.Send(id, std::string(250'000, 'y'));
  a.Stop();
  EXPECT_TRUE(Until([&] { return b.up() == 0; }));
  for (const auto& [id, link] : b.links_) {
    for (const std::string& frame : link.frames) EXPECT_EQ(frame.size(), 250'000U);
  }
  idle.Close();
  silent.Close();
  refusing.Close();
}

TEST_P(ProtectedTransportTest, FramesBeforeAStopArrive) {
  TransportReplica &a = AddProtected(), &b = AddProtected();
  Link(a, b);
  a.Send(a.link(), "goodbye");
  a.Stop();
  ASSERT_TRUE(Until([&] { return b.up() == 0; }));
  EXPECT_THAT(b.links_.begin()->second.frames, ElementsAre("goodbye"));
}

TEST_F(GossipTransportTest, NobodyThere) {
  Responder refusing(io_, "", Responder::Mode::kRefusing);
  TransportReplica& a = Add();
  a.Dial(refusing.address());
  ASSERT_TRUE(Until([&] { return !a.dials_failed_.empty(); }));
  EXPECT_THAT(a.dials_failed_, ElementsAre(refusing.address()));
  EXPECT_EQ(a.ended(LinkEnd::kUnreachable), 1U);
  EXPECT_THAT(a.links_, IsEmpty());
  refusing.Close();
}

TEST_F(GossipTransportTest, AnAddressThatIsTaken) {
  TransportReplica& a = Add();
  GossipTransport::Settings settings;
  settings.listen = a.address();
  GossipTransport second(io_, settings, nullptr, {});
  const std::string error = second.Open();
  EXPECT_EQ(error,
            "peers.listen: can't listen on " + a.address().ToString() + ": Address already in use");
  bool stopped = false;
  second.Stop([&] { stopped = true; });
  EXPECT_TRUE(Until([&] { return stopped; }));
}

TEST_F(GossipTransportTest, Ipv6) {
  GossipTransport::Settings settings;
  settings.listen = *SocketAddress::Parse("[::1]:0");
  std::vector<std::string> frames;
  GossipTransport::Events events{
      .up = [](LinkId, const auto&, const SocketAddress&) {},
      .down = [](LinkId) {},
      .frame = [&](LinkId, std::string_view frame) { frames.emplace_back(frame); },
      .dial_failed = [](const SocketAddress&) {},
      .drained = [](LinkId, size_t) {}};
  GossipTransport transport(io_, settings, nullptr, events);
  if (!transport.Open().empty()) GTEST_SKIP() << "this machine has no ::1";
  TransportReplica& a = Add();
  a.Dial(transport.address());
  ASSERT_TRUE(Until([&] { return a.up() == 1; }));
  EXPECT_EQ(a[a.link()].local.Ip(), "::1");
  a.Send(a.link(), "six");
  EXPECT_TRUE(Until([&] { return !frames.empty(); }));
  bool stopped = false;
  transport.Stop([&] { stopped = true; });
  EXPECT_TRUE(Until([&] { return stopped; }));
}

TEST_F(GossipTransportTest, NewKeysAreForNewLinks) {
  TransportReplica &a = Add(Keys({kOld})), &b = Add(Keys({kOld}));
  Link(a, b);
  const LinkId first = a.link();
  for (const auto& keys : {std::vector{kOld, kNew}, {kNew, kOld}, {kNew}}) {
    a.transport().UseTls(Keys(keys));
    Link(a, b);
    Link(b, a);
    b.transport().UseTls(Keys(keys));
    Link(a, b);
  }
  EXPECT_THAT(a.dials_failed_, IsEmpty());
  EXPECT_THAT(b.dials_failed_, IsEmpty());
  a.Send(first, "still here");
  EXPECT_TRUE(Until([&] { return !b[b.link()].frames.empty(); }));
  TransportReplica& late = Add(Keys({kOld}));
  late.Dial(a.address());
  EXPECT_TRUE(Until([&] { return !late.dials_failed_.empty(); }));
}

TEST_F(GossipTransportTest, NewCertificatesAreForNewLinks) {
  TestAuthority old_one("old"), new_one("new");
  const auto both = old_one.certificate() + new_one.certificate();
  TransportReplica& a = Add(Files(old_one.Issue("a"), old_one.certificate()));
  TransportReplica& b = Add(Files(old_one.Issue("b"), old_one.certificate()));
  Link(a, b);
  const LinkId first = a.link();
  b.transport().UseTls(Files(old_one.Issue("b"), both));
  a.transport().UseTls(Files(new_one.Issue("a"), both));
  Link(a, b);
  Link(b, a);
  EXPECT_FALSE(a[first].down);
}

}  // namespace
}  // namespace room_router
