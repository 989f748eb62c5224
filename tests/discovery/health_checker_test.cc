// SPDX-License-Identifier: Apache-2.0
#include "discovery/health_checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <list>
#include <memory>

#include "discovery/proxy_preface.h"
#include "tests/discovery/loop.h"
#include "tests/discovery/responder.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;
using test::Responder;
using testing::Each;
using testing::HasSubstr;
using testing::StartsWith;

// Knows one host.
class FakeResolver : public Resolver {
 public:
  explicit FakeResolver(boost::asio::io_context& io) : io_(io) {}
  void FindService(const std::string&, std::function<void(ServiceAnswer)>) override {}
  void FindHost(const std::string& name, std::function<void(HostAnswer)> done) override {
    asked_.push_back(name);
    if (name == "silent.jitsi") return;
    HostAnswer answer;
    answer.outcome = LookupOutcome::kAbsent;
    if (name == "shard-0-prosody.jitsi") {
      answer = {.outcome = LookupOutcome::kFound,
                .addresses = {*SocketAddress::FromIp("127.0.0.1", 0)}};
    }
    boost::asio::post(io_, [answer, done] { done(answer); });
  }
  std::vector<std::string> asked_;

 private:
  boost::asio::io_context& io_;
};

config::HealthCheck Http(const std::string& url = "http://{address}/") {
  return {.type = config::HealthCheck::Type::kHttp, .url = url, .soft = {503}};
}

class HealthCheckerTest : public testing::Test {
 protected:
  HealthCheckerTest() : resolver_(std::make_shared<FakeResolver>(io_)) {
    health_.interval = 10ms;
    health_.timeout = 50ms;
  }
  ~HealthCheckerTest() override {
    bool drained = false;
    checker_.Close([&] { drained = true; });
    for (Responder& responder : responders_) responder.Close();
    io_.restart();
    io_.run();  // returns: nothing is left behind
    EXPECT_TRUE(drained);
  }
  CheckSubject Subject(EndpointId id, const SocketAddress& address) {
    return {.endpoint = id,
            .address = address,
            .shard = "shard-0",
            .name_space = "jitsi",
            .host = address.Ip()};
  }
  Responder& Respond(const std::string& answer,
                     Responder::Mode mode = Responder::Mode::kListening) {
    return responders_.emplace_back(io_, answer, mode);
  }
  void Start(const std::vector<CheckSubject>& subjects) {
    shards_.health = health_;
    checker_.Configure(shards_, resolver_);
    checker_.Follow(subjects);
  }
  ProbeResult ResultOf(const SocketAddress& address) {
    Start({Subject(0, address)});
    EXPECT_TRUE(test::RunUntil(io_, [this] { return !results_.empty(); }));
    return results_.empty() ? ProbeResult{} : results_.back();
  }

  boost::asio::io_context io_{1};
  config::Shards shards_;
  config::Health health_;
  std::shared_ptr<FakeResolver> resolver_;
  std::list<Responder> responders_;
  std::vector<ProbeResult> results_;
  HealthChecker checker_{io_, [this](ProbeResult result) { results_.push_back(std::move(result)); },
                         1};
};

struct HttpCase {
  std::string answer, status;
  Health health;
};
void PrintTo(const HttpCase& test, std::ostream* out) {
  *out << test.status << ", " << test.answer.size() << " bytes";
}

class HealthCheckerHttp : public HealthCheckerTest, public testing::WithParamInterface<HttpCase> {};

TEST_P(HealthCheckerHttp, Answers) {
  health_.checks = {Http()};
  const ProbeResult result = ResultOf(Respond(GetParam().answer).address());
  EXPECT_EQ(result.status, GetParam().status);
  EXPECT_EQ(ToString(result.health), ToString(GetParam().health));
  EXPECT_THAT(responders_.front().requests(), Each(HasSubstr("GET / HTTP/1.1\r\n")));
}

