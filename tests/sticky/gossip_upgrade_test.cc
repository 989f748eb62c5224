// SPDX-License-Identifier: Apache-2.0
// A rolling upgrade: a replica of the first release says what it has always said, or one of a later
// release adds what we have never heard of; we answer both the same.
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sticky/gossip.pb.h"
#include "tests/sticky/core_pair.h"
#include "tests/sticky/golden_frames.h"

namespace room_router::test {
namespace {

constexpr LinkId kOld = 1, kThird = 2;
constexpr int kLaterField = 1000, kLaterKind = 14;

// In every message, however deep.
void AddLaterFields(google::protobuf::Message& message) {
  const auto& reflection = *message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->type() != google::protobuf::FieldDescriptor::TYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      AddLaterFields(*reflection.MutableMessage(&message, field));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      AddLaterFields(*reflection.MutableRepeatedMessage(&message, field, i));
    }
  }
  auto& unknown = *reflection.MutableUnknownFields(&message);
  unknown.AddVarint(kLaterField, 7);
  unknown.AddFixed64(kLaterField + 1, 8);
  unknown.AddLengthDelimited(kLaterField + 2, "later");
}

std::string WithLaterFields(const std::string& bytes) {
  wire::Frame frame;
  EXPECT_TRUE(frame.ParseFromString(bytes));
  AddLaterFields(frame);
  return frame.SerializeAsString();
}

std::string LaterKind() {
  wire::Frame frame;
  frame.GetReflection()->MutableUnknownFields(&frame)->AddLengthDelimited(kLaterKind, "\x08\x01");
  return frame.SerializeAsString();
}

enum class Saying { kAsEver, kMoreFields, kMoreKinds };
void PrintTo(Saying what, std::ostream* out) { *out << static_cast<int>(what); }

class GossipUpgrade : public testing::TestWithParam<Saying> {
 protected:
  GossipUpgrade() {
    core_.gossip.SetPeers({}, now_);
    Say(kOld, "hello");
    Say(kThird, "hello_of_third");
  }

  void Say(LinkId link, const std::string& name) {
    if (links_.insert(link).second) core_.gossip.LinkUp(link, {}, core_.address, now_);
    const std::string frame = golden_.at(name);
    const bool more = GetParam() == Saying::kMoreFields;
    core_.gossip.Receive(link, more ? WithLaterFields(frame) : frame, now_);
    if (GetParam() == Saying::kMoreKinds) core_.gossip.Receive(link, LaterKind(), now_);
    Listen();
  }
  void Listen() {
    now_ += std::chrono::milliseconds(10);  // more than a batch waits
    core_.gossip.Tick(now_);
    for (const auto& [link, frame] : core_.gossip.TakeOutput().frames) {
      heard_[link].push_back(*coder_.coder.Decode(frame));
    }
  }
  // What was said of this kind on a link, oldest first; forgets it.
  template <typename M>
  std::vector<M> Heard(LinkId link) {
    std::vector<M> found;
    std::erase_if(heard_[link], [&found](const gossip::Message& message) {
      if (!std::holds_alternative<M>(message)) return false;
      found.push_back(std::get<M>(message));
      return true;
    });
    return found;
  }
  std::string Room(RoomKey key, KeyNamespace ns = kRoom) {
    const auto hit = core_.table.Find(ns, key, now_);
    return hit ? std::string(core_.names.Name(hit->shard)) : "";
  }
  const GossipStats& stats() const { return core_.gossip.stats(); }

  const std::map<std::string, std::string> golden_ = GoldenFrames();
  Core core_{"new", *SocketAddress::Parse("10.0.0.1:7600")};
  Coder coder_;
  std::set<LinkId> links_;
  std::map<LinkId, std::deque<gossip::Message>> heard_;
  TimePoint now_ = kStart;
};

TEST_P(GossipUpgrade, IsGreetedAndKnown) {
  ASSERT_EQ(Heard<gossip::Hello>(kOld).size(), 1U);
  EXPECT_EQ(core_.gossip.LiveReplicas(), 3U);
  const auto updates = Heard<gossip::Update>(kOld);
  ASSERT_FALSE(updates.empty());
  EXPECT_EQ(updates.front().members.size(), 2U) << "ourselves and it";
  EXPECT_EQ(stats().unknown > 0, GetParam() != Saying::kAsEver);
}

TEST_P(GossipUpgrade, ItsNewsAreTakenAndPassedOn) {
  Heard<gossip::Update>(kThird);
  Say(kOld, "update");
  EXPECT_EQ(Room({.high = 1, .low = 2}), "shard-0");
  EXPECT_EQ(Room({.high = 3, .low = 4}, KeyNamespace::kWhiteboard), "shard-1");
  EXPECT_EQ(core_.table.stats().tombstones, 1U);
  EXPECT_EQ(core_.admin.Find("shard/shard-1/state"), "drain");
  EXPECT_EQ(core_.admin.Find("vote/old-0/shard-1"), "down");
  EXPECT_EQ(core_.gossip.LiveReplicas(), 5U) << "what is known to have left is no news";
  const auto passed_on = Heard<gossip::Update>(kThird);
  ASSERT_EQ(passed_on.size(), 1U);
  EXPECT_EQ(passed_on[0].records.size(), 3U);
  EXPECT_EQ(passed_on[0].admin.size(), 2U);
  EXPECT_EQ(passed_on[0].members.size(), 2U);
  EXPECT_EQ(stats().malformed, 0U);
}

TEST_P(GossipUpgrade, WhatItToldEverybodyIsNotPassedOn) {
  Heard<gossip::Update>(kThird);
  Say(kOld, "update_direct");
  EXPECT_EQ(Room({.high = 1, .low = 22}), "shard-0");
  EXPECT_TRUE(Heard<gossip::Update>(kThird).empty());
}

