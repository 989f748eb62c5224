// SPDX-License-Identifier: Apache-2.0
#include "discovery/check_target.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace room_router {
namespace {

CheckSubject Subject(const std::string& address = "10.0.0.7:8000") {
  return {.endpoint = 1,
          .address = *SocketAddress::Parse(address),
          .shard = "shard-2",
          .name_space = "jitsi"};
}

config::HealthCheck Http(const std::string& url) {
  return {.type = config::HealthCheck::Type::kHttp, .url = url};
}

TEST(CheckTarget, UrlIsFilledIn) {
  struct Case {
    std::string url, subject, address, host, request_line, host_field;
  };
  const std::vector<Case> cases = {
      {"http://{address}/", "10.0.0.7:8000", "10.0.0.7:8000", "10.0.0.7", "GET / HTTP/1.1",
       "10.0.0.7:8000"},
      {"http://{address}", "10.0.0.7:80", "10.0.0.7:80", "10.0.0.7", "GET / HTTP/1.1", "10.0.0.7"},
      {"http://{address}:5280/http-bind", "10.0.0.7:8000", "10.0.0.7:5280", "10.0.0.7",
       "GET /http-bind HTTP/1.1", "10.0.0.7:5280"},
      {"http://{address}/x", "[fd00::7]:8000", "[fd00::7]:8000", "[fd00::7]", "GET /x HTTP/1.1",
       "[fd00::7]:8000"},
      {"http://{address}:8888/about/health", "[fd00::7]:8000", "[fd00::7]:8888", "[fd00::7]",
       "GET /about/health HTTP/1.1", "[fd00::7]:8888"},
      {"http://{shard}-prosody.{namespace}.svc:5280/http-bind?room={shard}#top", "10.0.0.7:8000",
       "", "shard-2-prosody.jitsi.svc", "GET /http-bind?room=shard-2 HTTP/1.1",
       "shard-2-prosody.jitsi.svc:5280"},
      {"http://web.{namespace}?q=1", "10.0.0.7:8000", "", "web.jitsi", "GET /?q=1 HTTP/1.1",
       "web.jitsi"},
  };
  for (const Case& c : cases) {
    const auto target = FillIn(Http(c.url), Subject(c.subject));
    ASSERT_TRUE(target) << c.url;
    EXPECT_EQ(target->address.ToString(), c.address) << c.url;
    EXPECT_EQ(target->host, c.host) << c.url;
    EXPECT_TRUE(target->request.starts_with(c.request_line + "\r\n")) << target->request;
    EXPECT_NE(target->request.find("\r\nHost: " + c.host_field + "\r\n"), std::string::npos)
        << target->request;
    EXPECT_TRUE(target->request.ends_with("\r\n\r\n"));
  }
}

TEST(CheckTarget, UrlsThatAreNone) {
  for (const char* url :
       {"ftp://{address}/", "https://", "https://{address}:0/", "{address}/", "http://",
        "http:///x", "http://{address}:0/", "http://{address}:99999/", "http://a b/",
        "http://{address}/a b", "http://{address}/\r\nX: y", "http://user@host/"}) {
    EXPECT_FALSE(FillIn(Http(url), Subject())) << url;
  }
}

TEST(CheckTarget, WhatIsTheEndpointsOwn) {
  struct Case {
    config::HealthCheck check;
    bool https, own_host, own;
    const char* host_field;
  };
  const std::vector<Case> cases = {
      {Http("https://{address}/x"), true, true, true, "10.0.0.7:8000"},
      {Http("https://{address}:443/x"), true, true, false, "10.0.0.7"},
      {Http("https://{address}:80/x"), true, true, false, "10.0.0.7:80"},
      {Http("https://{shard}.test/x"), true, false, false, "shard-2.test"},
      {Http("http://{address}:8000/x"), false, true, true, "10.0.0.7:8000"},
      {Http("http://10.0.0.7:8000/x"), false, false, false, "10.0.0.7:8000"},
      {{}, false, true, true, ""},
      {{.port = 8000}, false, true, true, ""},
      {{.port = 5222}, false, true, false, ""},
      {{.host = "{address}"}, false, true, true, ""},
      {{.host = "{shard}.test"}, false, false, false, ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.check.url + c.check.host + std::to_string(c.check.port));
    const auto target = FillIn(c.check, Subject());
    ASSERT_TRUE(target);
    EXPECT_EQ(target->https, c.https);
    EXPECT_EQ(target->own_host, c.own_host);
    EXPECT_EQ(target->own, c.own);
    const std::string field = "\r\nHost: " + std::string(c.host_field) + "\r\n";
    EXPECT_EQ(target->request.find(field) != std::string::npos, *c.host_field != '\0');
  }
  EXPECT_EQ(FillIn(Http("https://{shard}.test"), Subject())->port, 443);
}

TEST(CheckTarget, HeadersAreSentAndHostCanBeReplaced) {
  config::HealthCheck check = Http("http://{address}/");
  check.header = {{"HOST", "meet.example.org"}, {"X-Check", "1"}};
  const auto target = FillIn(check, Subject());
  ASSERT_TRUE(target);
  EXPECT_NE(target->request.find("HOST: meet.example.org\r\nX-Check: 1\r\n"), std::string::npos);
  EXPECT_EQ(target->request.find("Host: 10.0.0.7"), std::string::npos);
}

TEST(CheckTarget, TcpConnectsToTheEndpoint) {
  const auto target = FillIn({}, Subject());
  ASSERT_TRUE(target);
  EXPECT_EQ(target->address.ToString(), "10.0.0.7:8000");
  EXPECT_TRUE(target->request.empty());
}

TEST(CheckTarget, PlacesWithoutUrl) {
  struct Case {
    std::string host;
    uint16_t port;
    std::string subject, address, filled;
  };
  const std::vector<Case> cases = {
      {"", 0, "10.0.0.7:8000", "10.0.0.7:8000", "10.0.0.7"},
      {"", 9777, "10.0.0.7:8000", "10.0.0.7:9777", "10.0.0.7"},
      {"{address}", 9777, "[fd00::7]:8000", "[fd00::7]:9777", "[fd00::7]"},
      {"fd00::8", 9777, "10.0.0.7:8000", "[fd00::8]:9777", "[fd00::8]"},
      {"10.0.0.8", 0, "10.0.0.7:8000", "10.0.0.8:8000", "10.0.0.8"},
      {"{shard}-agent.{namespace}", 9777, "10.0.0.7:8000", "", "shard-2-agent.jitsi"},
  };
  for (const Case& c : cases) {
    const config::HealthCheck check{
        .type = config::HealthCheck::Type::kAgent, .host = c.host, .port = c.port};
    const auto target = FillIn(check, Subject(c.subject));
    ASSERT_TRUE(target) << c.host;
    EXPECT_EQ(target->address.ToString(), c.address) << c.host;
    EXPECT_EQ(target->host, c.filled) << c.host;
    EXPECT_EQ(target->port, c.port == 0 ? 8000 : c.port) << c.host;
    EXPECT_EQ(target->request, "");
  }
  EXPECT_FALSE(FillIn({.host = "no host"}, Subject()));
}

TEST(CheckTarget, AgentsAreSentALine) {
  const auto target = FillIn({.type = config::HealthCheck::Type::kAgent,
                              .port = 9777,
                              .send = "{shard} {namespace} {address}"},
                             Subject());
  ASSERT_TRUE(target);
  EXPECT_EQ(target->request, "shard-2 jitsi 10.0.0.7:8000\n");
}

TEST(CheckTarget, StatusLines) {
  EXPECT_EQ(StatusOf("HTTP/1.1 200 OK\r\n"), 200);
  EXPECT_EQ(StatusOf("HTTP/1.0 503\r\n"), 503);
  EXPECT_EQ(StatusOf("HTTP/1.1 204 "), 204);
  for (const char* line :
       {"", "HTTP/1.1", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/2.0 200 OK", "HTTP/1.1  200 OK",
        "HTTP/1.1 -20 OK", "HTTP/1.1 099 OK", "SSH-2.0-x", "http/1.1 200 OK", "HTTP/1.x 200 OK"}) {
    EXPECT_EQ(StatusOf(line), std::nullopt) << line;
  }
}

TEST(CheckTarget, Judgement) {
  config::HealthCheck check = Http("http://{address}/");
  check.expect = {{200, 399}, {405, 405}};
  check.soft = {503, 301};
  EXPECT_EQ(Judge(check, 200), Health::kGood);
  EXPECT_EQ(Judge(check, 399), Health::kGood);
  EXPECT_EQ(Judge(check, 405), Health::kGood);
  EXPECT_EQ(Judge(check, 503), Health::kSoft);
  EXPECT_EQ(Judge(check, 301), Health::kSoft) << "soft wins over expected";
  EXPECT_EQ(Judge(check, 404), Health::kBad);
  EXPECT_EQ(Judge(check, 500), Health::kBad);
}

}  // namespace
}  // namespace room_router
