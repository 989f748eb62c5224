// SPDX-License-Identifier: Apache-2.0
#include "router/cli/first_load.h"

#include <utility>

namespace room_router::cli {
namespace {

constexpr int kReadings = 5;  // who changes files faster than that wants to be told

}  // namespace

config::Loaded LoadAndWatch(const std::function<config::Loaded()>& load,
                            const std::function<void(const config::Config&)>& watch) {
  config::Loaded loaded = load();
  for (int readings = 1; readings < kReadings; ++readings) {
    const bool before = loaded.usable();
    if (before) watch(loaded.config);
    loaded = load();
    if (loaded.usable() == before) break;
  }
  return loaded;
}

}  // namespace room_router::cli
