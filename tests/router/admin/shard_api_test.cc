// SPDX-License-Identifier: Apache-2.0
#include "router/admin/shard_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "router/admin/api_routes.h"
#include "sample.h"

namespace room_router::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Json = nlohmann::json;

const std::string kToken = "0123456789abcdef0123456789abcdef";

class ShardApi : public testing::Test {
 protected:
  ShardApi() {
    sample_.config.admin.token_file =
        testing::TempDir() + "shard_api_token_" + std::to_string(getpid());
    std::ofstream(sample_.config.admin.token_file) << kToken << "\n";
  }
  ~ShardApi() override {
    std::error_code ignored;
    std::filesystem::remove(sample_.config.admin.token_file, ignored);
  }

  ChangeAnswer Ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    return MakeChange(
        {.method = method, .target = target, .credentials = credentials_, .body = body},
        sample_.Sources());
  }
  unsigned Status(std::string_view method, std::string_view target, std::string_view body = {}) {
    const AdminPage page = Ask(method, target, body).page;
    EXPECT_EQ(Json::parse(page.body).contains("error"), page.status >= 400) << page.body;
    return page.status;
  }

  const std::string bearer_ = "Bearer " + kToken;
  Credentials credentials_{
      .authorization = bearer_, .origin = {}, .fetch_site = {}, .host = "router:9090"};
  Sample sample_;
};

TEST_F(ShardApi, OrdersStates) {
  const ChangeAnswer answer = Ask("POST", "/api/v1/shards/shard-1/drain?wait=5s");
  ASSERT_TRUE(answer.wait);
  EXPECT_EQ(answer.wait->shard, "shard-1");
  EXPECT_EQ(answer.wait->longest, std::chrono::seconds(5));
  EXPECT_EQ(Ask("POST", "/api/v1/shards/shard-1/drain").wait->longest, Duration(0));
  EXPECT_EQ(Status("POST", "/api/v1/shards/shard-1/maint"), 200u);
  EXPECT_EQ(Ask("POST", "/api/v1/shards/shard-1/ready").page.body,
            R"({"shard":"shard-1","admin":"ready"})");
  using Order = std::pair<std::string, Instruction>;
  EXPECT_THAT(
      sample_.orders,
      ElementsAre(Order("shard-1", AdminState::kDrain), Order("shard-1", AdminState::kDrain),
                  Order("shard-1", AdminState::kMaint), Order("shard-1", AdminState::kReady)));
}

TEST_F(ShardApi, OrdersWeights) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"/api/v1/shards/shard-0/weight", R"({"weight": 50})"},
      {"/api/v1/shards/shard-0/weight", R"({"weight": "50%"})"},
      {"/api/v1/shards/shard-0/weight?value=7", ""},
      {"/api/v1/shards/shard-0/weight?value=150%25", ""},
      {"/api/v1/shards/shard-0/weight?value=0%", ""}};
  for (const auto& [target, body] : cases) EXPECT_EQ(Status("PUT", target, body), 200u) << body;
  std::vector<std::string> weights;
  for (const auto& order : sample_.orders) {
    weights.push_back(ToString(std::get<WeightOrder>(order.second)));
  }
  EXPECT_THAT(weights, ElementsAre("50", "50%", "7", "150%", "0%"));
}

TEST_F(ShardApi, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(Status("POST", "/api/v1/shards/shard-9/drain"), 404u);
  EXPECT_EQ(Status("POST", "/api/v1/shards/shard-0/explode"), 404u);
  EXPECT_EQ(Status("POST", "/api/v1/shards//drain"), 404u);
  EXPECT_EQ(Status("POST", "/api/v1/shards/shard-0"), 405u);
  EXPECT_EQ(Status("POST", "/metrics"), 405u);
  EXPECT_EQ(Status("DELETE", "/api/v1/shards/shard-0/drain"), 405u);
  EXPECT_EQ(Ask("PUT", "/api/v1/shards/shard-0/drain").page.allow, "POST");
  EXPECT_EQ(Ask("POST", "/api/v1/shards/shard-0/weight").page.allow, "PUT");
  EXPECT_EQ(Status("POST", "/api/v1/shards/shard-0/drain?wait=soon"), 400u);
  EXPECT_EQ(Status("POST", "/api/v1/shards/shard-0/drain?wait=25h"), 400u);
  for (const char* body :
       {"", "{}", "[1]", "{\"weight\": 257}", "{\"weight\": -1}", "{\"weight\": 1.5}",
        "{\"weight\": null}", "{\"weight\": {}}", "{", "\xff", "{\"weight\": \"x\"}"}) {
    EXPECT_EQ(Status("PUT", "/api/v1/shards/shard-0/weight", body), 400u) << body;
  }
  EXPECT_THAT(sample_.orders, testing::IsEmpty());
  sample_.takes_orders = false;
  EXPECT_EQ(Status("POST", "/api/v1/shards/shard-0/ready"), 409u);
}

