// SPDX-License-Identifier: Apache-2.0
// Which endpoints belong to which shard now: static shards and held DNS targets, joined by name.
//
// Pure and stateless. Members come sorted by shard name; the endpoints of one by name and address.
// An obsolete target lends its shard no address that a current target of another one has: pods'
// addresses are reused. A shard may be left without any endpoint so.
// Of targets of one shard that disagree, the first one with a region (or release) says which.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/socket_address.h"
#include "discovery/shard_name.h"
#include "discovery/target_hold.h"

namespace room_router {

struct Member {
  struct Place {
    std::string name;  // first label of the target, or the address text
    std::string name_space;
    SocketAddress address;
    std::string host;  // the target without its last dot, or the address without port
  };
  std::string shard, region, release;
  double weight = 0;
  int priority = 0;
  std::vector<Place> places;
};

struct Membership {
  std::vector<Member> members;
  std::map<std::string, std::string> advice;  // target → what is wrong with its name
};

Membership JoinMembers(const std::vector<config::StaticShard>& static_shards,
                       const std::map<std::string, TargetHold>& services,
                       const TargetNaming& naming);

}  // namespace room_router
