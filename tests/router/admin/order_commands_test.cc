// SPDX-License-Identifier: Apache-2.0
// Orders to this process: frontends, limits, counters, configuration, log.
#include <gmock/gmock.h>

#include "console.h"
#include "router/admin/counter_baseline.h"
#include "router/metrics.h"

namespace room_router::admin {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Orders = Console;

TEST_F(Orders, FrontendsArePausedOpenedAndShutDown) {
  EXPECT_EQ(Run("enable frontend room-router"), "All sockets are already enabled.\n");
  EXPECT_EQ(Run("disable frontend room-router"), "");
  EXPECT_THAT(Run("show stat -1 1 -1"), HasSubstr(",PAUSED,"));
  EXPECT_EQ(Run("disable frontend room-router"), "All sockets are already disabled.\n");
  sample_.cannot_open = "address already in use";
  EXPECT_EQ(Run("enable frontend room-router"),
            "Failed to resume frontend: address already in use.\n");
  sample_.cannot_open.clear();
  EXPECT_EQ(Run("enable frontend room-router"), "");
  EXPECT_THAT(Run("show stat -1 1 -1"), HasSubstr(",OPEN,"));
  EXPECT_EQ(Run("shutdown frontend room-router"), "");
  EXPECT_THAT(Run("show stat -1 1 -1"), HasSubstr(",STOP,"));
  EXPECT_EQ(Run("shutdown frontend room-router"), "Frontend was already shut down.\n");
  EXPECT_EQ(Run("disable frontend room-router"),
            "Frontend was previously shut down, cannot disable.\n");
  EXPECT_EQ(Run("enable frontend room-router"),
            "Frontend was previously shut down, cannot enable.\n");
}

TEST_F(Orders, FrontendsAreNamedAndNeedAdmin) {
  for (const char* verb : {"disable", "enable", "shutdown"}) {
    const std::string command = std::string(verb) + " frontend";
    EXPECT_EQ(Run(command), "A frontend name is expected.\n");
    EXPECT_EQ(Run(command + " room-router-2"), "No such frontend.\n");
    EXPECT_EQ(Run(command + " room-router", AdminLevel::kOperator), "Permission denied\n");
  }
  EXPECT_EQ(sample_.listeners[0], ListenerState::kOpen);
}

TEST_F(Orders, TheGlobalLimitIsSetWithinTheSystems) {
  EXPECT_EQ(Run("set maxconn global 4000"), "");
  EXPECT_EQ(sample_.connection_limit, 4000u);
  EXPECT_THAT(Run("show info"), HasSubstr("\nMaxconn: 4000\nHard_maxconn: 9000\n"));
  EXPECT_EQ(Run("set maxconn global 0"), "");
  EXPECT_EQ(sample_.connection_limit, 9000u);
  EXPECT_EQ(Run("set maxconn global 9001"), "Value out of range.\n");
  EXPECT_EQ(Run("set maxconn global many"), "Expects an integer value.\n");
  EXPECT_EQ(Run("set maxconn global"), "Expects an integer value.\n");
  EXPECT_EQ(Run("set maxconn global 1", AdminLevel::kOperator), "Permission denied\n");
}

TEST_F(Orders, LimitsThatDoNotExistAreSaidNotToExist) {
  EXPECT_THAT(Run("set maxconn frontend room-router 10"), StartsWith("Frontends have no limits"));
  EXPECT_EQ(Run("set maxconn frontend nope 10"), "No such frontend.\n");
  EXPECT_THAT(Run("set maxconn server jitsi-meet/shard-0 10"), StartsWith("Servers have no"));
  EXPECT_THAT(Run("set rate-limit connections global 10"), StartsWith("Rates are not limited"));
  EXPECT_EQ(Run("set rate-limit connections global 0"), "");
  EXPECT_EQ(Run("set rate-limit sessions global x"), "Expects an integer value.\n");
  EXPECT_EQ(Run("set rate-limit sessions"), "'set rate-limit sessions' only supports 'global'.\n");
  EXPECT_THAT(Run("set rate-limit nonsense global 0"), StartsWith("'set rate-limit' supports"));
}

TEST_F(Orders, CountersBeginAnewForTheSocketAlone) {
  AdminCollector collector(sample_.Sources());
  const auto view = [&] {
    AdminViewPtr made;
    collector.Collect([&made](AdminViewPtr each) { made = std::move(each); });
    return made;
  };
  const AdminSources sources = sample_.Sources();
  const auto run = [&](const std::string& line, AdminLevel level = AdminLevel::kAdmin) {
    const AdminViewPtr seen = view();
    const CliContext context{.level = level,
                             .sources = sources,
                             .view = seen.get(),
                             .now = sample_.now,
                             .clear_counters = [&](bool all) { collector.ClearCounters(all); }};
    return RunCommand(SplitLine(line).at(0), context).text;
  };
  EXPECT_EQ(run("clear counters", AdminLevel::kUser), "Permission denied\n");
  EXPECT_EQ(run("clear counters all", AdminLevel::kOperator), "Permission denied\n");
  EXPECT_EQ(run("clear counters", AdminLevel::kOperator), "");
  EXPECT_EQ(sample_.maxima_cleared, 1);
  EXPECT_THAT(run("show info"), HasSubstr("\nCumReq: 200\n"));
  EXPECT_EQ(run("clear counters all"), "");
  sample_.workers[0].listeners[0].requests += 3;
  EXPECT_THAT(run("show info"), HasSubstr("\nCurrConns: 8\nCumConns: 0\nCumReq: 3\n"));
  EXPECT_THAT(MetricsText(*view()), Not(HasSubstr("requests_total{listener=\"room-router\"} 3\n")));
}

TEST(CounterBaseline, AMissingWorkerIsNoUnderflow) {
  WorkerStats baseline;
  baseline.listeners.resize(1);
  baseline.listeners[0].requests = 10;
  WorkerStats stats = baseline;
  stats.listeners[0].requests = 4;
  EXPECT_EQ(Since(stats, baseline).listeners[0].requests, 0u);
}

TEST_F(Orders, ReloadTellsItsMistakes) {
  EXPECT_EQ(Run("reload"), "");
  sample_.mistakes = {"a.yaml:3:1: unknown setting"};
  EXPECT_EQ(Run("reload"), "Nothing has changed:\na.yaml:3:1: unknown setting\n");
  EXPECT_EQ(Run("reload", AdminLevel::kOperator), "Permission denied\n");
}

TEST_F(Orders, TheLogSaysMoreOrLess) {
  EXPECT_EQ(Run("log level debug"), "");
  EXPECT_EQ(sample_.log_level, config::LogLevel::kDebug);
  EXPECT_EQ(Run("log level loud"), "usage: log level debug|info|warning|error\n");
}

TEST_F(Orders, TheConfigurationIsShownWithoutEmptyLines) {
  const std::string text = Run("show config");
  EXPECT_THAT(text, HasSubstr("stick_table:\n"));
  EXPECT_THAT(text, Not(HasSubstr("\n\n")));
  EXPECT_EQ(Run("show config", AdminLevel::kUser), "Permission denied\n");
}

}  // namespace
}  // namespace room_router::admin
