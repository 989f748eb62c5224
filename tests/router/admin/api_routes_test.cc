// SPDX-License-Identifier: Apache-2.0
#include "router/admin/api_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "router/admin/api_text.h"
#include "router/admin/assets.h"
#include "router/admin/entity_tag.h"
#include "sample.h"

namespace room_router::admin {
namespace {

using namespace std::chrono_literals;
using config::RoomNames;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kToken = "0123456789abcdef0123456789abcdef";

class Api : public testing::Test {
 protected:
  Api() {
    sample_.config.admin.token_file =
        testing::TempDir() + "api_routes_token_" + std::to_string(getpid());
    std::ofstream(sample_.config.admin.token_file) << kToken << "\n";
  }
  ~Api() override {
    std::error_code ignored;
    std::filesystem::remove(sample_.config.admin.token_file, ignored);
  }

  AdminPage Page(std::string_view path, std::string_view query = {}) {
    const AdminView view = sample_.View();
    return MakeApiPage(path, query, &view, sample_.Sources());
  }
  Json Get(std::string_view path, std::string_view query = {}) {
    const AdminPage page = Page(path, query);
    EXPECT_EQ(page.status, 200u) << path << page.body;
    return Json::parse(page.body, nullptr, false);
  }
  AdminPage Change(std::string_view method, std::string_view target, std::string_view body = {},
                   std::string_view type = "application/json") {
    const std::string bearer = "Bearer " + kToken;
    return MakeChange({.method = method,
                       .target = target,
                       .credentials =
                           {.authorization = bearer, .origin = {}, .fetch_site = {}, .host = {}},
                       .content_type = type,
                       .body = body},
                      sample_.Sources())
        .page;
  }