INSTANTIATE_TEST_SUITE_P(
    All, HealthCheckerHttp,
    testing::Values(HttpCase{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "L7OK/200",
                             Health::kGood},
                    HttpCase{"HTTP/1.0 302 Found\r\n", "L7OK/302", Health::kGood},
                    HttpCase{"HTTP/1.1 503 Not now\r\n\r\n", "L7STS/503", Health::kSoft},
                    HttpCase{"HTTP/1.1 500 Broken\r\n\r\n", "L7STS/500", Health::kBad},
                    HttpCase{"SSH-2.0-OpenSSH\r\n", "L7RSP", Health::kBad},
                    HttpCase{std::string(5000, 'x'), "L7RSP", Health::kBad},
                    HttpCase{"HTTP/1.1 200 no end of line", "L7TOUT", Health::kBad},
                    HttpCase{"", "L7TOUT", Health::kBad}));

TEST_F(HealthCheckerTest, TcpConnects) {
  const ProbeResult result = ResultOf(Respond("").address());
  EXPECT_EQ(result.status, "L4OK");
  EXPECT_EQ(result.health, Health::kGood);
}

TEST_F(HealthCheckerTest, RefusedConnection) {
  const ProbeResult result = ResultOf(Respond("", Responder::Mode::kRefusing).address());
  EXPECT_EQ(result.status, "L4CON");
  EXPECT_EQ(result.health, Health::kBad);
}

// A server without TLS; with it: tests/integration/test_shard_tls.py.
TEST_F(HealthCheckerTest, WithTlsAConnectionAloneIsNotEnough) {
  shards_.tls = {.enabled = true, .verify = false};
  const ProbeResult plain = ResultOf(Respond("HTTP/1.1 400 Bad Request\r\n\r\n").address());
  EXPECT_EQ(plain.status, "L6RSP");
  EXPECT_EQ(plain.why, "wrong version number");
  results_.clear();
  EXPECT_EQ(ResultOf(Respond("").address()).status, "L6TOUT");
  results_.clear();
  EXPECT_EQ(ResultOf(Respond("", Responder::Mode::kRefusing).address()).status, "L4CON");
}

TEST_F(HealthCheckerTest, WhatSpeaksTls) {
  Responder& plain = Respond("HTTP/1.1 200 OK\r\n\r\n");
  const std::string port = std::to_string(plain.address().port());
  const auto status_of = [&](const config::HealthCheck& check) {
    health_.checks = {check};
    Responder& own = Respond("HTTP/1.1 200 OK\r\n\r\n");
    results_.clear();
    return ResultOf(own.address()).status;
  };
  EXPECT_EQ(status_of(Http("https://{address}/")), "L6RSP");
  shards_.tls = {.enabled = true, .verify = false};
  EXPECT_EQ(status_of({}), "L6RSP");
  EXPECT_EQ(status_of({.port = plain.address().port()}), "L4OK");
  EXPECT_EQ(status_of(Http("http://{address}/")), "L7OK/200");
  EXPECT_EQ(status_of(Http("https://{address}:" + port + "/")), "L6RSP");
}

TEST_F(HealthCheckerTest, ChecksOfTheEndpointItselfSpeakForThemselves) {
  shards_.proxy_protocol = true;
  Responder& web = Respond("HTTP/1.1 200 OK\r\n\r\n");
  Responder& other = Respond("HTTP/1.1 200 OK\r\n\r\n");
  health_.checks = {Http(),
                    Http("http://{address}:" + std::to_string(other.address().port()) + "/")};
  EXPECT_EQ(ResultOf(web.address()).status, "L7OK/200");
  std::string heard;
  for (const std::string& piece : web.requests()) heard += piece;
  EXPECT_THAT(heard, StartsWith(LocalProxyPreface() + "GET / HTTP/1.1\r\n"));
  EXPECT_THAT(other.requests(), Each(StartsWith("GET / HTTP/1.1\r\n")));
}

TEST_F(HealthCheckerTest, AllChecksMustPassAndTheWorstDecides) {
  Responder& web = Respond("HTTP/1.1 200 OK\r\n\r\n");
  Responder& prosody = Respond("HTTP/1.1 503 Not now\r\n\r\n");
  const std::string port = std::to_string(prosody.address().port());
  health_.checks = {Http(), Http("http://{shard}-prosody.{namespace}:" + port + "/http-bind"),
                    config::HealthCheck{}};
  EXPECT_EQ(ResultOf(web.address()).status, "L7STS/503");
  EXPECT_EQ(results_.back().health, Health::kSoft);
  EXPECT_THAT(resolver_->asked_, Each("shard-0-prosody.jitsi"));
  EXPECT_THAT(prosody.requests(), Each(HasSubstr("GET /http-bind HTTP/1.1\r\n")));
}

