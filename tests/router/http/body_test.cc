// SPDX-License-Identifier: Apache-2.0
// Body framing: what belongs to the message, what is forwarded, and that no split of the bytes
// changes either (RFC 9112 §6, §7).
#include "router/http/body.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <string>
#include <vector>

namespace room_router::http {
namespace {

using namespace std::string_literals;

struct Outcome {
  std::string forwarded, decoded;
  size_t consumed = 0;
  bool done = false, error = false;
  bool operator==(const Outcome&) const = default;
};

// Feeds the pieces; `decode` as the caller of an unwrapping exchange would.
Outcome FeedAll(BodyReader reader, const std::vector<std::string>& pieces, bool decode) {
  Outcome outcome;
  for (const std::string& piece : pieces) {
    const BodyReader::Step step = reader.Feed(piece, decode ? &outcome.decoded : nullptr);
    EXPECT_LE(step.forward, step.consumed);
    EXPECT_LE(step.consumed, piece.size());
    EXPECT_EQ(step.done, reader.done());
    if (step.error) {
      outcome.error = true;
      break;
    }
    EXPECT_TRUE(step.done || step.consumed == piece.size());
    outcome.forwarded += piece.substr(0, step.forward);
    outcome.forwarded += step.append;
    outcome.consumed += step.consumed;
    if (step.done) break;
  }
  outcome.done = reader.done();
  return outcome;
}

Outcome RunChunked(const std::string& bytes, bool keep_trailers = true, bool decode = false) {
  return FeedAll(BodyReader(BodyKind::kChunked, 0, keep_trailers), {bytes}, decode);
}

TEST(Body, OfNoneIsDoneAtOnce) {
  for (BodyReader reader : {BodyReader(), BodyReader(BodyKind::kNone, 7, true),
                            BodyReader(BodyKind::kLength, 0, true)}) {
    EXPECT_TRUE(reader.done());
    EXPECT_TRUE(reader.MayEndHere());
    const BodyReader::Step step = reader.Feed("next request");
    EXPECT_TRUE(step.done);
    EXPECT_EQ(step.consumed, 0u);
    EXPECT_EQ(step.forward, 0u);
  }
}

TEST(Body, OfKnownLengthStopsThere) {
  BodyReader reader(BodyKind::kLength, 5, true);
  BodyReader::Step step = reader.Feed("abc");
  EXPECT_EQ(step.consumed, 3u);
  EXPECT_EQ(step.forward, 3u);
  EXPECT_FALSE(step.done);
  EXPECT_FALSE(reader.MayEndHere());
  step = reader.Feed("deGET /");
  EXPECT_EQ(step.consumed, 2u);
  EXPECT_TRUE(step.done);
  EXPECT_TRUE(reader.MayEndHere());
}

TEST(Body, UntilCloseTakesEverything) {
  BodyReader reader(BodyKind::kUntilClose, 0, true);
  EXPECT_EQ(reader.Feed("abc").forward, 3u);
  EXPECT_FALSE(reader.done());
  EXPECT_TRUE(reader.MayEndHere());
  std::string decoded;
  EXPECT_EQ(reader.Feed("def", &decoded).forward, 0u);
  EXPECT_EQ(decoded, "def");
}

struct Chunked {
  std::string bytes, payload, forwarded_without_trailers;
};

const std::vector<Chunked> kValid = {
    {"0\r\n\r\n", "", "0\r\n\r\n"},
    {"5\r\nhello\r\n0\r\n\r\n", "hello", "5\r\nhello\r\n0\r\n\r\n"},
    {"1\r\na\r\n0002\r\nbc\r\n00\r\n\r\n", "abc", "1\r\na\r\n0002\r\nbc\r\n00\r\n\r\n"},
    {"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789",
     "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"},
    {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n", "2\r\n\r\n\r\n0\r\n\r\n"},
    {"3;a=b;c=\"d;\te\"\r\nxyz\r\n0;last\r\n\r\n", "xyz",
     "3;a=b;c=\"d;\te\"\r\nxyz\r\n0;last\r\n\r\n"},
    {"3 \t;a\r\nxyz\r\n0\r\n\r\n", "xyz", "3 \t;a\r\nxyz\r\n0\r\n\r\n"},
    {"0000000000000001\r\nx\r\n0\r\n\r\n", "x", "0000000000000001\r\nx\r\n0\r\n\r\n"},
    {"1\r\nx\r\n0\r\nDigest: abc\r\n\r\n", "x", "1\r\nx\r\n0\r\n\r\n"},
    {"0\r\nA:\r\nB: \t caf\xc3\xa9\r\n\r\n", "", "0\r\n\r\n"},
};

TEST(Body, ChunkedIsForwardedAsItIs) {
  for (const Chunked& row : kValid) {
    const Outcome all = RunChunked(row.bytes + "GET /next");
    EXPECT_EQ(all.forwarded, row.bytes);
    EXPECT_EQ(all.consumed, row.bytes.size());
    EXPECT_TRUE(all.done);
  }
}

TEST(Body, ChunkedCanLoseItsTrailers) {
  for (const Chunked& row : kValid) {
    const Outcome outcome = RunChunked(row.bytes + "GET /next", false);
    EXPECT_EQ(outcome.forwarded, row.forwarded_without_trailers);
    EXPECT_EQ(outcome.consumed, row.bytes.size());
  }
}

TEST(Body, ChunkedCanBeUnwrapped) {
  for (const Chunked& row : kValid) {
    for (const bool keep_trailers : {false, true}) {
      const Outcome outcome = RunChunked(row.bytes + "GET /next", keep_trailers, true);
      EXPECT_EQ(outcome.decoded, row.payload);
      EXPECT_EQ(outcome.forwarded, "");
      EXPECT_EQ(outcome.consumed, row.bytes.size());
    }
  }
}

const std::vector<std::pair<const char*, std::string>> kMalformed = {
    {"no size", "\r\nabc"},
    {"no size but an extension", ";a\r\n"},
    {"space before the size", " 1\r\nx\r\n0\r\n\r\n"},
    {"not hex", "3g\r\n"},
    {"hex prefix", "0x3\r\n"},
    {"negative", "-1\r\n"},
    {"plus", "+1\r\n"},
    {"17 digits", "00000000000000001\r\n"},
    {"space after the size", "1 \r\nx\r\n0\r\n\r\n"},
    {"bare LF after the size", "1\nx\r\n0\r\n\r\n"},
    {"bare CR after the size", "1\rx\r\n0\r\n\r\n"},
    {"bare LF in an extension", "1;a\nx\r\n0\r\n\r\n"},
    {"bare CR in an extension", "1;a\rb\r\nx\r\n0\r\n\r\n"},
    {"NUL in an extension", "1;\0\r\nx\r\n0\r\n\r\n"s},
    {"long extension", "1;" + std::string(5000, 'a') + "\r\n"},
    {"no CRLF after a chunk", "1\r\nxy\r\n0\r\n\r\n"},
    {"LF after a chunk", "1\r\nx\n0\r\n\r\n"},
    {"CR and something after a chunk", "1\r\nx\r0\r\n\r\n"},
    {"two sizes", "1\r\nx\r\n\r\n0\r\n\r\n"},
    {"bare LF after the last chunk", "0\n\n"},
    {"bare LF as the last line", "0\r\n\n"},
    {"bare CR as the last line", "0\r\n\rx"},
    {"trailer without colon", "0\r\nabc\r\n\r\n"},
    {"trailer without name", "0\r\n: b\r\n\r\n"},
    {"trailer with a space before the colon", "0\r\na : b\r\n\r\n"},
    {"folded trailer", "0\r\na: b\r\n c\r\n\r\n"},
    {"trailer with NUL", "0\r\na: \0\r\n\r\n"s},
    {"trailer with a bare LF", "0\r\na: b\n\r\n"},
    {"trailer with a bare CR", "0\r\na: b\rc\r\n\r\n"},
    {"long trailers", "0\r\na: " + std::string(9000, 'b') + "\r\n\r\n"},
};

TEST(Body, MalformedChunksEndTheConnection) {
  for (const auto& [why, bytes] : kMalformed) {
    for (const bool decode : {false, true}) {
      const Outcome outcome = RunChunked(bytes, true, decode);
      EXPECT_TRUE(outcome.error) << why;
      EXPECT_FALSE(outcome.done) << why;
    }
  }
}

TEST(Body, StaysFailed) {
  BodyReader reader(BodyKind::kChunked, 0, true);
  EXPECT_TRUE(reader.Feed("x").error);
  const BodyReader::Step step = reader.Feed("0\r\n\r\n");
  EXPECT_TRUE(step.error);
  EXPECT_EQ(step.forward, 0u);
}

TEST(Body, ManyExtensionsTogetherAreTooLong) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += "1;" + std::string(50, 'a') + "\r\nx\r\n";
  EXPECT_TRUE(RunChunked(bytes).error);
}

TEST(Body, ExtensionsDoNotCountAsTrailers) {
  const std::string bytes =
      "1;" + std::string(4000, 'a') + "\r\nx\r\n0\r\na: " + std::string(8000, 'b') + "\r\n\r\n";
  EXPECT_TRUE(RunChunked(bytes).done);
}

TEST(Body, LargestChunkSizeIsTaken) {
  BodyReader reader(BodyKind::kChunked, 0, true);
  const BodyReader::Step step = reader.Feed("FFFFFFFFFFFFFFFF\r\nabc");
  EXPECT_FALSE(step.error);
  EXPECT_EQ(step.forward, 21u);
}

TEST(Body, EveryCutInTwoGivesTheSame) {
  for (const Chunked& row : kValid) {
    const std::string bytes = row.bytes + "GET";
    for (const bool keep : {false, true}) {
      for (const bool decode : {false, true}) {
        const BodyReader reader(BodyKind::kChunked, 0, keep);
        const Outcome whole = FeedAll(reader, {bytes}, decode);
        for (size_t cut = 0; cut <= bytes.size(); ++cut) {
          EXPECT_EQ(FeedAll(reader, {bytes.substr(0, cut), bytes.substr(cut)}, decode), whole)
              << row.bytes << " cut at " << cut;
        }
      }
    }
  }
}

TEST(Body, RandomSplitsOfRandomChunksGiveTheSame) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::string bytes, payload;
    for (auto chunks = random() % 5; chunks > 0; --chunks) {
      const std::string data(1 + random() % 40, static_cast<char>('a' + random() % 26));
      char size[24];
      std::snprintf(size, sizeof size, "%zx\r\n", data.size());
      bytes += size + data + "\r\n";
      payload += data;
    }
    bytes += random() % 2 ? "0\r\nT: v\r\n\r\n" : "0\r\n\r\n";
    std::vector<std::string> pieces;
    for (size_t at = 0; at < bytes.size();) {
      pieces.push_back(bytes.substr(at, 1 + random() % 7));
      at += pieces.back().size();
    }
    const BodyReader reader(BodyKind::kChunked, 0, random() % 2 == 0);
    EXPECT_EQ(FeedAll(reader, pieces, false), FeedAll(reader, {bytes}, false));
    const Outcome decoded = FeedAll(reader, pieces, true);
    EXPECT_EQ(decoded.decoded, payload);
    EXPECT_TRUE(decoded.done);
  }
}

TEST(Body, MalformedIsFoundByEverySplit) {
  for (const auto& [why, bytes] : kMalformed) {
    std::vector<std::string> bytewise;
    for (const char c : bytes) bytewise.emplace_back(1, c);
    EXPECT_TRUE(FeedAll(BodyReader(BodyKind::kChunked, 0, true), bytewise, false).error) << why;
  }
}

}  // namespace
}  // namespace room_router::http
