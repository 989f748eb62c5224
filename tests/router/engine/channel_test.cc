// SPDX-License-Identifier: Apache-2.0
#include "router/engine/channel.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>

#include "tests/router/engine/scripted_transport.h"

namespace room_router {
namespace {

using Status = IoResult::Status;

class ChannelTest : public ::testing::Test {
 protected:
  std::shared_ptr<Wire> wire = std::make_shared<Wire>();
  Channel channel{std::make_unique<ScriptedTransport>(wire)};
  char buffer[8];
};

TEST_F(ChannelTest, ReadsNothingBeforeAnEvent) {
  wire->to_read = {"abc"};
  EXPECT_EQ(channel.Read(buffer, sizeof buffer).status, Status::kBlocked);
  EXPECT_EQ(wire->operations, 0);
}

TEST_F(ChannelTest, AShortReadIsNotFollowedByAnother) {
  wire->to_read = {"abc"};
  channel.Note(EPOLLIN);
  EXPECT_EQ(channel.Read(buffer, sizeof buffer).bytes, 3U);
  EXPECT_FALSE(channel.readable());
  EXPECT_EQ(channel.Read(buffer, sizeof buffer).status, Status::kBlocked);
  EXPECT_EQ(wire->operations, 1);
}

TEST_F(ChannelTest, AFullReadIsFollowedByAnother) {
  wire->to_read = {"12345678", "9"};
  channel.Note(EPOLLIN);
  EXPECT_EQ(channel.Read(buffer, sizeof buffer).bytes, 8U);
  EXPECT_TRUE(channel.readable());
  EXPECT_EQ(channel.Read(buffer, sizeof buffer).bytes, 1U);
}

TEST_F(ChannelTest, AHangUpIsReadToItsEnd) {
  wire->to_read = {"abc"};
  wire->end_of_input = true;
  channel.Note(EPOLLIN | EPOLLRDHUP);
  EXPECT_EQ(channel.Read(buffer, sizeof buffer).bytes, 3U);
  EXPECT_TRUE(channel.readable());
  EXPECT_EQ(channel.Read(buffer, sizeof buffer).status, Status::kEof);
  EXPECT_TRUE(channel.eof());
  EXPECT_FALSE(channel.readable());
  EXPECT_FALSE(channel.broken());
}

TEST_F(ChannelTest, KeepsWhatThePeerDoesNotTakeInOrder) {
  wire->writable = 2;
  EXPECT_TRUE(channel.Write("abcd"));
  EXPECT_TRUE(channel.blocked());
  EXPECT_TRUE(channel.Write("ef"));
  EXPECT_EQ(wire->written, "ab");
  wire->writable = 3;
  EXPECT_TRUE(channel.Flush());
  EXPECT_TRUE(channel.blocked());
  wire->writable = 100;
  EXPECT_TRUE(channel.Flush());
  EXPECT_FALSE(channel.blocked());
  EXPECT_EQ(wire->written, "abcdef");
}

TEST_F(ChannelTest, ReadsMoreForAPeerThatTakesMuchAtOnce) {
  const std::string much(Channel::kLeastAppetite, 'm');
  EXPECT_EQ(channel.Appetite(), Channel::kLeastAppetite);
  EXPECT_TRUE(channel.Write("small"));
  EXPECT_EQ(channel.Appetite(), Channel::kLeastAppetite);
  EXPECT_TRUE(channel.Write(much));
  EXPECT_EQ(channel.Appetite(), Channel::kMostAppetite);
  EXPECT_TRUE(channel.Write("small"));
  EXPECT_EQ(channel.Appetite(), Channel::kMostAppetite);
  wire->writable = much.size() - 1;
  EXPECT_TRUE(channel.Write(much));
  EXPECT_TRUE(channel.blocked());
  EXPECT_EQ(channel.Appetite(), Channel::kLeastAppetite);
}

TEST_F(ChannelTest, EndsWritesOnlyAfterEverythingIsSent) {
  wire->writable = 1;
  EXPECT_TRUE(channel.Write("xyz"));
  channel.EndWrites();
  EXPECT_TRUE(channel.writes_ending());
  EXPECT_FALSE(wire->write_ended);
  EXPECT_FALSE(channel.Write("late"));
  wire->writable = 100;
  EXPECT_TRUE(channel.Flush());
  EXPECT_TRUE(wire->write_ended);
  EXPECT_TRUE(channel.writes_ended());
  EXPECT_EQ(wire->written, "xyz");
}

TEST_F(ChannelTest, AnErrorAtAnyOperationIsReportedOnce) {
  for (int n = 0; n < 4; ++n) {
    auto failing = std::make_shared<Wire>();
    failing->to_read = {"12345678", "9"};
    failing->fail_at = n;
    Channel tested(std::make_unique<ScriptedTransport>(failing));
    tested.Note(EPOLLIN);
    int errors = 0;
    errors += tested.Read(buffer, sizeof buffer).status == Status::kError;
    errors += tested.readable() && tested.Read(buffer, sizeof buffer).status == Status::kError;
    errors += !tested.Write("a");
    errors += !tested.Write("b");
    EXPECT_EQ(errors, n == 3 && failing->operations < 4 ? 0 : 1) << "operation " << n;
    EXPECT_EQ(tested.broken(), n < 2) << "operation " << n;
  }
}

TEST_F(ChannelTest, CloseReleasesTheTransport) {
  channel.Close();
  EXPECT_TRUE(wire->closed);
  EXPECT_FALSE(channel.open());
}

}  // namespace
}  // namespace room_router
