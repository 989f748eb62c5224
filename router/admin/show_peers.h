// SPDX-License-Identifier: Apache-2.0
// `show peers`: the other replicas and the HAProxy peers, in HAProxy's format, a section for each.
//
//   0x000000000001: [21/Nov/2026:17:19:25] id=room-router disabled=0 synced=1 …
//     0x000000000002: id=router-1(remote,active) addr=10.0.0.7:7946 last_status=ESTA last_hdshk=18s
//           state=alive synced=1 rtt=0.4ms …
//
// The section of the replicas bears the name of the cluster (peers.cluster), that of HAProxys is
// "haproxy". What HAProxy doesn't know comes after its fields. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "router/admin/admin_view.h"

namespace room_router::admin {

std::vector<std::string> PeerSections(const AdminView& view);

// `section` empty: all there are; none configured, no text.
std::string ShowPeers(const AdminView& view, std::string_view section);

}  // namespace room_router::admin
