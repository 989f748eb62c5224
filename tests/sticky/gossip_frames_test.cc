// SPDX-License-Identifier: Apache-2.0
// The bytes of the first release stay readable, and the schema only grows.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <variant>

#include "sticky/gossip.pb.h"
#include "tests/sticky/golden_frames.h"

namespace room_router::test {
namespace {

using google::protobuf::FieldDescriptor;
using gossip::Message;

constexpr HybridTime kTime = uint64_t{1'800'000'000'000} << 16U;

template <typename M>
M Read(Coder& coder, const std::string& name) {
  const auto message = coder.coder.Decode(GoldenFrames().at(name));
  if (!message || !std::holds_alternative<M>(*message)) {
    ADD_FAILURE() << name << " is something else";
    return {};
  }
  return std::get<M>(*message);
}

// What reads them leaves nothing out, or it could not write them again.
TEST(GossipFrames, TheFirstReleaseIsReadAsItWasWritten) {
  std::set<int> kinds;
  for (const auto& [name, bytes] : GoldenFrames()) {
    Coder coder;
    const auto message = coder.coder.Decode(bytes);
    ASSERT_TRUE(message) << name;
    EXPECT_EQ(coder.Encode(*message), bytes) << name;
    EXPECT_EQ(coder.stats.malformed + coder.stats.unknown, 0U) << name;
    kinds.insert(static_cast<uint8_t>(bytes.front()) >> 3U);
  }
  EXPECT_EQ(kinds, (std::set{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})) << "of every kind one";
}

TEST(GossipFrames, HelloAndGoodbyeMeanWhatTheyMeant) {
  Coder coder;
  const auto hello = Read<gossip::Hello>(coder, "hello");
  EXPECT_EQ(hello.version, 1U);
  EXPECT_EQ(hello.cluster, "test");
  EXPECT_EQ(hello.time, kTime + 7);
  EXPECT_EQ(hello.self, (Claim{.name = "old-0",
                               .start = 1'700'000'000'000'000,
                               .incarnation = 2,
                               .state = ReplicaState::kAlive,
                               .synced = true,
                               .address = *SocketAddress::Parse("10.0.0.2:7600")}));
  EXPECT_EQ(Read<gossip::Goodbye>(coder, "goodbye").reason, CloseReason::kLeaving);
}

TEST(GossipFrames, UpdatesMeanWhatTheyMeant) {
  Coder coder;
  const auto update = Read<gossip::Update>(coder, "update");
  ASSERT_EQ(update.records.size(), 3U);
  const auto& [ns, key, cell, shard, lease, display] = update.records[1];
  EXPECT_EQ(ns, KeyNamespace::kWhiteboard);
  EXPECT_EQ(key, (RoomKey{.high = 3, .low = 4}));
  EXPECT_EQ(cell.binding.epoch, 5U);
  EXPECT_EQ(cell.binding.stamp, (Stamp{.time = kTime + 2, .replica = 0x2222}));
  EXPECT_EQ(cell.renewed, kTime + 2);
  EXPECT_EQ(coder.names.Name(shard), "shard-1");
  EXPECT_EQ(lease, std::chrono::minutes(5));
  EXPECT_EQ(display, "café");
  EXPECT_TRUE(update.records[2].cell.binding.tombstone);
  ASSERT_EQ(update.admin.size(), 2U);
  EXPECT_EQ(update.admin[0].value, "drain");
  ASSERT_EQ(update.members.size(), 3U);
  EXPECT_EQ(update.members[1].state, ReplicaState::kSuspect);
  EXPECT_TRUE(Read<gossip::Update>(coder, "update_direct").direct);
  EXPECT_TRUE(Read<gossip::Update>(coder, "update_sync").sync);
}

TEST(GossipFrames, SyncsMeanWhatTheyMeant) {
  Coder coder;
  const auto open = Read<gossip::SyncOpen>(coder, "sync_open");
  EXPECT_EQ(open.digests, (std::vector<uint64_t>{1, 0x0102030405060708}));
  const auto page = Read<gossip::SyncPage>(coder, "sync_page");
  ASSERT_EQ(page.buckets.size(), 2U);
  EXPECT_EQ(page.buckets[0].digests, std::vector<uint64_t>{0x77});
  const auto answer = Read<gossip::SyncAnswer>(coder, "sync_answer_wanting");
  EXPECT_EQ(answer.page, 2U);
  EXPECT_EQ(answer.done, (std::vector<uint32_t>{0, 1023}));
  EXPECT_EQ(answer.wanted, std::vector<uint64_t>{0x0102030405060708});
}

std::string TypeOf(const FieldDescriptor& field) {
  const std::string type = field.type() == FieldDescriptor::TYPE_MESSAGE
                               ? field.message_type()->name()
                               : field.type_name();
  return (field.is_repeated() ? "repeated " : "") + type;
}

// One line a field: message, number, name, type.
TEST(GossipFrames, TheSchemaOnlyGrows) {
  std::ifstream file(STICKY_TEST_DATA "/gossip_fields_v1.txt");
  int fields = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string message, name, type;
    int number = 0;
    words >> message >> number >> name >> std::ws;
    std::getline(words, type);
    const auto* descriptor = wire::Frame::descriptor()->file()->FindMessageTypeByName(message);
    ASSERT_NE(descriptor, nullptr) << message;
    const FieldDescriptor* field = descriptor->FindFieldByNumber(number);
    ASSERT_NE(field, nullptr) << line << ": numbers stay taken";
    EXPECT_EQ(TypeOf(*field), type) << line;
    ++fields;
  }
  EXPECT_EQ(fields, 61);
}

// Values of a later version are left out; what stands beside them is kept.
TEST(GossipFrames, ValuesNobodyKnowsYetAreLeftOut) {
  wire::Frame frame;
  ASSERT_TRUE(frame.ParseFromString(GoldenFrames().at("update")));
  wire::Update& update = *frame.mutable_update();
  update.mutable_records(0)->set_key_namespace(9);
  update.mutable_members(0)->set_state(9);
  Coder coder;
  const auto message = coder.coder.Decode(frame.SerializeAsString());
  ASSERT_TRUE(message);
  const auto& read = std::get<gossip::Update>(*message);
  EXPECT_EQ(read.records.size(), 2U);
  EXPECT_EQ(read.members.size(), 2U);
  EXPECT_EQ(read.admin.size(), 2U);
  EXPECT_EQ(coder.stats.malformed, 2U);
}

TEST(GossipFrames, AReasonNobodyKnowsYetIsAGoodbyeAllTheSame) {
  wire::Frame frame;
  frame.mutable_goodbye()->set_reason(99);
  Coder coder;
  const auto message = coder.coder.Decode(frame.SerializeAsString());
  ASSERT_TRUE(message && std::holds_alternative<gossip::Goodbye>(*message));
  EXPECT_EQ(std::get<gossip::Goodbye>(*message).reason, std::nullopt);
}

// Whatever is cut off a frame: it is read in part or not at all.
TEST(GossipFrames, CutFramesDoNoHarm) {
  size_t refused = 0;
  for (const auto& [name, bytes] : GoldenFrames()) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      Coder coder;
      if (!coder.coder.Decode(bytes.substr(0, size))) ++refused;
    }
  }
  EXPECT_GT(refused, 100U);
}

}  // namespace
}  // namespace room_router::test
