// SPDX-License-Identifier: Apache-2.0
// `room-router demo`: embedded shards, replicas in front of them and their dashboards in one
// process, until Ctrl-C. Needs no configuration and leaves nothing behind. Returns the exit status.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "router/cli/command_line.h"

namespace room_router::demo {

int Demo(const cli::DemoCommand& command);

// How the replicas reach each other: unused ports of loopback, a key that is thrown away.
config::Peers MakePeers(int replicas);

// The configuration of replica `index`; its admin socket lies in `directory`.
config::Config ReplicaConfig(const cli::DemoCommand& command, int index, config::Peers peers,
                             const std::vector<config::StaticShard>& shards,
                             const std::string& directory);

// What the demo says once it runs: where to click.
std::string Welcome(const cli::DemoCommand& command, const std::string& directory);

}  // namespace room_router::demo
