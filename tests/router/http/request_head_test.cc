// SPDX-License-Identifier: Apache-2.0
// Request heads as tables of raw bytes and what they must be read as (RFC 9112, RFC 9110).
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include "router/http/head.h"

namespace room_router::http {
namespace {

using namespace std::string_literals;

// Parses a copy without a spare byte behind it, so that a sanitizer sees any read past the end.
ParseStatus Parse(std::string_view bytes, RequestHead& head, const HeadLimits& limits = {}) {
  static std::unique_ptr<char[]> exact;
  exact = std::make_unique<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  return ParseRequestHead(std::string_view(exact.get(), bytes.size()), limits, head);
}

const std::string kBrowser =
    "GET /xmpp-websocket?room=t%C3%A9st&previd=8a1 HTTP/1.1\r\nHost: meet.example.org\r\n"
    "Connection: keep-alive\r\nPragma: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
    "Accept: */*\r\nOrigin: https://meet.example.org\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\nCookie: a=b;\tc=d\r\nX-Obs: caf\xc3\xa9\r\n\r\n";

struct Refusal {
  const char* why;
  std::string bytes;
  HeadError error;
};

// Everything after a request line that is fine up to there.
std::string Fields(const std::string& fields) {
  return "POST /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
std::string Line(const std::string& line) { return line + "\r\nHost: h\r\n\r\n"; }
std::string Host(const std::string& host) { return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"; }

std::vector<Refusal> Refusals() {
  using E = HeadError;
  return {
      {"bare CR in a value", Fields("A: b\rc\r\n"), E::kBareCarriageReturn},
      {"bare CR before the empty line", Fields("A: b\r\r\n"), E::kBareCarriageReturn},
      {"bare CR instead of the empty line", "GET / HTTP/1.1\r\nHost: h\r\n\rX",
       E::kBareCarriageReturn},
      {"bare CR after the version", "GET / HTTP/1.1\rHost: h\r\n\r\n", E::kBareCarriageReturn},
      {"bare LF after the version", "GET / HTTP/1.1\nHost: h\n\n", E::kBareLineFeed},
      {"bare LF after a value", "GET / HTTP/1.1\r\nHost: h\n\r\n", E::kBareLineFeed},
      {"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: h\r\n\n", E::kBareLineFeed},
      {"bare LF in a name", Fields("Fo\no: b\r\n"), E::kBareLineFeed},
      {"bare LF in a method", Line("GE\nT / HTTP/1.1"), E::kBareLineFeed},
      {"bare LF in a target", Line("GET /a\n HTTP/1.1"), E::kBareLineFeed},
      {"bare LF before the request", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", E::kBareLineFeed},
      {"NUL in a value", Fields("A: b\0c\r\n"s), E::kBadField},
      {"control in a value", Fields("A: b\x01 c\r\n"), E::kBadField},
      {"escape in a value", Fields("A: \x1b[31m\r\n"), E::kBadField},
      {"DEL in a value", Fields("A: b\x7f\r\n"), E::kBadField},
      {"vertical tab before a value", Fields("A:\vb\r\n"), E::kBadField},
      {"control far in a long value", Fields("A: " + std::string(45, 'x') + "\x02\r\n"),
       E::kBadField},
      {"obs-fold", Fields("A: b\r\n c\r\n"), E::kObsFold},
      {"obs-fold by tab", Fields("A: b\r\n\tc\r\n"), E::kObsFold},
      {"white space before the first field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", E::kObsFold},
      {"space before the colon", Fields("A : b\r\n"), E::kBadField},
      {"tab before the colon", Fields("A\t: b\r\n"), E::kBadField},
      {"no colon", Fields("Abc\r\n"), E::kBadField},
      {"empty name", Fields(": b\r\n"), E::kBadField},
      {"name with a parenthesis", Fields("Fo(o: b\r\n"), E::kBadField},
      {"name with a high byte", Fields("Fo\xc3\xb6: b\r\n"), E::kBadField},
      {"name with NUL", Fields("Fo\0o: b\r\n"s), E::kBadField},
      {"long name ending badly", Fields(std::string(40, 'a') + "\": b\r\n"), E::kBadField},
      {"empty method", Line(" / HTTP/1.1"), E::kBadMethod},
      {"method with a colon", Line("GE:T / HTTP/1.1"), E::kBadMethod},
      {"method ended by a tab", Line("GET\t/ HTTP/1.1"), E::kBadMethod},
      {"method and nothing else", "GET\r\n\r\n", E::kBadMethod},
      {"TLS hello", "\x16\x03\x01\x02"s, E::kBadMethod},
      {"five empty lines", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
       E::kBadFirstLine},
      {"empty target", Line("GET  / HTTP/1.1"), E::kBadTarget},
      {"target without slash", Line("GET admin HTTP/1.1"), E::kBadTarget},
      {"asterisk for GET", Line("GET * HTTP/1.1"), E::kBadTarget},
      {"asterisk and more", Line("OPTIONS *a HTTP/1.1"), E::kBadTarget},
      {"authority form for GET", Line("GET h:80 HTTP/1.1"), E::kBadTarget},
      {"CONNECT to a path", Line("CONNECT / HTTP/1.1"), E::kBadTarget},
      {"CONNECT without a port", Line("CONNECT h HTTP/1.1"), E::kBadTarget},
      {"CONNECT with an empty port", Line("CONNECT h: HTTP/1.1"), E::kBadTarget},
      {"other scheme", Line("GET ftp://h/ HTTP/1.1"), E::kBadTarget},
      {"absolute form with user", Line("GET http://u@h/ HTTP/1.1"), E::kBadTarget},
      {"absolute form without host", Line("GET http:///a HTTP/1.1"), E::kBadTarget},
      {"absolute form, query without path", Line("GET http://h?a=b HTTP/1.1"), E::kBadTarget},
      {"fragment", Line("GET /a#b HTTP/1.1"), E::kBadTarget},
      {"fragment far in", Line("GET /" + std::string(40, 'a') + "#b HTTP/1.1"), E::kBadTarget},
      {"tab in the target", Line("GET /a\tb HTTP/1.1"), E::kBadTarget},
      {"NUL in the target", Line("GET /a\0b HTTP/1.1"s), E::kBadTarget},
      {"DEL in the target", Line("GET /a?\x7f HTTP/1.1"), E::kBadTarget},
      {"raw UTF-8 in the path", Line("GET /t\xc3\xa9st?a HTTP/1.1"), E::kBadTarget},
      {"HTTP/0.9", "GET /\r\n", E::kBadFirstLine},
      {"HTTP/0.9 written out", Line("GET / HTTP/0.9"), E::kBadVersion},
      {"space in the target", Line("GET /a b HTTP/1.1"), E::kBadVersion},
      {"lower-case version", Line("GET / http/1.1"), E::kBadVersion},
      {"version without minor", Line("GET / HTTP/1"), E::kBadVersion},
      {"version with two digits", Line("GET / HTTP/1.10"), E::kBadVersion},
      {"space after the version", Line("GET / HTTP/1.1 "), E::kBadVersion},
      {"two spaces before the version", Line("GET /  HTTP/1.1"), E::kBadVersion},
      {"other protocol", Line("GET / RTSP/1.0"), E::kBadVersion},
      {"HTTP/2.0", Line("GET / HTTP/2.0"), E::kUnsupportedVersion},
      {"HTTP/3.1", Line("GET / HTTP/3.1"), E::kUnsupportedVersion},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", E::kBadTarget},
      {"no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n", E::kMissingHost},
      {"no Host, absolute form", "GET http://h/ HTTP/1.1\r\n\r\n", E::kMissingHost},
      {"two equal Hosts", Fields("Host: h\r\n"), E::kDuplicateHost},
      {"two different Hosts", Fields("hOST: x\r\n"), E::kDuplicateHost},
      {"two Hosts on 1.0", "GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n", E::kDuplicateHost},
      {"empty Host", Host(""), E::kBadHost},
      {"Host with user", Host("u@h"), E::kBadHost},
      {"Host with a path", Host("h/x"), E::kBadHost},
      {"Host with a space", Host("a b"), E::kBadHost},
      {"Host list", Host("a, b"), E::kBadHost},
      {"Host with quotes", Host("\"a\""), E::kBadHost},
      {"Host with letters as port", Host("h:80a"), E::kBadHost},
      {"Host with a large port", Host("h:65536"), E::kBadHost},
      {"Host with two ports", Host("h:1:2"), E::kBadHost},
      {"Host only a port", Host(":80"), E::kBadHost},
      {"Host with an open bracket", Host("[::1"), E::kBadHost},
      {"Host with an empty bracket", Host("[]"), E::kBadHost},
      {"Host with garbage in brackets", Host("[::g]"), E::kBadHost},
      {"Host with garbage after brackets", Host("[::1]x"), E::kBadHost},
      {"Host with a high byte", Host("h\xc3\xb6"), E::kBadHost},
      {"differing Content-Length", Fields("Content-Length: 1\r\nContent-Length: 2\r\n"),
       E::kBadContentLength},
      {"Content-Length list", Fields("Content-Length: 3, 3\r\n"), E::kBadContentLength},
      {"Content-Length with a comma", Fields("Content-Length: 0,\r\n"), E::kBadContentLength},
      {"empty Content-Length", Fields("Content-Length:\r\n"), E::kBadContentLength},
      {"signed Content-Length", Fields("Content-Length: +3\r\n"), E::kBadContentLength},
      {"negative Content-Length", Fields("Content-Length: -1\r\n"), E::kBadContentLength},
      {"hex Content-Length", Fields("Content-Length: 0x3\r\n"), E::kBadContentLength},
      {"Content-Length with a space", Fields("Content-Length: 1 0\r\n"), E::kBadContentLength},
      {"Content-Length of 2^64", Fields("Content-Length: 18446744073709551616\r\n"),
       E::kBadContentLength},
      {"length, then chunked", Fields("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
       E::kLengthAndTransferEncoding},
      {"chunked, then length", Fields("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
       E::kLengthAndTransferEncoding},
      {"chunked twice in one field", Fields("Transfer-Encoding: chunked, chunked\r\n"),
       E::kBadTransferEncoding},
      {"chunked twice", Fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
       E::kBadTransferEncoding},
      {"chunked, gzip", Fields("Transfer-Encoding: chunked, gzip\r\n"), E::kBadTransferEncoding},
      {"gzip, chunked", Fields("Transfer-Encoding: gzip, chunked\r\n"), E::kBadTransferEncoding},
      {"gzip", Fields("Transfer-Encoding: gzip\r\n"), E::kBadTransferEncoding},
      {"gzip, then a length", Fields("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n"),
       E::kBadTransferEncoding},
      {"identity", Fields("Transfer-Encoding: identity\r\n"), E::kBadTransferEncoding},
      {"xchunked", Fields("Transfer-Encoding: xchunked\r\n"), E::kBadTransferEncoding},
      {"quoted chunked", Fields("Transfer-Encoding: \"chunked\"\r\n"), E::kBadTransferEncoding},
      {"chunked with a parameter", Fields("Transfer-Encoding: chunked;a=b\r\n"),
       E::kBadTransferEncoding},
      {"empty Transfer-Encoding", Fields("Transfer-Encoding:\r\n"), E::kBadTransferEncoding},
      {"vertical tab before chunked", Fields("Transfer-Encoding: \vchunked\r\n"), E::kBadField},
      {"chunked on 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
       E::kBadTransferEncoding},
      {"many connection options",
       Fields("Connection: " +
              [] {
                std::string options;
                for (int i = 0; i < 65; ++i) options += "a,";
                return options;
              }() +
              "\r\n"),
       E::kTooManyFields},
  };
}

TEST(RequestHead, RefusesWhatOthersMightReadDifferently) {
  for (const Refusal& row : Refusals()) {
    RequestHead head;
    EXPECT_EQ(Parse(row.bytes, head), ParseStatus::kError) << row.why;
    EXPECT_EQ(ToString(head.error), ToString(row.error)) << row.why;
  }
}

TEST(RequestHead, RefusesWithTheRightStatus) {
  EXPECT_EQ(StatusFor(HeadError::kBareLineFeed), 400);
  EXPECT_EQ(StatusFor(HeadError::kUnsupportedVersion), 505);
  EXPECT_EQ(StatusFor(HeadError::kFirstLineTooLong), 414);
  EXPECT_EQ(StatusFor(HeadError::kHeadTooLarge), 431);
  EXPECT_EQ(StatusFor(HeadError::kTooManyFields), 431);
}

struct Acceptance {
  const char* why;
  std::string bytes;
  std::string target, authority;
};

TEST(RequestHead, AcceptsEveryAllowedTarget) {
  const std::string any = " HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::vector<Acceptance> table = {
      {"origin form", "GET /" + any, "/", "h"},
      {"query", "GET /a?b=c&d=%20|{}\"<>^`\\[]" + any, "/a?b=c&d=%20|{}\"<>^`\\[]", "h"},
      {"raw UTF-8 in the query", "GET /a?r=t\xc3\xa9st" + any, "/a?r=t\xc3\xa9st", "h"},
      {"absolute form", "GET http://Other:8080/a?b" + any, "/a?b", "Other:8080"},
      {"absolute form, https", "GET HTTPS://o/" + any, "/", "o"},
      {"absolute form without path", "GET http://o" + any, "/", "o"},
      {"OPTIONS without path", "OPTIONS http://o" + any, "*", "o"},
      {"asterisk", "OPTIONS *" + any, "*", "h"},
      {"CONNECT", "CONNECT o:443" + any, "o:443", "o:443"},
      {"double slash", "GET //x/y" + any, "//x/y", "h"},
      {"1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "/", ""},
      {"later minor version", "GET / HTTP/1.9\r\nHost: h\r\n\r\n", "/", "h"},
      {"IPv6 Host", "GET / HTTP/1.1\r\nHost: [2001:db8::1.2.3.4]:80\r\n\r\n", "/",
       "[2001:db8::1.2.3.4]:80"},
      {"Host with an empty port", "GET / HTTP/1.1\r\nHost:h:\r\n\r\n", "/", "h:"},
      {"Host with underscore", "GET / HTTP/1.1\r\nHost: a_b.c-d\t \r\n\r\n", "/", "a_b.c-d"},
      {"empty lines before it", "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "/", "h"},
  };
  for (const Acceptance& row : table) {
    RequestHead head;
    EXPECT_EQ(Parse(row.bytes, head), ParseStatus::kComplete)
        << row.why << ": " << ToString(head.error);
    EXPECT_EQ(head.target, row.target) << row.why;
    EXPECT_EQ(head.authority, row.authority) << row.why;
    EXPECT_EQ(head.size, row.bytes.size()) << row.why;
    EXPECT_EQ(head.target_needs_escape, row.target.find('\xc3') != std::string::npos) << row.why;
  }
}

TEST(RequestHead, KnowsMethodsInTheirCase) {
  const std::vector<std::pair<std::string, Method>> table = {
      {"GET", Method::kGet},
      {"HEAD", Method::kHead},
      {"POST", Method::kPost},
      {"PUT", Method::kPut},
      {"DELETE", Method::kDelete},
      {"OPTIONS", Method::kOptions},
      {"PATCH", Method::kPatch},
      {"TRACE", Method::kTrace},
      {"get", Method::kOther},
      {"M-SEARCH", Method::kOther},
      {"!#$%&'*+-.^_`|~9", Method::kOther},
  };
  for (const auto& [name, method] : table) {
    RequestHead head;
    ASSERT_EQ(Parse(name + " / HTTP/1.1\r\nHost: h\r\n\r\n", head), ParseStatus::kComplete) << name;
    EXPECT_EQ(head.method, name);
    EXPECT_EQ(head.method_id, method) << name;
  }
}

TEST(RequestHead, GivesFieldsInPlace) {
  RequestHead head;
  ASSERT_EQ(ParseRequestHead(kBrowser, {}, head), ParseStatus::kComplete);
  ASSERT_EQ(head.fields.size(), 10u);
  EXPECT_EQ(head.size, kBrowser.size());
  EXPECT_EQ(head.method.data(), kBrowser.data());
  const char* line = head.fields.front().line;
  for (const Field& field : head.fields) {
    EXPECT_EQ(field.line, line);
    EXPECT_EQ(field.name.data(), line);
    line += field.line_size;
    EXPECT_EQ(std::string_view(line - 2, 2), "\r\n");
  }
  EXPECT_EQ(line + 2, kBrowser.data() + kBrowser.size());
  EXPECT_EQ(head.fields[1].name, "Connection");
  EXPECT_TRUE(head.fields[1].hop_by_hop);
  EXPECT_EQ(head.fields[8].value, "a=b;\tc=d");
  EXPECT_EQ(head.fields[9].value, "caf\xc3\xa9");
}

TEST(RequestHead, StopsAtTheEmptyLine) {
  RequestHead head;
  ASSERT_EQ(Parse(kBrowser + "\0garbage"s, head), ParseStatus::kComplete);
  EXPECT_EQ(head.size, kBrowser.size());
}

TEST(RequestHead, TrimsWhiteSpaceAroundValues) {
  RequestHead head;
  ASSERT_EQ(Parse(Fields("A:b\r\nB: \t c \t \r\nC:\r\nD:   \r\n"), head), ParseStatus::kComplete);
  EXPECT_EQ(head.fields[1].value, "b");
  EXPECT_EQ(head.fields[2].value, "c");
  EXPECT_EQ(head.fields[3].value, "");
  EXPECT_EQ(head.fields[4].value, "");
}

struct Framing {
  std::string fields;
  BodyKind body;
  uint64_t length;
};

TEST(RequestHead, DelimitsTheBody) {
  const std::vector<Framing> table = {
      {"", BodyKind::kNone, 0},
      {"Content-Length: 0\r\n", BodyKind::kLength, 0},
      {"Content-Length: 42\r\n", BodyKind::kLength, 42},
      {"Content-Length: 007\r\n", BodyKind::kLength, 7},
      {"Content-Length: 18446744073709551615\r\n", BodyKind::kLength, UINT64_MAX},
      {"Content-Length: 3\r\ncontent-length: 3\r\n", BodyKind::kLength, 3},
      {"Transfer-Encoding: chunked\r\n", BodyKind::kChunked, 0},
      {"tRANSFER-eNCODING:\t CHUNKED \r\n", BodyKind::kChunked, 0},
      {"X-Transfer-Encoding: gzip\r\n", BodyKind::kNone, 0},
  };
  for (const Framing& row : table) {
    RequestHead head;
    ASSERT_EQ(Parse(Fields(row.fields), head), ParseStatus::kComplete) << row.fields;
    EXPECT_EQ(head.body, row.body) << row.fields;
    EXPECT_EQ(head.content_length, row.length) << row.fields;
  }
}

TEST(RequestHead, DecidesPersistence) {
  const std::vector<std::tuple<std::string, std::string, bool>> table = {
      {"1.1", "", true},
      {"1.1", "Connection: close\r\n", false},
      {"1.1", "Connection: keep-alive, CLOSE\r\n", false},
      {"1.1", "Connection: x\r\nConnection: close\r\n", false},
      {"1.1", "Connection: closed\r\n", true},
      {"1.0", "", false},
      {"1.0", "Connection: Keep-Alive\r\n", true},
      {"1.0", "Connection: keep-alive, close\r\n", false},
      {"1.0", "Proxy-Connection: keep-alive\r\n", false},
  };
  for (const auto& [version, fields, keep_alive] : table) {
    RequestHead head;
    const std::string bytes = "GET / HTTP/" + version + "\r\nHost: h\r\n" + fields + "\r\n";
    ASSERT_EQ(Parse(bytes, head), ParseStatus::kComplete) << bytes;
    EXPECT_EQ(head.keep_alive, keep_alive) << bytes;
  }
}

TEST(RequestHead, RecognisesWebsockets) {
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::string connection = "Connection: Upgrade\r\n", upgrade = "Upgrade: websocket\r\n";
  const std::string all = connection + upgrade + key + version;
  const std::string get = "GET /xmpp-websocket HTTP/1.1\r\nHost: h\r\n";
  const std::vector<std::tuple<std::string, std::string, bool>> table = {
      {"as browsers ask", get + all, true},
      {"several options", get + "Connection: keep-alive, upgrade\r\n" + upgrade + key + version,
       true},
      {"several protocols", get + connection + "Upgrade: foo, WebSocket\r\n" + key + version, true},
      {"empty length", get + all + "Content-Length: 0\r\n", true},
      {"no Connection", get + upgrade + key + version, false},
      {"no Upgrade", get + connection + key + version, false},
      {"no key", get + connection + upgrade + version, false},
      {"empty key", get + connection + upgrade + version + "Sec-WebSocket-Key:\r\n", false},
      {"two keys", get + all + key, false},
      {"no version", get + connection + upgrade + key, false},
      {"version 8", get + connection + upgrade + key + "Sec-WebSocket-Version: 8\r\n", false},
      {"two versions", get + all + version, false},
      {"h2c", get + connection + "Upgrade: h2c\r\n" + key + version, false},
      {"POST", "POST / HTTP/1.1\r\nHost: h\r\n" + all, false},
      {"1.0", "GET / HTTP/1.0\r\nHost: h\r\n" + all, false},
      {"with a body", get + all + "Content-Length: 3\r\n", false},
      {"with a chunked body", get + all + "Transfer-Encoding: chunked\r\n", false},
  };
  for (const auto& [why, bytes, websocket] : table) {
    RequestHead head;
    ASSERT_EQ(Parse(bytes + "\r\n", head), ParseStatus::kComplete) << why;
    EXPECT_EQ(head.websocket, websocket) << why;
  }
}

TEST(RequestHead, NotesExpectationsAndTrailers) {
  RequestHead head;
  ASSERT_EQ(Parse(Fields("Expect: 100-Continue\r\nTE: gzip;q=0.5, trailers\r\n"), head),
            ParseStatus::kComplete);
  EXPECT_TRUE(head.expect_continue);
  EXPECT_TRUE(head.accepts_trailers);
  ASSERT_EQ(Parse("POST / HTTP/1.0\r\nExpect: 100-continue\r\nTE: trailers\r\n\r\n", head),
            ParseStatus::kComplete);
  EXPECT_FALSE(head.expect_continue) << "an HTTP/1.0 client cannot get 100 (RFC 9110 §10.1.1)";
  EXPECT_FALSE(head.accepts_trailers);
  ASSERT_EQ(Parse(Fields(""), head), ParseStatus::kComplete);
  EXPECT_FALSE(head.expect_continue) << "nothing is left of the request before";
}

TEST(RequestHead, MarksNominatedFieldsExceptThoseItNeeds) {
  RequestHead head;
  ASSERT_EQ(Parse("POST / HTTP/1.1\r\nX-Foo: 1\r\nHost: h\r\nContent-Length: 0\r\n"
                  "X-Forwarded-For: 1.2.3.4\r\nX-Bar: 2\r\n"
                  "Connection: x-foo, host, Content-Length, x-forwarded-for, close\r\n\r\n",
                  head),
            ParseStatus::kComplete);
  std::string hop_by_hop;
  for (const Field& field : head.fields) {
    if (field.hop_by_hop) hop_by_hop += std::string(field.name) + " ";
  }
  EXPECT_EQ(hop_by_hop, "X-Foo Connection ");
}

TEST(RequestHead, KeepsToItsLimits) {
  const HeadLimits limits{.first_line = 20, .head = 100, .fields = 3};
  const std::string exact = "GET /" + std::string(6, 'a') + " HTTP/1.1";
  ASSERT_EQ(exact.size(), 20u);
  RequestHead head;
  EXPECT_EQ(Parse(exact + "\r\nHost: h\r\n\r\n", head, limits), ParseStatus::kComplete);
  EXPECT_EQ(Parse("GET /aaaaaaa HTTP/1.1\r\nHost: h\r\n\r\n", head, limits), ParseStatus::kError);
  EXPECT_EQ(head.error, HeadError::kFirstLineTooLong);
  EXPECT_EQ(Parse("GET /" + std::string(40, 'a'), head, limits), ParseStatus::kError);
  EXPECT_EQ(head.error, HeadError::kFirstLineTooLong);

  const std::string start = exact + "\r\nHost: h\r\nA: ";
  const std::string fits = start + std::string(96 - start.size(), 'x') + "\r\n\r\n";
  ASSERT_EQ(fits.size(), 100u);
  EXPECT_EQ(Parse(fits, head, limits), ParseStatus::kComplete);
  EXPECT_EQ(Parse(start + std::string(97 - start.size(), 'x') + "\r\n\r\n", head, limits),
            ParseStatus::kError);
  EXPECT_EQ(head.error, HeadError::kHeadTooLarge);

  const std::string three = exact + "\r\nHost: h\r\na: b\r\nc: d\r\n";
  EXPECT_EQ(Parse(three + "\r\n", head, limits), ParseStatus::kComplete);
  EXPECT_EQ(Parse(three + "e", head, limits), ParseStatus::kError);
  EXPECT_EQ(head.error, HeadError::kTooManyFields);
}

TEST(RequestHead, TakesTheLargestHeadTheDefaultsAllow) {
  std::string bytes = "GET /" + std::string((16 << 10) - 14, 'a') + " HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 127; ++i) bytes += "name-" + std::to_string(i) + ": value\r\n";
  bytes += "\r\n";
  RequestHead head;
  EXPECT_EQ(Parse(bytes, head), ParseStatus::kComplete) << ToString(head.error);
  EXPECT_EQ(head.fields.size(), 128u);
}

// Every prefix is incomplete or already shows the error of the whole.
void ExpectConsistentPrefixes(const std::string& bytes) {
  RequestHead whole, part;
  const ParseStatus status = Parse(bytes, whole);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const ParseStatus early = Parse(bytes.substr(0, size), part);
    if (early == ParseStatus::kIncomplete) continue;
    ASSERT_EQ(early, status) << size << " bytes of " << bytes;
    ASSERT_EQ(part.error, whole.error) << size << " bytes of " << bytes;
    if (status == ParseStatus::kComplete) {
      ASSERT_EQ(part.size, whole.size);
      ASSERT_LE(whole.size, size);
    }
  }
}

TEST(RequestHead, PrefixesNeverContradictTheWhole) {
  ExpectConsistentPrefixes(kBrowser);
  for (const Refusal& row : Refusals()) ExpectConsistentPrefixes(row.bytes);
}

TEST(RequestHead, SurvivesMutations) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string spice = "\r\n\t :;,\0\x7f\xff/?#*%[]@"s;
  int complete = 0, refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = kBrowser;
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const size_t at = random() % bytes.size();
      const char c = spice[random() % spice.size()];
      switch (random() % 3) {
        case 0:
          bytes[at] = c;
          break;
        case 1:
          bytes.insert(at, 1, c);
          break;
        default:
          bytes.erase(at, 1 + random() % 4);
      }
    }
    RequestHead head;
    const ParseStatus status = Parse(bytes, head);
    complete += status == ParseStatus::kComplete;
    refused += status == ParseStatus::kError;
    EXPECT_EQ(status == ParseStatus::kError, head.error != HeadError::kNone);
  }
  EXPECT_GT(complete, 0);
  EXPECT_GT(refused, 0);
}

TEST(RequestHead, ReusesItsFieldArray) {
  RequestHead head;
  ASSERT_EQ(Parse(kBrowser, head), ParseStatus::kComplete);
  const Field* const storage = head.fields.data();
  ASSERT_EQ(Parse("GET / HTTP/1.0\r\n\r\n", head), ParseStatus::kComplete);
  ASSERT_EQ(Parse(kBrowser, head), ParseStatus::kComplete);
  EXPECT_EQ(head.fields.data(), storage);
}

}  // namespace
}  // namespace room_router::http
