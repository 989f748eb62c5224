// SPDX-License-Identifier: Apache-2.0
// What goes on to the shard and back to the client, as whole heads.
#include "router/http/rewrite.h"

#include <gtest/gtest.h>

#include <string>

namespace room_router::http {
namespace {

const ClientFacts kClient{.ip = "192.0.2.7", .local_port = "8000"};

std::string Rewrite(const std::string& bytes, const ClientFacts& client = kClient,
                    std::string_view room = "", const config::Headers& headers = {},
                    const std::string& region = "") {
  RequestHead head;
  EXPECT_EQ(ParseRequestHead(bytes, {}, head), ParseStatus::kComplete) << ToString(head.error);
  std::string out = "before|";
  HeadRewriter(headers, region).WriteRequest(head, client, room, out);
  EXPECT_TRUE(out.starts_with("before|"));
  const std::string written = out.substr(7);
  RequestHead again;
  EXPECT_EQ(ParseRequestHead(written, {}, again), ParseStatus::kComplete) << written;
  EXPECT_EQ(again.size, written.size()) << written;
  EXPECT_EQ(again.body, head.body);
  EXPECT_EQ(again.content_length, head.content_length);
  return written;
}

// The fields of our own that every request from kClient to host h ends with.
const std::string kOwn =
    "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n"
    "X-Forwarded-Port: 8000\r\nX-Real-IP: 192.0.2.7\r\n";
const std::string kEnd = "Connection: keep-alive\r\n\r\n";

std::string Get(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

TEST(RewriteRequest, KeepsWhatIsEndToEnd) {
  const std::string kept = "aCCept:*/*\r\nCookie: \t a=b \r\nX-Empty:\r\nExpect: 100-continue\r\n";
  EXPECT_EQ(Rewrite(Get(kept)), "GET / HTTP/1.1\r\nHost: h\r\n" + kept + kOwn + kEnd);
}

TEST(RewriteRequest, DropsHopByHopAndNominatedFields) {
  EXPECT_EQ(Rewrite(Get("X-Foo: 1\r\nConnection: x-foo, close, host, cookie\r\nKeep-Alive: 3\r\n"
                        "A: b\r\nProxy-Connection: x\r\nTE: trailers\r\nTrailer: D\r\n"
                        "Upgrade: h2c\r\nCookie: c\r\n")),
            "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n" + kOwn + kEnd);
}

TEST(RewriteRequest, NeverBelievesRoutingFields) {
  EXPECT_EQ(Rewrite(Get("Room: a\r\nX-Room: b\r\nx-group: c\r\nX-StickToken9: d\r\nA: b\r\n"
                        "X-PROXY-Region: e\r\nx-jitsi-shard: f\r\n")),
            "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n" + kOwn + kEnd);
}

TEST(RewriteRequest, SetsRoomAndRegion) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n" + kOwn;
  EXPECT_EQ(Rewrite(Get("Room: evil\r\n"), kClient, "room1", {}, "eu"),
            head + "Room: room1\r\nConnection: keep-alive\r\nX-Proxy-Region: eu\r\n\r\n");
  EXPECT_EQ(Rewrite(Get(""), kClient, "t\xc3\xa9 %\r\nX: y"),
            head + "Room: t%C3%A9%20%25%0D%0AX:%20y\r\n" + kEnd);
  config::Headers custom;
  custom.room = "X-Conference";
  EXPECT_EQ(
      Rewrite(Get("x-conference: evil\r\nX-Conferencf: a\r\n"), kClient, "r", custom),
      "GET / HTTP/1.1\r\nHost: h\r\nX-Conferencf: a\r\n" + kOwn + "X-Conference: r\r\n" + kEnd);
  custom.room = "";
  EXPECT_EQ(Rewrite(Get(""), kClient, "r", custom), head + kEnd);
}

TEST(RewriteRequest, ReplacesTheRequestId) {
  ClientFacts client = kClient;
  client.request_id = "abc-1";
  const std::string sent = Get("x-request-id: evil\r\nX-Request-Ie: a\r\n");
  EXPECT_EQ(Rewrite(sent, client), "GET / HTTP/1.1\r\nHost: h\r\nX-Request-Ie: a\r\n" + kOwn +
                                       "X-Request-Id: abc-1\r\n" + kEnd);
  config::Headers custom;
  custom.request_id = "Traceparent";
  EXPECT_EQ(Rewrite(Get("X-Request-Id: kept\r\ntraceparent: evil\r\n"), client, "", custom),
            "GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: kept\r\n" + kOwn +
                "Traceparent: abc-1\r\n" + kEnd);
  custom.request_id = "";
  EXPECT_EQ(Rewrite(sent, client, "", custom),
            "GET / HTTP/1.1\r\nHost: h\r\nx-request-id: evil\r\nX-Request-Ie: a\r\n" + kOwn + kEnd);
}

TEST(RewriteRequest, FindsTheRequestId) {
  const auto id_of = [](const std::string& fields, const std::string& name) {
    config::Headers headers;
    headers.request_id = name;
    const std::string bytes = Get(fields);
    RequestHead head;
    EXPECT_EQ(ParseRequestHead(bytes, {}, head), ParseStatus::kComplete);
    return std::string(HeadRewriter(headers, "").RequestIdOf(head));
  };
  EXPECT_EQ(id_of("A: b\r\nx-ReQuest-ID:  1 \r\nX-Request-Id: 2\r\n", "X-Request-Id"), "1");
  EXPECT_EQ(id_of("X-Jitsi-Trace: 3\r\n", "x-jitsi-trace"), "3");
  EXPECT_EQ(id_of("X-Request-Id: 1\r\n", "Traceparent"), "");
  EXPECT_EQ(id_of("X-Request-Id: 1\r\n", ""), "");
}

TEST(RewriteRequest, ReplacesForwardingFieldsOfStrangers) {
  EXPECT_EQ(Rewrite(Get("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nA: b\r\n"
                        "X-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\nX-Real-IP: 1.1.1.1\r\n"
                        "Forwarded: for=1.1.1.1\r\n")),
            "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n" + kOwn +
                "Forwarded: for=192.0.2.7;host=\"h\";proto=http\r\n" + kEnd);
}

TEST(RewriteRequest, AppendsToWhatTrustedProxiesSay) {
  ClientFacts trusted = kClient;
  trusted.trusted = true;
  EXPECT_EQ(Rewrite(Get("X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\nX-Forwarded-For: 3.3.3.3\r\n"
                        "X-Forwarded-Proto: https\r\nForwarded: for=1.1.1.1\r\n"
                        "X-Forwarded-Host: meet\r\nX-Forwarded-Port: 443\r\n"),
                    trusted),
            "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: meet\r\n"
            "X-Forwarded-Port: 443\r\n"
            "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 192.0.2.7\r\nX-Real-IP: 3.3.3.3\r\n"
            "Forwarded: for=1.1.1.1, for=192.0.2.7;host=\"h\";proto=http\r\n" +
                kEnd);
  EXPECT_EQ(Rewrite(Get("X-Real-IP: 9.9.9.9\r\n"), trusted),
            "GET / HTTP/1.1\r\nHost: h\r\nX-Real-IP: 9.9.9.9\r\nX-Forwarded-For: 192.0.2.7\r\n"
            "X-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\nX-Forwarded-Port: 8000\r\n" +
                kEnd);
}

TEST(RewriteRequest, SpeaksOfIpv6AndTls) {
  const ClientFacts client{.ip = "2001:db8::1", .local_port = "443", .tls = true};
  EXPECT_EQ(Rewrite(Get("Forwarded: x\r\n"), client),
            "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 2001:db8::1\r\n"
            "X-Forwarded-Proto: https\r\nX-Forwarded-Host: h\r\nX-Forwarded-Port: 443\r\n"
            "X-Real-IP: 2001:db8::1\r\n"
            "Forwarded: for=\"[2001:db8::1]\";host=\"h\";proto=https\r\n" +
                kEnd);
}

struct Start {
  std::string bytes, expected;  // the head up to our own fields
};

TEST(RewriteRequest, WritesTheRequestLineAndHost) {
  const std::vector<Start> table = {
      {"GET /a?b HTTP/1.0\r\nHost: h\r\n\r\n", "GET /a?b HTTP/1.1\r\nHost: h\r\n"},
      {"GET http://h/a?b HTTP/1.1\r\nA: b\r\nHost: other\r\n\r\n",
       "GET /a?b HTTP/1.1\r\nHost: h\r\nA: b\r\n"},
      {"GET http://h HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n"},
      {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: h\r\n"},
      {"GET /?r=t\xc3\xa9st%20 HTTP/1.1\r\nHost: h\r\n\r\n",
       "GET /?r=t%C3%A9st%20 HTTP/1.1\r\nHost: h\r\n"},
      {"POST / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\n\r\n",
       "POST / HTTP/1.1\r\nHost: h\r\n"},
      {"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n"},
  };
  for (const Start& row : table) EXPECT_EQ(Rewrite(row.bytes), row.expected + kOwn + kEnd);
  EXPECT_EQ(Rewrite("GET / HTTP/1.0\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.7\r\n"
            "X-Forwarded-Proto: http\r\nX-Forwarded-Port: 8000\r\nX-Real-IP: 192.0.2.7\r\n" +
                kEnd);
}

TEST(RewriteRequest, FramesTheBodyOnce) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"Content-Length: 3\r\n", "Content-Length: 3\r\n"},
      {"Content-Length: 0\r\n", "Content-Length: 0\r\n"},
      {"Content-Length: 3\r\nA: b\r\nContent-Length: 3\r\n", "Content-Length: 3\r\nA: b\r\n"},
      {"Content-Length: 003\r\nA: b\r\nContent-Length: 3\r\n", "A: b\r\nContent-Length: 3\r\n"},
      {"Content-Length: 000\r\n", "Content-Length: 0\r\n"},
      {"transfer-encoding: Chunked\r\n", "Transfer-Encoding: chunked\r\n"},
  };
  for (const auto& [given, written] : table) {
    EXPECT_EQ(Rewrite("POST / HTTP/1.1\r\nHost: h\r\n" + given + "\r\n"),
              "POST / HTTP/1.1\r\nHost: h\r\n" + written + kOwn + kEnd);
  }
}

TEST(RewriteRequest, UpgradesOnlyWebsockets) {
  const std::string proof = "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n";
  EXPECT_EQ(Rewrite(Get("Connection: keep-alive, Upgrade\r\nUpgrade: foo, WebSocket\r\n" + proof)),
            "GET / HTTP/1.1\r\nHost: h\r\n" + proof + kOwn +
                "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(Rewrite(Get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                        "HTTP2-Settings: AAMAAABk\r\n")),
            "GET / HTTP/1.1\r\nHost: h\r\n" + kOwn + kEnd);
}

TEST(RewriteRequest, ObeysConfiguration) {
  config::Headers headers;
  headers.request.set = {
      {"X-Env", "prod"}, {"User-Agent", "router"}, {"Content-Length", "9"}, {"X-Jitsi-Shard", "s"}};
  headers.request.remove = {"cookie", "X-Forwarded-Port", "X-Real-IP", "Transfer-Encoding"};
  EXPECT_EQ(Rewrite(Get("COOKIE: a\r\nx-env: evil\r\nUser-agent: x\r\nCooki: b\r\n"), kClient, "r",
                    headers, "eu"),
            "GET / HTTP/1.1\r\nHost: h\r\nCooki: b\r\nX-Forwarded-For: 192.0.2.7\r\n"
            "X-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\nRoom: r\r\n"
            "Connection: keep-alive\r\nX-Env: prod\r\nUser-Agent: router\r\nX-Jitsi-Shard: s\r\n"
            "X-Proxy-Region: eu\r\n\r\n");
  headers = {};
  headers.request.set = {{"Host", "shard.internal"}, {"room", "fixed"}};
  EXPECT_EQ(Rewrite(Get("A: b\r\n"), kClient, "r", headers),
            "GET / HTTP/1.1\r\nA: b\r\n" + kOwn +
                "Connection: keep-alive\r\nHost: shard.internal\r\nroom: fixed\r\n\r\n");
}

TEST(RewriteRequest, GrowsWithWhatTrustedProxiesSend) {
  ClientFacts trusted = kClient;
  trusted.trusted = true;
  std::string bytes = "GET /?" + std::string(3000, '\xe9') + " HTTP/1.1\r\nHost: h\r\n";
  const std::string many(9000, '1');
  bytes += "X-Forwarded-For: " + many + "\r\nForwarded: for=" + many + "\r\n\r\n";
  const std::string written = Rewrite(bytes, trusted, std::string(1000, '\xff'));
  EXPECT_NE(written.find("X-Real-IP: " + many + "\r\n"), std::string::npos);
}

std::string RewriteBack(const std::string& bytes, const HeadRewriter::ResponseOptions& options = {},
                        const ShardFacts& shard = {}, const config::Headers& headers = {},
                        Method request = Method::kGet) {
  ResponseHead head;
  EXPECT_EQ(ParseResponseHead(bytes, {}, request, head), ParseStatus::kComplete)
      << ToString(head.error);
  std::string out;
  HeadRewriter(headers, "").WriteResponse(head, shard, options, out);
  ResponseHead again;
  EXPECT_EQ(ParseResponseHead(out, {}, request, again), ParseStatus::kComplete) << out;
  EXPECT_EQ(again.size, out.size());
  return out;
}

TEST(RewriteResponse, KeepsWhatIsEndToEnd) {
  EXPECT_EQ(RewriteBack("HTTP/1.0 404 Not Found\r\nServer: x\r\nRoom: y\r\nX-Proxy-A: z\r\n"
                        "Content-Length: 3\r\nDate: d\r\n\r\n"),
            "HTTP/1.1 404 Not Found\r\nServer: x\r\nRoom: y\r\nX-Proxy-A: z\r\n"
            "Content-Length: 3\r\nDate: d\r\n\r\n");
  EXPECT_EQ(RewriteBack("HTTP/1.1 204\r\n\r\n"), "HTTP/1.1 204 \r\n\r\n");
}

TEST(RewriteResponse, DropsHopByHopFields) {
  EXPECT_EQ(
      RewriteBack("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nConnection: keep-alive, X-A\r\n"
                  "X-A: 1\r\nContent-Length: 0\r\nUpgrade: h2,h2c\r\nTrailer: x\r\n\r\n"),
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST(RewriteResponse, NamesTheShardExactlyOnce) {
  const std::string given =
      "HTTP/1.1 204 x\r\nx-jitsi-shard: evil\r\nA: b\r\nX-Jitsi-Shard: evil\r\n"
      "X-Jitsi-Region: evil\r\nX-Jitsi-Release: evil\r\nX-Jitsi-Other: evil\r\n\r\n";
  EXPECT_EQ(RewriteBack(given, {}, {.shard = "shard-1", .region = "eu", .release = "2.0"}),
            "HTTP/1.1 204 x\r\nA: b\r\nX-Jitsi-Shard: shard-1\r\nX-Jitsi-Region: eu\r\n"
            "X-Jitsi-Release: 2.0\r\n\r\n");
  EXPECT_EQ(RewriteBack(given, {}, {.shard = "shard-1"}),
            "HTTP/1.1 204 x\r\nA: b\r\nX-Jitsi-Shard: shard-1\r\n\r\n");
  EXPECT_EQ(RewriteBack(given), "HTTP/1.1 204 x\r\nA: b\r\n\r\n");
  config::Headers custom;
  custom.shard = "X-Backend";
  custom.region = "";
  EXPECT_EQ(RewriteBack("HTTP/1.1 204 x\r\nX-BACKEND: evil\r\n\r\n", {},
                        {.shard = "s", .region = "eu"}, custom),
            "HTTP/1.1 204 x\r\nX-Backend: s\r\n\r\n");
}

TEST(RewriteResponse, TellsTheClientAboutTheConnection) {
  const std::string given = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n";
  const std::string start = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n";
  EXPECT_EQ(RewriteBack(given), start + "\r\n");
  EXPECT_EQ(RewriteBack(given, {.keep_alive = false}), start + "Connection: close\r\n\r\n");
  EXPECT_EQ(RewriteBack(given, {.keep_alive = false, .explicit_keep_alive = true}),
            start + "Connection: close\r\n\r\n");
  EXPECT_EQ(RewriteBack(given, {.client_http10 = true, .explicit_keep_alive = true}),
            start + "Connection: keep-alive\r\n\r\n");
  EXPECT_EQ(RewriteBack("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", {.keep_alive = false}),
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
}

TEST(RewriteResponse, FramesTheBodyOnce) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n";
  const std::string plain = "HTTP/1.1 200 OK\r\nA: b\r\n";
  EXPECT_EQ(RewriteBack(chunked), plain + "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(
      RewriteBack(chunked, {.client_http10 = true, .keep_alive = false, .drop_framing = true}),
      plain + "Connection: close\r\n\r\n");
  EXPECT_EQ(RewriteBack(plain + "\r\n", {.add_chunked = true}),
            plain + "Transfer-Encoding: chunked\r\n\r\n");
  const std::string length = "Content-Length: 5\r\n";
  EXPECT_EQ(RewriteBack("HTTP/1.1 200 OK\r\nContent-Length: 05\r\n" + length + "\r\n"),
            "HTTP/1.1 200 OK\r\n" + length + "\r\n");
}

TEST(RewriteResponse, OfNoBodyKeepsOnlyAMeaningfulLength) {
  const std::string length = "Content-Length: 5\r\n";
  EXPECT_EQ(RewriteBack("HTTP/1.1 200 OK\r\n" + length + "\r\n", {}, {}, {}, Method::kHead),
            "HTTP/1.1 200 OK\r\n" + length + "\r\n");
  EXPECT_EQ(RewriteBack("HTTP/1.1 304 NM\r\n" + length + "\r\n"),
            "HTTP/1.1 304 NM\r\n" + length + "\r\n");
  EXPECT_EQ(RewriteBack("HTTP/1.1 204 NC\r\n" + length + "\r\n"), "HTTP/1.1 204 NC\r\n\r\n");
  EXPECT_EQ(RewriteBack("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", {}, {}, {},
                        Method::kHead),
            "HTTP/1.1 200 OK\r\n\r\n");
}

TEST(RewriteResponse, KeepsAnUpgrade) {
  EXPECT_EQ(RewriteBack("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        "Connection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
                        {.upgrade = true}, {.shard = "s"}),
            "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nX-Jitsi-Shard: s\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST(RewriteResponse, ObeysConfiguration) {
  config::Headers headers;
  headers.response.set = {{"Strict-Transport-Security", "max-age=1"}, {"Connection", "x"}};
  headers.response.remove = {"server", "X-Powered-By", "Content-Length"};
  EXPECT_EQ(RewriteBack("HTTP/1.1 200 OK\r\nSERVER: nginx\r\nstrict-transport-security: 0\r\n"
                        "x-powered-by: php\r\nContent-Length: 1\r\n\r\n",
                        {}, {.shard = "s"}, headers),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX-Jitsi-Shard: s\r\n"
            "Strict-Transport-Security: max-age=1\r\n\r\n");
  headers = {};
  headers.response.set = {{"X-Jitsi-Shard", "hidden"}};
  EXPECT_EQ(RewriteBack("HTTP/1.1 204 x\r\n\r\n", {}, {.shard = "s"}, headers),
            "HTTP/1.1 204 x\r\nX-Jitsi-Shard: hidden\r\n\r\n");
}

}  // namespace
}  // namespace room_router::http