TEST_F(ShardApi, NeedsTheToken) {
  const std::string target = "/api/v1/shards/shard-0/ready";
  for (const std::string& wrong :
       {std::string(), "Bearer " + kToken + "x", "Bearer " + kToken.substr(1), "Basic " + kToken,
        kToken, std::string("Bearer "), std::string("Bearer")}) {
    credentials_.authorization = wrong;
    EXPECT_EQ(Status("POST", target), 401u) << wrong;
  }
  const std::string lower = "bearer " + kToken;
  credentials_.authorization = lower;
  EXPECT_EQ(Status("POST", target), 200u) << "the scheme's case does not matter";
  sample_.config.admin.token_file = "";
  EXPECT_EQ(Status("POST", target), 403u);
  EXPECT_THAT(Ask("POST", target).page.body, HasSubstr("admin.token_file"));
  EXPECT_EQ(sample_.orders.size(), 1u);
}

TEST_F(ShardApi, TheTokenIsWhatTheFileHoldsNow) {
  const std::string target = "/api/v1/shards/shard-0/ready";
  const std::string next = "fedcba9876543210fedcba9876543210";
  std::ofstream(sample_.config.admin.token_file) << next;
  EXPECT_EQ(Status("POST", target), 401u);
  const std::string bearer = "Bearer " + next;
  credentials_.authorization = bearer;
  EXPECT_EQ(Status("POST", target), 200u);
  std::ofstream(sample_.config.admin.token_file) << "";
  EXPECT_EQ(Status("POST", target), 403u) << "an empty file is no empty token";
  std::filesystem::remove(sample_.config.admin.token_file);
  EXPECT_EQ(Status("POST", target), 403u);
}

TEST_F(ShardApi, IsRefusedToPagesOfOtherSites) {
  const struct {
    std::string_view origin, site;
    unsigned status;
  } cases[] = {{"", "", 200},
               {"http://router:9090", "", 200},
               {"https://ROUTER:9090", "", 200},
               {"http://evil.test", "", 403},
               {"http://router:9091", "", 403},
               {"router:9090", "", 403},
               {"null", "", 403},
               {"", "same-origin", 200},
               {"https://admin.meet.test", "same-origin", 200},
               {"", "none", 200},
               {"", "same-site", 403},
               {"http://router:9090", "cross-site", 403}};
  for (const auto& each : cases) {
    credentials_.origin = each.origin;
    credentials_.fetch_site = each.site;
    EXPECT_EQ(Status("POST", "/api/v1/shards/shard-0/ready"), each.status)
        << each.origin << " " << each.site;
  }
}

TEST_F(ShardApi, TellsHowADrainEnded) {
  const DrainWish wish{.shard = "shard-0"};
  const DrainProgress left{.shard = "shard-0", .state = AdminState::kDrain, .rooms = 3};
  const std::pair<DrainEnd, unsigned> cases[] = {{DrainEnd::kFinished, 200},
                                                 {DrainEnd::kGone, 200},
                                                 {DrainEnd::kTimeUp, 202},
                                                 {DrainEnd::kCalledOff, 409},
                                                 {DrainEnd::kTooMany, 503}};
  for (const auto& [end, status] : cases) {
    const AdminPage page = DrainPage(wish, {.end = end, .progress = left});
    EXPECT_EQ(page.status, status);
    const Json json = Json::parse(page.body);
    EXPECT_EQ(json["finished"], status == 200) << page.body;
    EXPECT_EQ(json["drain"]["rooms"], 3) << page.body;
    EXPECT_EQ(json.contains("error"), status >= 400) << page.body;
  }
}

}  // namespace
}  // namespace room_router::admin