// As a shard's web, XMPP server and focus are checked: each on a port of its own, found by
// template.
TEST_F(HealthCheckerTest, SeveralTemplatedChecksOfOneEndpoint) {
  Responder& web = Respond("HTTP/1.1 200 OK\r\n\r\n");
  Responder& prosody = Respond("HTTP/1.1 200 OK\r\n\r\n");
  Responder& jicofo = Respond("HTTP/1.1 200 OK\r\n\r\n");
  const auto port = [](const Responder& at) { return std::to_string(at.address().port()); };
  health_.checks = {
      Http("http://{address}/"),
      Http("http://{shard}-prosody.{namespace}:" + port(prosody) + "/http-bind?at={address}"),
      Http("http://{address}:" + port(jicofo) + "/about/health")};
  struct Case {
    const char *prosody, *jicofo, *status;
    Health health;
  };
  const Case cases[] = {
      {"200", "200", "L7OK/200", Health::kGood}, {"200", "503", "L7STS/503", Health::kSoft},
      {"200", "500", "L7STS/500", Health::kBad}, {"503", "200", "L7STS/503", Health::kSoft},
      {"503", "500", "L7STS/500", Health::kBad}, {"404", "503", "L7STS/404", Health::kBad}};
  const auto answer = [](const char* status) {
    return "HTTP/1.1 " + std::string(status) + " x\r\n\r\n";
  };
  for (const Case& each : cases) {
    prosody.SetAnswer(answer(each.prosody));
    jicofo.SetAnswer(answer(each.jicofo));
    Start({Subject(0, web.address())});
    const auto looks_so = [&] {
      return !results_.empty() && results_.back().status == each.status &&
             results_.back().health == each.health;
    };
    EXPECT_TRUE(test::RunUntil(io_, looks_so)) << each.status;
  }
  EXPECT_THAT(web.requests(), Each(HasSubstr("Host: 127.0.0.1:" + port(web) + "\r\n")));
  EXPECT_THAT(prosody.requests(),
              Each(HasSubstr("GET /http-bind?at=127.0.0.1:" + port(web) + " ")));
  EXPECT_THAT(prosody.requests(), Each(HasSubstr("Host: shard-0-prosody.jitsi:" + port(prosody))));
  EXPECT_THAT(jicofo.requests(), Each(HasSubstr("GET /about/health HTTP/1.1\r\n")));
}

TEST_F(HealthCheckerTest, AnAgentIsAskedBesideTheOtherChecks) {
  Responder& web = Respond("HTTP/1.1 500 Broken\r\n\r\n");
  Responder& agent = Respond("drain 50% # soon\n");
  health_.checks = {{.type = config::HealthCheck::Type::kAgent,
                     .port = agent.address().port(),
                     .send = "{shard} at {address}"},
                    Http(),
                    config::HealthCheck{}};
  EXPECT_EQ(ResultOf(web.address()).agent.ToString(), "drain 50% # soon");
  EXPECT_EQ(results_.back().status, "L7STS/500");
  EXPECT_EQ(results_.back().health, Health::kBad);
  EXPECT_THAT(agent.requests(), Each("shard-0 at " + web.address().ToString() + "\n"));
}

TEST_F(HealthCheckerTest, AnAgentIsAskedThoughAnotherCheckFailed) {
  Responder& agent = Respond("stopped\n");
  health_.checks = {{},
                    {.type = config::HealthCheck::Type::kAgent,
                     .host = "{shard}-prosody.{namespace}",
                     .port = agent.address().port(),
                     .send = "?"}};
  const ProbeResult result = ResultOf(Respond("", Responder::Mode::kRefusing).address());
  EXPECT_EQ(result.agent.ToString(), "stopped");
  EXPECT_EQ(result.status, "L4CON");
}

