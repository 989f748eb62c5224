// SPDX-License-Identifier: Apache-2.0
#include "router/log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace room_router {
namespace {

using Json = nlohmann::json;

TEST(Log, FormatsFieldsAsJsonInOrder) {
  EXPECT_EQ(Log::Format("started", "", {}), R"("event":"started")");
  EXPECT_EQ(Log::Format("shard down", "router-0", {{"shard", "shard-1"}, {"why", "a \"b\"\n"}}),
            R"("event":"shard down","replica":"router-0","shard":"shard-1","why":"a \"b\"\n")");
  EXPECT_EQ(Log::Format("odd", "", {{"bytes", "a\xff"}}),
            "\"event\":\"odd\",\"bytes\":\"a\uFFFD\"");
}

TEST(Log, WritesOneObjectPerLineFromTheLevelOn) {
  Log log(Log::Level::kWarning, "router-0");
  testing::internal::CaptureStderr();
  log.Write(Log::Level::kInfo, "quiet");
  log.Write(Log::Level::kError, "loud", {{"percent", "100%v {}"}});
  log.SetLevel(Log::Level::kDebug);
  log.Write(Log::Level::kDebug, "detail");
  const std::string written = testing::internal::GetCapturedStderr();
  std::istringstream lines(written);
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  const Json loud = Json::parse(line);
  EXPECT_EQ(loud.at("level"), "error");
  EXPECT_EQ(loud.at("event"), "loud");
  EXPECT_EQ(loud.at("replica"), "router-0");
  EXPECT_EQ(loud.at("percent"), "100%v {}");
  EXPECT_EQ(loud.at("time").get<std::string>().size(),
            std::string("2026-01-01T00:00:00.000Z").size());
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(Json::parse(line).at("event"), "detail");
  EXPECT_FALSE(std::getline(lines, line)) << line;
  EXPECT_EQ(log.level(), Log::Level::kDebug);
}

}  // namespace
}  // namespace room_router
