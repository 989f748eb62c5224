// SPDX-License-Identifier: Apache-2.0
// What operators ordered about rooms, the same on every replica, joined with the configuration.
//
// Admin cells "pin/<scope>/<name>" ("shard shard-1", "release 5142", "region eu") and
// "ban/<scope>/<name>" ("403", "redirect"); "none" takes back what the configuration says. An order
// stands over the configuration until it is taken back, as long as one replica lives. Cells of a
// later version that mean nothing here are left out. Pure but for the cells. Control thread.
#pragma once

#include <vector>

#include "config/clock.h"
#include "config/config.h"
#include "sticky/admin_cells.h"
#include "sticky/room_rules.h"

namespace room_router {

class RoomOrders {
 public:
  explicit RoomOrders(AdminCells& cells) : cells_(cells) {}

  void Configure(const std::vector<config::Pin>& pins, const std::vector<config::Ban>& bans);

  // False when there are too many cells, or the name is too long for one; nullopt = no such rule.
  bool Pin(const RuleSubject& subject, const std::optional<PinTarget>& target, TimePoint now);
  bool Ban(const RuleSubject& subject, std::optional<BanAction> action, TimePoint now);

  const RoomRules& configured() const { return configured_; }
  RoomRules Rules() const;

 private:
  bool Order(const std::string& cell, std::string_view value, bool configured, TimePoint now);

  AdminCells& cells_;
  RoomRules configured_;
};

}  // namespace room_router
