// SPDX-License-Identifier: Apache-2.0
#include "sticky/length_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

namespace room_router {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> TakeAll(FrameReader& reader) {
  std::vector<std::string> frames;
  while (const auto frame = reader.Next()) frames.emplace_back(*frame);
  return frames;
}

// Everything the queue holds, in steps of `step` bytes.
std::string Drain(FrameQueue& queue, size_t step) {
  std::string bytes;
  std::array<std::string_view, 3> pieces;
  while (const size_t count = queue.Peek(pieces)) {
    std::string next;
    for (size_t i = 0; i < count; ++i) next += pieces[i];
    next.resize(std::min(next.size(), step));
    bytes += next;
    queue.Consume(next.size());
  }
  return bytes;
}

TEST(LengthFramesTest, BytesOfAFrame) {
  FrameQueue queue;
  queue.Push("abc");
  EXPECT_EQ(queue.bytes(), 7U);
  EXPECT_EQ(Drain(queue, 100), std::string("\0\0\0\3abc", 7));
  EXPECT_EQ(queue.bytes(), 0U);
  queue.Push(std::string(0x010203, 'x'));
  EXPECT_EQ(Drain(queue, 4096).substr(0, 5), std::string("\0\1\2\3x", 5));
}

TEST(LengthFramesTest, FramesSurviveAnySplitting) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    FrameQueue queue;
    FrameReader reader(5000);
    std::vector<std::string> sent, received;
    for (size_t i = random() % 20; i > 0; --i) {
      sent.emplace_back(1 + random() % (random() % 5000 + 1), static_cast<char>(random()));
      queue.Push(sent.back());
    }
    const std::string bytes = Drain(queue, 1 + random() % 3000);
    for (size_t at = 0; at < bytes.size();) {
      const std::string piece = bytes.substr(at, 1 + random() % 7000);
      at += piece.size();
      reader.Receive(piece);
      for (std::string& frame : TakeAll(reader)) received.push_back(std::move(frame));
    }
    ASSERT_EQ(received, sent);
    EXPECT_FALSE(reader.partial() || reader.broken());
  }
}

TEST(LengthFramesTest, PartialUntilTheLastByte) {
  FrameReader reader(10);
  EXPECT_FALSE(reader.partial());
  for (const char c : {'\0', '\0', '\0', '\2', 'a'}) {
    reader.Receive({&c, 1});
    EXPECT_THAT(TakeAll(reader), IsEmpty());
    EXPECT_TRUE(reader.partial());
  }
  reader.Receive(std::string("b\0", 2));
  EXPECT_THAT(TakeAll(reader), ElementsAre("ab"));
  EXPECT_TRUE(reader.partial());
}

TEST(LengthFramesTest, EmptyAndLongFramesBreakTheStream) {
  const std::string good("\0\0\0\2ab", 6);
  for (const std::string& bad :
       {std::string("\0\0\0\0", 4), std::string("\0\0\0\3", 4), std::string("\x16\3\1\2", 4),
        std::string("GET / HTTP/1.1\r\n"), std::string("\xff\xff\xff\xff", 4)}) {
    FrameReader reader(2);
    reader.Receive(good + bad + good);
    EXPECT_THAT(TakeAll(reader), ElementsAre("ab"));
    EXPECT_TRUE(reader.broken());
    reader.Receive(good);
    EXPECT_THAT(TakeAll(reader), IsEmpty());
  }
}

TEST(LengthFramesTest, ClearForgets) {
  FrameQueue queue;
  queue.Push("abc");
  queue.Consume(5);
  queue.Clear();
  EXPECT_EQ(queue.bytes(), 0U);
  queue.Push("d");
  EXPECT_EQ(Drain(queue, 1), std::string("\0\0\0\1d", 5));
}

}  // namespace
}  // namespace room_router
