// SPDX-License-Identifier: Apache-2.0
#include "discovery/health_checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <list>
#include <memory>

#include "tests/discovery/loop.h"
#include "tests/discovery/responder.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;
using test::Responder;
using testing::Each;
using testing::HasSubstr;

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
    return {.endpoint = id, .address = address, .shard = "shard-0", .name_space = "jitsi"};
  }
  Responder& Respond(const std::string& answer,
                     Responder::Mode mode = Responder::Mode::kListening) {
    return responders_.emplace_back(io_, answer, mode);
  }
  void Start(const std::vector<CheckSubject>& subjects) {
    checker_.Configure(health_, resolver_);
    checker_.Follow(subjects);
  }
  ProbeResult ResultOf(const SocketAddress& address) {
    Start({Subject(0, address)});
    EXPECT_TRUE(test::RunUntil(io_, [this] { return !results_.empty(); }));
    return results_.empty() ? ProbeResult{} : results_.back();
  }

  boost::asio::io_context io_{1};
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

TEST_F(HealthCheckerTest, HostsThatAreNotFound) {
  health_.checks = {Http("http://nowhere.jitsi/")};
  EXPECT_EQ(ResultOf(Respond("").address()).status, "L4CON");
}

TEST_F(HealthCheckerTest, HostsThatAreNeverAnswered) {
  health_.checks = {Http("http://silent.jitsi/")};
  EXPECT_EQ(ResultOf(Respond("").address()).status, "L4TOUT");
}

TEST_F(HealthCheckerTest, ManyEndpointsAgainAndAgain) {
  std::vector<CheckSubject> subjects;
  Responder& good = Respond("HTTP/1.1 200 OK\r\n\r\n");
  Responder& bad = Respond("", Responder::Mode::kRefusing);
  health_.checks = {Http()};
  health_.timeout = 30s;
  for (EndpointId id = 0; id < 1000; ++id) {
    subjects.push_back(Subject(id, id % 2 == 0 ? good.address() : bad.address()));
  }
  Start(subjects);
  std::vector<int> seen(subjects.size());
  size_t twice = 0;
  ASSERT_TRUE(test::RunUntil(io_, [&] {
    for (const ProbeResult& result : results_) {
      EXPECT_EQ(result.health, result.endpoint % 2 == 0 ? Health::kGood : Health::kBad);
      twice += ++seen[result.endpoint] == 2 ? 1 : 0;
    }
    results_.clear();
    return twice == subjects.size();
  }));
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
