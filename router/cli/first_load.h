// SPDX-License-Identifier: Apache-2.0
// The configuration a process starts with, which may be replaced while it is read.
//
// The files it names are watched before the reading that counts, so that no change after it is
// missed. A certificate of one pair and the key of the next, read while a mounted secret was
// swapped, are no mistake: what is wrong in one reading and not in the next is read again.
// Blocking file I/O is the loader's.
#pragma once

#include <functional>

#include "config/load.h"

namespace room_router::cli {

// Calls `watch` with every usable configuration, and `load` once more after that.
config::Loaded LoadAndWatch(const std::function<config::Loaded()>& load,
                            const std::function<void(const config::Config&)>& watch);

}  // namespace room_router::cli
