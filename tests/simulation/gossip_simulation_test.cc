// SPDX-License-Identifier: Apache-2.0
// Trials by seed. `--seed N` repeats one, `--trials N` runs so many, `--from N` begins elsewhere.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/simulation/trial.h"

namespace room_router::simulation {
namespace {

uint64_t first_seed = 1, trials = 200;

TEST(GossipSimulation, EveryTrialEndsWithEqualReplicas) {
  uint64_t writes = 0, failed = 0;
  for (uint64_t seed = first_seed; seed < first_seed + trials; ++seed) {
    Trial trial(seed);
    const std::string failure = trial.Run();
    writes += trial.events();
    if (failure.empty()) continue;
    ++failed;
    ADD_FAILURE() << failure << "\n  " << trial.Description() << "\n  again: --seed " << seed;
    if (failed == 5) break;
  }
  std::printf("%llu trials from seed %llu, %llu writes, %llu failed\n",
              static_cast<unsigned long long>(trials), static_cast<unsigned long long>(first_seed),
              static_cast<unsigned long long>(writes), static_cast<unsigned long long>(failed));
  EXPECT_GT(writes, trials * 100) << "the trials hardly did anything";
}

TEST(GossipSimulation, ASeedRepeatsItself) {
  const auto run = [] {
    Trial trial(first_seed);
    return trial.Run() + trial.Description() + std::to_string(trial.events());
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
    if (option == "--trials") room_router::simulation::trials = value;
    if (option == "--from" || option == "--seed") room_router::simulation::first_seed = value;
    if (option == "--seed") room_router::simulation::trials = 1;
  }
  return RUN_ALL_TESTS();
}
