// SPDX-License-Identifier: Apache-2.0
// Trials by seed. `--seed N` repeats one, `--trials N` runs so many, `--from N` begins elsewhere,
// `--replicas N` makes all clusters as large.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "tests/simulation/trial.h"

namespace room_router::simulation {
namespace {

uint64_t first_seed = 1, trials = 200, replicas = 0;

constexpr uint64_t kEnoughTrials = 40;  // to have seen everything

unsigned long long Printable(uint64_t count) { return count; }

// What the trials have to bring about, or they prove nothing of it.
void ExpectSeen(const Gossip::Stats& stats) {
  const std::pair<const char*, uint64_t> counts[] = {
      {"rooms adopted", stats.adopted},
      {"rooms renewed", stats.renewed},
      {"stale rooms", stats.stale},
      {"splits", stats.splits},
      {"forwarded", stats.forwarded},
      {"synced rooms", stats.sync_records_in},
      {"syncs", stats.syncs},
      {"failed syncs", stats.syncs_failed},
      {"links", stats.links},
      {"failed dials", stats.dials_failed},
      {"suspicions", stats.suspicions},
      {"refutations", stats.refutations},
      {"deaths", stats.deaths},
      {"votes refused", stats.refused_admin},
      {"garbage", stats.closed_here[static_cast<size_t>(CloseReason::kProtocol)]},
      {"links to oneself", stats.closed_here[static_cast<size_t>(CloseReason::kSelf)]},
      {"duplicate links", stats.closed_here[static_cast<size_t>(CloseReason::kDuplicate)]},
      {"former lives", stats.closed_here[static_cast<size_t>(CloseReason::kReplaced)]},
      {"silent links", stats.closed_here[static_cast<size_t>(CloseReason::kSilent)]},
      {"changed views", stats.closed_here[static_cast<size_t>(CloseReason::kViewChange)]},
  };
  for (const auto& [what, count] : counts) {
    std::printf("  %-18s %llu\n", what, Printable(count));
    EXPECT_TRUE(count > 0 || trials < kEnoughTrials) << what;
  }
}

TEST(GossipSimulation, EveryTrialEndsWithEqualReplicas) {
  uint64_t writes = 0, failed = 0;
  Gossip::Stats stats;
  for (uint64_t seed = first_seed; seed < first_seed + trials; ++seed) {
    Trial trial(seed, replicas);
    const std::string failure = trial.Run();
    writes += trial.writes();
    stats = Sum(stats, trial.Stats());
    if (trials == 1) std::printf("fingerprint %016llx\n", Printable(trial.fingerprint()));
    if (failure.empty()) continue;
    ++failed;
    ADD_FAILURE() << failure << "\n  " << trial.Description() << "\n  again: --seed " << seed
                  << (replicas > 0 ? " --replicas " + std::to_string(replicas) : "");
    if (failed == 5) break;
  }
  std::printf("%llu trials from seed %llu, %llu writes, %llu failed\n", Printable(trials),
              Printable(first_seed), Printable(writes), Printable(failed));
  ExpectSeen(stats);
}

TEST(GossipSimulation, ASeedRepeatsItself) {
  const auto run = [] {
    Trial trial(first_seed, replicas);
    return trial.Run() + trial.Description() + ' ' + std::to_string(trial.fingerprint());
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace room_router::simulation

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (option == "--replicas") room_router::simulation::replicas = value;
    if (option == "--trials") room_router::simulation::trials = value;
    if (option == "--from" || option == "--seed") room_router::simulation::first_seed = value;
    if (option == "--seed") room_router::simulation::trials = 1;
  }
  return RUN_ALL_TESTS();
}
