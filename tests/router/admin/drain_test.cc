// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router/admin/cli_commands.h"
#include "router/admin/drain_waits.h"
#include "sample.h"

namespace room_router::admin {
namespace {

using config::AdminLevel;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

class DrainTest : public testing::Test {
 protected:
  CliReply Run(const std::string& line, AdminLevel level = AdminLevel::kAdmin) {
    const AdminSources sources = sample_.Sources();
    const AdminView view = sample_.View();
    const CliContext context{.level = level, .sources = sources, .view = &view, .now = sample_.now};
    return RunCommand(SplitLine(line).at(0), context);
  }

  Sample sample_;
};

TEST_F(DrainTest, IsOrderedByNameOrAsAServerAndWaitedFor) {
  const struct {
    const char* line;
    Duration longest;
  } cases[] = {{"drain shard-1", 0s},
               {"drain jitsi-meet/shard-1", 0s},
               {"drain shard-1 --wait", 300s},
               {"drain shard-1 --max 20s", 20s},
               {"drain shard-1 --max 2m --wait", 120s},
               {"drain shard-1 --wait --max 2m", 120s}};
  for (const auto& each : cases) {
    sample_.orders.clear();
    const CliReply reply = Run(each.line);
    ASSERT_TRUE(reply.wait) << each.line << ": " << reply.text;
    EXPECT_EQ(reply.wait->shard, "shard-1");
    EXPECT_EQ(reply.wait->longest, each.longest) << each.line;
    using Order = std::pair<std::string, Instruction>;
    EXPECT_THAT(sample_.orders, ElementsAre(Order("shard-1", AdminState::kDrain)));
  }
}

TEST_F(DrainTest, RefusesWhatItCannotDo) {
  const std::pair<const char*, const char*> cases[] = {
      {"drain", "Name a shard"},
      {"drain shard-9", "No shard is named 'shard-9'."},
      {"drain jitsi-meet/shard-9", "No such server."},
      {"drain shard-1 --max", "--max needs a duration"},
      {"drain shard-1 --max soon", "--max "},
      {"drain shard-1 --max 25h", "--max "},
      {"drain shard-1 now", "usage: drain <shard>"},
      {"ready", "Name a shard"},
      {"ready shard-9", "No shard is named"},
      {"show drain shard-9", "No shard is named"}};
  for (const auto& [line, complaint] : cases) {
    const CliReply reply = Run(line);
    EXPECT_THAT(reply.text, StartsWith(complaint)) << line;
    EXPECT_EQ(reply.severity, CliReply::kError) << line;
    EXPECT_FALSE(reply.wait) << line;
  }
  EXPECT_EQ(Run("drain shard-1", AdminLevel::kOperator).text, "Permission denied\n");
  EXPECT_EQ(Run("ready shard-1", AdminLevel::kOperator).text, "Permission denied\n");
  EXPECT_THAT(sample_.orders, testing::IsEmpty());
  sample_.takes_orders = false;
  EXPECT_EQ(Run("drain shard-1").text, "Too many orders are kept already.\n");
}

TEST_F(DrainTest, ReadyTakesItBack) {
  EXPECT_EQ(Run("ready shard-0").text, "");
  using Order = std::pair<std::string, Instruction>;
  EXPECT_THAT(sample_.orders, ElementsAre(Order("shard-0", AdminState::kReady)));
}

TEST_F(DrainTest, ShowDrainTellsWhatIsLeft) {
  const std::string header = "# rooms: of all replicas; tunnels: of router-0\n";
  EXPECT_EQ(Run("show drain").text, header);
  Shard& shard = sample_.shards->shards[0];
  shard.admin = AdminState::kDrain;
  shard.admin_given = true;
  shard.admin_since = Clock::now() - 85s;
  EXPECT_THAT(Run("show drain", AdminLevel::kUser).text,
              testing::MatchesRegex(header + "shard-0: state=drain by=order since=8[5-9]s rooms=1 "
                                             "tunnels=2 finished=0\n"));
  EXPECT_THAT(Run("show drain jitsi-meet/shard-0").text, HasSubstr("shard-0: state=drain"));
  sample_.shards->shards[1].admin = AdminState::kMaint;
  EXPECT_THAT(Run("show drain shard-1").text,
              HasSubstr("shard-1: state=maint by=initial_state since=51s rooms=1 tunnels=0"));
}

DrainProgress Progress(AdminState state, uint32_t rooms = 0, uint64_t tunnels = 0) {
  return {.shard = "shard-0", .state = state, .rooms = rooms, .tunnels = tunnels};
}

TEST(DrainWatch, IsFinishedWhenEmptyTwiceInDrain) {
  const TimePoint now = Clock::now();
  DrainWatch watch(now, now + 10s);
  const auto see = [&](const DrainProgress& progress) { return watch.See(&progress, now); };
  EXPECT_EQ(see(Progress(AdminState::kReady)), std::nullopt) << "not obeyed yet";
  EXPECT_EQ(see(Progress(AdminState::kDrain, 1, 0)), std::nullopt);
  EXPECT_EQ(see(Progress(AdminState::kDrain, 0, 1)), std::nullopt);
  EXPECT_EQ(see(Progress(AdminState::kDrain)), std::nullopt);
  EXPECT_EQ(see(Progress(AdminState::kDrain, 1, 0)), std::nullopt) << "a room came late";
  EXPECT_EQ(see(Progress(AdminState::kDrain)), std::nullopt);
  EXPECT_EQ(see(Progress(AdminState::kMaint)), DrainEnd::kFinished);
}

TEST(DrainWatch, EndsWhenTheTimeIsUpOrItIsReadyAgainOrGone) {
  const TimePoint now = Clock::now();
  const DrainProgress busy = Progress(AdminState::kDrain, 1, 1),
                      ready = Progress(AdminState::kReady);
  DrainWatch late(now, now + 10s);
  EXPECT_EQ(late.See(&busy, now + 9s), std::nullopt);
  EXPECT_EQ(late.See(&busy, now + 10s), DrainEnd::kTimeUp);
  DrainWatch off(now, now + 10s);
  EXPECT_EQ(off.See(&ready, now), std::nullopt);
  EXPECT_EQ(off.See(&busy, now), std::nullopt);
  EXPECT_EQ(off.See(&ready, now), DrainEnd::kCalledOff);
  DrainWatch missed(now, now + 10s);
  EXPECT_EQ(missed.See(&ready, now + 900ms), std::nullopt);
  EXPECT_EQ(missed.See(&ready, now + 1s), DrainEnd::kCalledOff) << "between two looks";
  EXPECT_EQ(DrainWatch(now, now + 10s).See(nullptr, now), DrainEnd::kGone);
}

TEST(DrainReply, SaysHowItEndedAndHowBadThatIs) {
  const DrainWish wish{.shard = "shard-0", .longest = 10s};
  const DrainProgress left = Progress(AdminState::kDrain, 2, 3);
  const struct {
    DrainEnd end;
    const char* text;
    int severity;
  } cases[] = {
      {DrainEnd::kFinished, "shard-0 is drained.\n", CliReply::kInfo},
      {DrainEnd::kGone, "shard-0 is gone", CliReply::kInfo},
      {DrainEnd::kTimeUp, "shard-0 is not empty yet and stays in drain: rooms=2 tunnels=3\n",
       CliReply::kWarning},
      {DrainEnd::kCalledOff, "shard-0 was made ready again", CliReply::kError},
      {DrainEnd::kTooMany, "shard-0 is in drain, but 64 wait", CliReply::kError},
      {DrainEnd::kLeft, "shard-0 is in drain; the router stops", CliReply::kError}};
  for (const auto& each : cases) {
    const CliReply reply = DrainReply(wish, {.end = each.end, .progress = left});
    EXPECT_THAT(reply.text, StartsWith(each.text));
    EXPECT_EQ(reply.severity, each.severity) << reply.text;
  }
  const DrainOutcome unfinished{.end = DrainEnd::kTimeUp, .progress = left};
  EXPECT_EQ(DrainReply({.shard = "shard-0"}, unfinished).severity, CliReply::kInfo)
      << "nobody asked to wait";
}

}  // namespace
}  // namespace room_router::admin
