// SPDX-License-Identifier: Apache-2.0
// Response heads as tables of raw bytes and what they must be read as (RFC 9112 §4, §6.3).
#include <gtest/gtest.h>

#include <string>

#include "router/http/head.h"

namespace room_router::http {
namespace {

using namespace std::string_literals;

ParseStatus Parse(const std::string& bytes, ResponseHead& head, Method request = Method::kGet) {
  static std::string kept;
  kept = bytes;
  return ParseResponseHead(kept, {}, request, head);
}

struct Refusal {
  std::string bytes;
  HeadError error;
};

std::vector<Refusal> Refusals() {
  using E = HeadError;
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  return {
      {"garbage\r\n\r\n", E::kBadVersion},
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", E::kBadVersion},
      {"http/1.1 200 OK\r\n\r\n", E::kBadVersion},
      {"ICY 200 OK\r\n\r\n", E::kBadVersion},
      {"HTTP/0.9 200 OK\r\n\r\n", E::kBadVersion},
      {"HTTP/2.0 200 OK\r\n\r\n", E::kUnsupportedVersion},
      {"HTTP/1.1  200 OK\r\n\r\n", E::kBadFirstLine},
      {"HTTP/1.1\t200 OK\r\n\r\n", E::kBadFirstLine},
      {"HTTP/1.1\r\n\r\n", E::kBadFirstLine},
      {"HTTP/1.1 099 Low\r\n\r\n", E::kBadFirstLine},
      {"HTTP/1.1 600 High\r\n\r\n", E::kBadFirstLine},
      {"HTTP/1.1 20 OK\r\n\r\n", E::kBadFirstLine},
      {"HTTP/1.1 2000 OK\r\n\r\n", E::kBadFirstLine},
      {"HTTP/1.1 2x0 OK\r\n\r\n", E::kBadFirstLine},
      {"HTTP/1.1 200\tOK\r\n\r\n", E::kBadFirstLine},
      {"HTTP/1.1 200 O\0K\r\n\r\n"s, E::kBadFirstLine},
      {"HTTP/1.1 200 O\x7fK\r\n\r\n", E::kBadFirstLine},
      {"HTTP/1.1 200 OK\n\r\n", E::kBareLineFeed},
      {"HTTP/1.1 200 OK\rX", E::kBareCarriageReturn},
      {ok + "A : b\r\n\r\n", E::kBadField},
      {ok + "A\r\n\r\n", E::kBadField},
      {ok + "A: b\r\n c\r\n\r\n", E::kObsFold},
      {ok + "A: b\0\r\n\r\n"s, E::kBadField},
      {ok + "A: b\n\r\n", E::kBareLineFeed},
      {ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", E::kBadContentLength},
      {ok + "Content-Length: 1, 1\r\n\r\n", E::kBadContentLength},
      {ok + "Content-Length: -1\r\n\r\n", E::kBadContentLength},
      {ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       E::kLengthAndTransferEncoding},
      {ok + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
       E::kLengthAndTransferEncoding},
      {ok + "Transfer-Encoding: chunked, chunked\r\n\r\n", E::kBadTransferEncoding},
      {ok + "Transfer-Encoding: gzip\r\n\r\n", E::kBadTransferEncoding},
      {ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", E::kBadTransferEncoding},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", E::kBadTransferEncoding},
      {"HTTP/1.1 304 NM\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       E::kLengthAndTransferEncoding},
  };
}

TEST(ResponseHead, RefusesWhatOthersMightReadDifferently) {
  for (const Refusal& row : Refusals()) {
    ResponseHead head;
    EXPECT_EQ(Parse(row.bytes, head), ParseStatus::kError) << row.bytes;
    EXPECT_EQ(ToString(head.error), ToString(row.error)) << row.bytes;
  }
}

struct Framing {
  Method request;
  std::string bytes;  // status line and fields
  BodyKind body;
  uint64_t length;
  bool keep_alive;
};

TEST(ResponseHead, DelimitsTheBody) {
  const auto get = Method::kGet;
  const auto head_request = Method::kHead;
  const std::string length = "Content-Length: 5\r\n", chunked = "Transfer-Encoding: chunked\r\n";
  const std::vector<Framing> table = {
      {get, "HTTP/1.1 200 OK\r\n" + length, BodyKind::kLength, 5, true},
      {get, "HTTP/1.1 200 OK\r\n" + length + length, BodyKind::kLength, 5, true},
      {get, "HTTP/1.1 200 OK\r\n" + chunked, BodyKind::kChunked, 0, true},
      {get, "HTTP/1.1 200 OK\r\n", BodyKind::kUntilClose, 0, false},
      {get, "HTTP/1.1 200 OK\r\nConnection: close\r\n" + length, BodyKind::kLength, 5, false},
      {get, "HTTP/1.0 200 OK\r\n" + length, BodyKind::kLength, 5, false},
      {get, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + length, BodyKind::kLength, 5, true},
      {get, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n", BodyKind::kUntilClose, 0, false},
      {head_request, "HTTP/1.1 200 OK\r\n" + length, BodyKind::kNone, 0, true},
      {head_request, "HTTP/1.1 200 OK\r\n" + chunked, BodyKind::kNone, 0, true},
      {head_request, "HTTP/1.1 200 OK\r\n", BodyKind::kNone, 0, true},
      {get, "HTTP/1.1 204 No Content\r\n" + length, BodyKind::kNone, 0, true},
      {get, "HTTP/1.1 304 Not Modified\r\n" + length, BodyKind::kNone, 0, true},
      {get, "HTTP/1.1 100 Continue\r\n", BodyKind::kNone, 0, true},
      {get, "HTTP/1.1 103 Early Hints\r\n" + length, BodyKind::kNone, 0, true},
      {get, "HTTP/1.1 101 Switching\r\n", BodyKind::kNone, 0, true},
      {get, "HTTP/1.1 500 Oops\r\n" + chunked, BodyKind::kChunked, 0, true},
      {Method::kConnect, "HTTP/1.1 200 OK\r\n" + length, BodyKind::kNone, 0, true},
  };
  for (const Framing& row : table) {
    ResponseHead head;
    ASSERT_EQ(Parse(row.bytes + "\r\n", head, row.request), ParseStatus::kComplete) << row.bytes;
    EXPECT_EQ(head.body, row.body) << row.bytes;
    EXPECT_EQ(head.content_length, row.length) << row.bytes;
    EXPECT_EQ(head.keep_alive, row.keep_alive) << row.bytes;
  }
}

TEST(ResponseHead, ReadsTheStatusLine) {
  const std::vector<std::tuple<std::string, int, std::string>> table = {
      {"HTTP/1.1 200 OK", 200, "OK"},
      {"HTTP/1.1 404 Not  Found ", 404, "Not  Found "},
      {"HTTP/1.1 200 ", 200, ""},
      {"HTTP/1.1 200", 200, ""},
      {"HTTP/1.1 599 \t\xc3\xa9", 599, "\t\xc3\xa9"},
      {"HTTP/1.0 100 x", 100, "x"},
  };
  for (const auto& [line, status, reason] : table) {
    ResponseHead head;
    ASSERT_EQ(Parse(line + "\r\n\r\nbody", head), ParseStatus::kComplete) << line;
    EXPECT_EQ(head.status, status) << line;
    EXPECT_EQ(head.reason, reason) << line;
    EXPECT_EQ(head.size, line.size() + 4) << line;
  }
}

TEST(ResponseHead, RecognisesAnAcceptedWebsocket) {
  ResponseHead head;
  const std::string fields = "Upgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n";
  ASSERT_EQ(Parse("HTTP/1.1 101 Switching Protocols\r\n" + fields, head), ParseStatus::kComplete);
  EXPECT_TRUE(head.websocket_accepted);
  ASSERT_EQ(Parse("HTTP/1.1 200 OK\r\n" + fields, head), ParseStatus::kComplete);
  EXPECT_FALSE(head.websocket_accepted);
  ASSERT_EQ(Parse("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", head),
            ParseStatus::kComplete);
  EXPECT_FALSE(head.websocket_accepted);
}

TEST(ResponseHead, IgnoresHostFields) {
  ResponseHead head;
  EXPECT_EQ(Parse("HTTP/1.1 204 x\r\nHost: a b\r\nHost: c\r\n\r\n", head), ParseStatus::kComplete);
}

TEST(ResponseHead, KeepsToItsLimits) {
  const HeadLimits limits{.first_line = 15, .head = 40, .fields = 2};
  ResponseHead head;
  const auto parse = [&](const std::string& bytes) {
    return ParseResponseHead(bytes, limits, Method::kGet, head);
  };
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\n\r\n"), ParseStatus::kComplete);
  EXPECT_EQ(parse("HTTP/1.1 200 OKa\r\n\r\n"), ParseStatus::kError);
  EXPECT_EQ(head.error, HeadError::kFirstLineTooLong);
  const std::string long_field = "HTTP/1.1 200 OK\r\nA: " + std::string(40, 'x');
  EXPECT_EQ(parse(long_field), ParseStatus::kError);
  EXPECT_EQ(head.error, HeadError::kHeadTooLarge);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nA:\r\nB:\r\nC:\r\n\r\n"), ParseStatus::kError);
  EXPECT_EQ(head.error, HeadError::kTooManyFields);
}

TEST(ResponseHead, PrefixesNeverContradictTheWhole) {
  std::vector<Refusal> rows = Refusals();
  rows.push_back({"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 5\r\nVary: Accept\r\n\r\n",
                  HeadError::kNone});
  for (const Refusal& row : rows) {
    for (size_t size = 0; size < row.bytes.size(); ++size) {
      ResponseHead head;
      const ParseStatus early = Parse(row.bytes.substr(0, size), head);
      if (early == ParseStatus::kIncomplete) continue;
      ASSERT_EQ(early, ParseStatus::kError) << row.bytes;
      ASSERT_EQ(head.error, row.error) << size << " bytes of " << row.bytes;
    }
  }
}

}  // namespace
}  // namespace room_router::http