  Sample sample_;
};

TEST_F(Api, RoutesAreThoseOfTheFile) {
  std::set<std::string> routes, described;
  for (const ApiRoute& route : ApiRoutes()) {
    EXPECT_NE(route.read != nullptr, route.change != nullptr) << route.path;
    EXPECT_EQ(route.read != nullptr, route.method == "GET") << route.path;
    routes.insert(std::string(route.method) + " " + std::string(route.path));
  }
  const Json file = Json::parse(kOpenApi);
  for (const auto& [path, item] : file["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      std::string upper(method);
      for (char& c : upper) c = static_cast<char>(c - 32);
      described.insert(upper + " " + path);
      const bool described_body = operation.contains("requestBody");
      for (const ApiRoute& route : ApiRoutes()) {
        if (route.method == upper && route.path == path) {
          EXPECT_EQ(route.takes_json, described_body) << path;
        }
      }
    }
  }
  EXPECT_EQ(routes, described);
  EXPECT_EQ(Page("/api/v1/openapi.json").body, kOpenApi);
}

TEST_F(Api, AnswersWithoutAViewOnlyWhatNeedsNone) {
  EXPECT_EQ(MakeApiPage("/api/v1/status", "", nullptr, sample_.Sources()).status, 503u);
  EXPECT_EQ(MakeApiPage("/api/v1/openapi.json", "", nullptr, sample_.Sources()).status, 200u);
}

TEST_F(Api, PathsAreTakenApartBeforeTheyAreDecoded) {
  EXPECT_EQ(Page("/api/v1/shards/shard%2D1").status, 200u);
  EXPECT_EQ(Page("/api/v1/shards/shard-1%2Fready").status, 404u);
  EXPECT_EQ(Page("/api/v1/shards/shard-1/ready").status, 405u);
  EXPECT_EQ(Page("/api/v1/pins").tagged, true);
  EXPECT_EQ(Page("/api/v1/nope").status, 404u);
  EXPECT_EQ(Page("/api/v1/").status, 404u);
  EXPECT_EQ(DecodePath("a%20b+c%zz%4%"), "a b+c%zz%4%");
}

TEST_F(Api, ARoomIsFoundAsInItsAddress) {
  const Json room = Get("/api/v1/rooms/StandUp");
  EXPECT_EQ(room["name"], "standup");
  EXPECT_EQ(room["places"][0]["shard"], "shard-0");
  EXPECT_EQ(room["places"][0]["expires"], nullptr) << "it is held";
  EXPECT_EQ(room["places"][0]["sessions"][0]["sessions"], 1);
  EXPECT_EQ(room["replicas"].size(), 2u);
  EXPECT_EQ(Get("/api/v1/rooms/acme/two%20words")["name"], "[acme]two words");
  const Json board = Get("/api/v1/rooms/board")["places"][0];
  EXPECT_EQ(board["kind"], "whiteboard");
  EXPECT_EQ(board["moves"], 1);
  EXPECT_TRUE(board["expires"].is_string());
  EXPECT_THAT(Page("/api/v1/rooms/nobody").body, HasSubstr("no room 'nobody' has a shard"));
}

TEST_F(Api, NamesAreShownAsConfigured) {
  sample_.rules.pins.Set({RuleScope::kTenant, "acme"}, {PinTarget::Kind::kShard, "shard-0"});
  sample_.config.pins = {{.room = "StandUp", .shard = "shard-0"}};
  sample_.config.bans = {{.prefix = "coin"}};
  EXPECT_THAT(Page("/api/v1/config").body, HasSubstr("StandUp"));
  EXPECT_EQ(Get("/api/v1/pins")["pins"][0]["name"], "acme");
  for (const RoomNames names : {RoomNames::kHashed, RoomNames::kAbsent}) {
    sample_.config.admin.dashboard.room_names = names;
    const std::string config = Page("/api/v1/config").body;
    EXPECT_THAT(config, Not(HasSubstr("StandUp")));
    EXPECT_THAT(config, Not(HasSubstr("coin")));
    EXPECT_THAT(Page("/api/v1/pins").body, Not(HasSubstr("acme")));
  }
  EXPECT_EQ(Page("/api/v1/rooms/standup").status, 403u);
  sample_.config.admin.dashboard.room_names = RoomNames::kHashed;
  EXPECT_EQ(Get("/api/v1/rooms/0123456789abcdef")["places"][0]["shard"], "shard-0");
  EXPECT_EQ(Get("/api/v1/rooms/standup")["name"], "0123456789abcdef");
}

TEST_F(Api, PeersAreTheReplicasAndTheHaproxys) {
  const Json peers = Get("/api/v1/peers");
  EXPECT_EQ(peers["replicas"][0]["this"], true);
  EXPECT_EQ(peers["replicas"][0]["entries"], 3);
  EXPECT_EQ(peers["replicas"][0]["lag_seconds"], nullptr);
  EXPECT_EQ(peers["replicas"][1]["lag_seconds"], 80);
  EXPECT_EQ(peers["replicas"][1]["rtt_ms"], 2);
  EXPECT_EQ(peers["replicas"][2]["state"], "suspect");
  EXPECT_EQ(peers["haproxy"][0]["learned_total"], 15);
}

TEST_F(Api, EventsAreToldFromAPlaceOn) {
  for (int i = 0; i < 5; ++i) sample_.journal.Add({.kind = "synced"}, sample_.now);
  const Json all = Get("/api/v1/events");
  EXPECT_EQ(all["events"].size(), 5u);
  EXPECT_EQ(all["events"][0]["id"], 5);
  EXPECT_EQ(all["latest"], 5);
  EXPECT_EQ(all["oldest"], 1);
  const Json some = Get("/api/v1/events", "after=1&limit=3");
  EXPECT_EQ(some["events"].size(), 3u);
  EXPECT_EQ(some["missed"], 1);
  EXPECT_EQ(Get("/api/v1/events", "after=9")["missed"], 0);
  EXPECT_EQ(Page("/api/v1/events", "after=x").status, 400u);
  EXPECT_EQ(all["events"][0]["time"], TimeText(sample_.View(), sample_.now));
}

TEST_F(Api, AShardHasItsHistory) {
  sample_.journal.Note({.kind = Event::Kind::kEndpointHealth,
                        .shard = "shard-1",
                        .endpoint = "web-0",
                        .detail = "good -> bad, L4CON",
                        .from = "good",
                        .to = "bad",
                        .reason = "L4CON"},
                       sample_.now);
  const Json shard = Get("/api/v1/shards/shard-1");
  EXPECT_EQ(shard["history"].size(), 0u);
  EXPECT_EQ(shard["endpoints"][0]["history"][0]["reason"], "L4CON");
  EXPECT_EQ(shard["endpoints"][1]["history"].size(), 0u);
}

TEST_F(Api, PinsAndBansAreOrderedAndTakenBack) {
  const std::string pin = R"({"scope":"room","name":"[Acme]Big","to":"shard","value":"shard-1"})";
  EXPECT_EQ(Change("POST", "/api/v1/pins", pin).body,
            R"({"scope":"room","name":"[acme]big","to":"shard","value":"shard-1","message":""})");
  sample_.configured_rules = sample_.rules;
  EXPECT_EQ(Get("/api/v1/pins")["pins"][0]["configured"], true);
  EXPECT_EQ(Change("DELETE", "/api/v1/pins/room/acme/BIG").status, 200u);
  EXPECT_EQ(Change("DELETE", "/api/v1/pins/room/acme/BIG").status, 404u);
  EXPECT_EQ(Change("POST", "/api/v1/bans", R"({"scope":"prefix","name":"Coin"})").body,
            R"({"scope":"prefix","name":"coin","action":"redirect","message":""})");
  EXPECT_EQ(Change("DELETE", "/api/v1/bans/galaxy/coin").status, 400u);
  EXPECT_EQ(Change("POST", "/api/v1/bans", "scope=room", "text/plain").status, 415u);
  EXPECT_EQ(Change("POST", "/api/v1/bans", "{}", "Application/JSON; charset=utf-8").status, 400u);
  sample_.takes_orders = false;
  EXPECT_EQ(Change("POST", "/api/v1/pins", pin).status, 409u);
  EXPECT_EQ(Change("DELETE", "/api/v1/bans/prefix/coin").status, 409u);
}

TEST(EntityTags, AreOfTheContent) {
  const std::string tag = EntityTag("[]");
  EXPECT_EQ(tag, EntityTag("[]"));
  EXPECT_NE(tag, EntityTag("[] "));
  for (const std::string& has : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    EXPECT_TRUE(HasTag(has, tag)) << has;
  }
  for (const std::string& lacks : {std::string(), std::string("\"\""), tag.substr(1)}) {
    EXPECT_FALSE(HasTag(lacks, tag)) << lacks;
  }
}

TEST(ApiTimes, AreUtcToTheMillisecond) {
  const std::chrono::system_clock::time_point time(1'795'197'210s + 7ms);
  EXPECT_EQ(TimeText(time), "2026-11-20T17:53:30.007Z");
}

}  // namespace
}  // namespace room_router::admin
