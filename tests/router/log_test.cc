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

TEST(Log, CountsWhatRepeatsItself) {
  testing::internal::CaptureStderr();
  {
    Log log(Log::Level::kInfo);
    for (int i = 0; i < 100; ++i) log.Write(Log::Level::kWarning, "refused", {{"shard", "s"}});
    log.Tick(TimePoint{});
    log.Write(Log::Level::kWarning, "refused", {{"shard", "t"}});
    EXPECT_EQ(log.suppressed(), 95u);
    log.Tick(TimePoint::max());
    log.Tick(TimePoint::max());
  }
  std::istringstream lines(testing::internal::GetCapturedStderr());
  std::vector<Json> written;
  for (std::string line; std::getline(lines, line);) written.push_back(Json::parse(line));
  ASSERT_EQ(written.size(), 7u);
  EXPECT_EQ(written[5].at("shard"), "t");
  EXPECT_EQ(written[6].at("shard"), "s");
  EXPECT_EQ(written[6].at("suppressed"), 95);
  EXPECT_EQ(written[6].at("level"), "warning");
}

}  // namespace
}  // namespace room_router
