// SPDX-License-Identifier: Apache-2.0
// What a process does about itself before and beside its work: descriptor limit, SIGPIPE, and word
// to the service manager (sd_notify(3): a datagram to $NOTIFY_SOCKET; nothing without it).
// Main thread only.
#pragma once

#include <string_view>

namespace room_router::cli {

// Raises RLIMIT_NOFILE to the hard limit and ignores SIGPIPE.
void PrepareProcess();

// "READY=1", "STOPPING=1", "RELOADING=1" …; does nothing when nobody listens.
void NotifyServiceManager(std::string_view state);

}  // namespace room_router::cli