TEST_P(GossipUpgrade, PingsAreAnsweredAndRelayed) {
  Say(kOld, "ping");
  const auto acks = Heard<gossip::Ack>(kOld);
  ASSERT_EQ(acks.size(), 1U);
  EXPECT_EQ(acks[0].number, 7U);
  Heard<gossip::Ping>(kThird);
  Say(kOld, "ping_request");
  const auto pings = Heard<gossip::Ping>(kThird);
  ASSERT_FALSE(pings.empty());
  const std::string ack = coder_.Encode(gossip::Ack{.number = pings[0].number, .about = {}});
  core_.gossip.Receive(kThird, ack, now_);
  Listen();
  const auto relayed = Heard<gossip::Ack>(kOld);
  ASSERT_EQ(relayed.size(), 1U);
  EXPECT_EQ(relayed[0].number, 9U);
  EXPECT_EQ(relayed[0].about, "third");
  Say(kOld, "ack");
  Say(kOld, "ack_about");
}

TEST_P(GossipUpgrade, ItsSyncsAreAnswered) {
  Say(kOld, "update");
  Heard<gossip::Update>(kOld);
  Say(kOld, "sync_open");
  const auto diffs = Heard<gossip::SyncDiff>(kOld);
  ASSERT_EQ(diffs.size(), 1U);
  EXPECT_EQ(diffs[0].round, 3U);
  EXPECT_EQ(std::count(diffs[0].buckets.begin(), diffs[0].buckets.end(), 1024), 1);
  Say(kOld, "sync_page");
  const auto missing = Heard<gossip::Update>(kOld);
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_TRUE(missing[0].sync);
  EXPECT_EQ(missing[0].admin.size(), 2U);
  const auto answers = Heard<gossip::SyncAnswer>(kOld);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].done, (std::vector<uint32_t>{1024, 9}));
  EXPECT_EQ(answers[0].wanted, std::vector<uint64_t>{0x77});
  Say(kOld, "update_sync");
  EXPECT_EQ(Room({.high = 1, .low = 23}), "shard-0");
}

TEST_P(GossipUpgrade, OurSyncsAreAnsweredByIt) {
  const auto opened = Heard<gossip::SyncOpen>(kOld);
  ASSERT_EQ(opened.size(), 1U);
  ASSERT_EQ(opened[0].round, 1U) << "as in the frames";
  Say(kOld, "sync_diff");
  const auto pages = Heard<gossip::SyncPage>(kOld);
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_EQ(pages[0].buckets.size(), 2U);
  EXPECT_EQ(stats().syncs, 0U);
  Say(kOld, "sync_answer");
  EXPECT_EQ(stats().syncs, 1U);
  Say(kOld, "sync_answer_wanting");  // of a round that is not ours
  EXPECT_EQ(stats().malformed, 0U);
}

TEST_P(GossipUpgrade, ItsGoodbyeIsUnderstood) {
  const auto before = core_.gossip.Replicas(now_);
  const std::string goodbye = golden_.at("goodbye");
  core_.gossip.Receive(kOld, GetParam() == Saying::kAsEver ? goodbye : WithLaterFields(goodbye),
                       now_);
  EXPECT_EQ(stats().closed_there[static_cast<size_t>(CloseReason::kLeaving)], 1U);
  const auto linked = [](const auto& views) {
    return std::count_if(views.begin(), views.end(), [](const auto& view) { return view.linked; });
  };
  EXPECT_EQ(linked(core_.gossip.Replicas(now_)), linked(before) - 1);
}

INSTANTIATE_TEST_SUITE_P(Replica, GossipUpgrade,
                         testing::Values(Saying::kAsEver, Saying::kMoreFields, Saying::kMoreKinds));

TEST(GossipUpgradeTest, EmptyFramesOfEveryKindDoNothing) {
  Core core("new", *SocketAddress::Parse("10.0.0.1:7600"));
  core.gossip.LinkUp(kOld, {}, core.address, kStart);
  core.gossip.Receive(kOld, GoldenFrames().at("hello"), kStart);
  for (char kind = 2; kind <= 9; ++kind) {
    const char frame[] = {static_cast<char>(kind << 3 | 2), 0};
    core.gossip.Receive(kOld, {frame, sizeof frame}, kStart);
  }
  EXPECT_TRUE(core.gossip.TakeOutput().closes.empty());
  EXPECT_EQ(core.gossip.LiveReplicas(), 2U);
}

// Why a first frame makes us close.
TEST(GossipUpgradeTest, AnotherVersionIsRefusedAndSoIsSilenceAboutIt) {
  wire::Frame next;
  ASSERT_TRUE(next.ParseFromString(GoldenFrames().at("hello")));
  next.mutable_hello()->set_version(2);
  const std::pair<std::string, CloseReason> cases[] = {
      {next.SerializeAsString(), CloseReason::kVersion},
      {LaterKind(), CloseReason::kProtocol},
      {GoldenFrames().at("ping"), CloseReason::kProtocol},
      {"\xff\xff", CloseReason::kProtocol}};
  for (const auto& [frame, reason] : cases) {
    Core core("new", *SocketAddress::Parse("10.0.0.1:7600"));
    core.gossip.LinkUp(kOld, {}, core.address, kStart);
    core.gossip.Receive(kOld, frame, kStart);
    const auto closes = core.gossip.TakeOutput().closes;
    ASSERT_EQ(closes.size(), 1U);
    EXPECT_EQ(closes[0].second, reason) << ToString(closes[0].second);
    EXPECT_EQ(core.gossip.LiveReplicas(), 1U);
  }
}

}  // namespace
}  // namespace room_router::test