TEST_F(HealthCheckerTest, AnAgentThatDoesNotAnswerIsNoFailure) {
  Responder& web = Respond("");
  Responder& refusing = Respond("", Responder::Mode::kRefusing);
  Responder& silent = Respond("");
  Responder& unfinished = Respond("down");
  Responder& endless = Respond(std::string(5000, ' ') + "down\n");
  for (const Responder* agent : {&refusing, &silent, &unfinished, &endless}) {
    health_.checks = {
        {},
        {.type = config::HealthCheck::Type::kAgent, .port = agent->address().port(), .send = "?"}};
    results_.clear();
    EXPECT_EQ(ResultOf(web.address()).status, "L4OK");
    EXPECT_EQ(results_.back().health, Health::kGood);
    EXPECT_EQ(results_.back().agent, AgentReply());
  }
}

TEST_F(HealthCheckerTest, HostsThatAreNotFound) {
  health_.checks = {Http("http://nowhere.jitsi/")};
  EXPECT_EQ(ResultOf(Respond("").address()).status, "L4CON");
}

TEST_F(HealthCheckerTest, HostsThatAreNeverAnswered) {
  health_.checks = {Http("http://silent.jitsi/")};
  EXPECT_EQ(ResultOf(Respond("").address()).status, "L4TOUT");
}

TEST_F(HealthCheckerTest, ThousandsOfEndpointsAgainAndAgainSoManyAtOnce) {
  std::vector<CheckSubject> subjects;
  Responder& good = Respond("HTTP/1.1 200 OK\r\n\r\n");
  Responder& bad = Respond("", Responder::Mode::kRefusing);
  Responder& soft = Respond("HTTP/1.1 503 Not now\r\n\r\n");
  const Responder* const responders[] = {&good, &bad, &soft};
  const Health healths[] = {Health::kGood, Health::kBad, Health::kSoft};
  health_.checks = {Http()};
  health_.timeout = 30s;
  for (EndpointId id = 0; id < 2000; ++id) {
    subjects.push_back(Subject(id, responders[id % 3]->address()));
  }
  Start(subjects);
  std::vector<int> seen(subjects.size());
  size_t twice = 0, most_at_once = 0;
  ASSERT_TRUE(test::RunUntil(io_, [&] {
    most_at_once = std::max(most_at_once, checker_.running());
    for (const ProbeResult& result : results_) {
      EXPECT_EQ(result.health, healths[result.endpoint % 3]);
      twice += ++seen[result.endpoint] == 2 ? 1 : 0;
    }
    results_.clear();
    return twice == subjects.size();
  }));
  EXPECT_EQ(most_at_once, HealthChecker::kMaxAtOnce);
}

TEST_F(HealthCheckerTest, NoResultsOfEndpointsNoLongerFollowed) {
  Responder& silent = Respond("");
  Responder& good = Respond("HTTP/1.1 200 OK\r\n\r\n");
  health_.checks = {Http()};
  Start({Subject(0, silent.address())});
  ASSERT_TRUE(test::RunUntil(io_, [&] { return !silent.requests().empty(); }));
  checker_.Follow({Subject(1, good.address())});
  size_t closed = 0;
  ASSERT_TRUE(test::RunUntil(io_, [&] {
    closed = results_.size();
    return closed >= 20;
  }));
  for (const ProbeResult& result : results_) EXPECT_EQ(result.endpoint, 1U);
}

TEST_F(HealthCheckerTest, OnDemandCheckDoesNotWaitForTheInterval) {
  Responder& good = Respond("");
  health_.interval = 1h;
  Start({Subject(0, good.address())});
  ASSERT_TRUE(test::RunUntil(io_, [&] { return results_.size() == 1; }));
  checker_.CheckWithin(0, 0ms);
  ASSERT_TRUE(test::RunUntil(io_, [&] { return results_.size() == 2; }));
}

TEST_F(HealthCheckerTest, CloseEndsChecksThatAreUnderWay) {
  Responder& silent = Respond("");
  health_.checks = {Http()};
  health_.timeout = 1h;
  Start({Subject(0, silent.address()), Subject(1, silent.address())});
  ASSERT_TRUE(test::RunUntil(io_, [&] { return silent.requests().size() == 2; }));
  bool drained = false;
  checker_.Close([&] { drained = true; });
  ASSERT_TRUE(test::RunUntil(io_, [&] { return drained; }));
  EXPECT_TRUE(results_.empty());
}

}  // namespace
}  // namespace room_router
