// SPDX-License-Identifier: Apache-2.0
#include "router/app_parts.h"
#include "router/version.h"

namespace room_router {

std::function<std::vector<std::string>()> App::Parts::ReloadDoor() {
  if (config_path.empty()) return {};
  return [this] { return Take(config::LoadPath(config_path)); };
}

admin::AdminSources App::Parts::Sources() {
  return {
      .config = [this] { return std::shared_ptr<const config::Config>(config, &config->config); },
      .shards = [this] { return shards; },
      .availability = [this] { return availability; },
      .table = &directory.table(),
      .key_of_name =
          [this](std::string_view name) {
            RoomRequest request;
            config->keys.ReadTyped(name, request);
            return request.key;
          },
      .collect = [this](auto done) { workers.Collect(std::move(done)); },
      .workers = static_cast<size_t>(config->config.node.threads > 0 ? config->config.node.threads
                                                                     : UsableCores()),
      .readiness = [this] { return Ready(); },
      .reload = [this] { return reload; },
      .access_log_lost_bytes = [this] { return access_log.stats().lost_bytes; },
      .log_lines_suppressed = [this] { return log.suppressed(); },
      .journal = &journal,
      .replication = [this] { return replication.View(); },
      .order = [this](auto& shard, auto& what) { return replication.Order(shard, what); },
      .force = [this](auto& result) { discovery.Force(result); },
      .move_rooms = [this](auto& entries, auto shard) { MoveRooms(entries, shard); },
      .rules = [this] { return rules; },
      .configured_rules =
          [this] {
            return std::make_shared<const RoomRules>(replication.room_orders().configured());
          },
      .pin =
          [this](auto& subject, auto& target) {
            if (!replication.room_orders().Pin(subject, target, Clock::now())) return false;
            replication.OrdersChanged();
            return true;
          },
      .ban =
          [this](auto& subject, auto action) {
            if (!replication.room_orders().Ban(subject, action, Clock::now())) return false;
            replication.OrdersChanged();
            return true;
          },
      .sessions = [this](auto& order, auto done) { workers.Carry(order, std::move(done)); },
      .reload_now = ReloadDoor(),
      .set_log_level = [this](auto level) { log.SetLevel(level); },
      .lookups = [this] { return discovery.lookups(); },
      .clear_maxima = [this] { workers.ClearMaxima(); },
      .listeners = {.state = [this](size_t listener) { return workers.listener_state(listener); },
                    .close =
                        [this](size_t listener, auto state, auto done) {
                          workers.CloseListener(listener, state, std::move(done));
                        },
                    .open = [this](size_t listener) { return workers.OpenListener(listener); }},
      .connection_limit = [this] { return admission.connections.limit(); },
      .set_connection_limit = [this](uint64_t limit) { admission.connections.SetLimit(limit); },
      .hard_connection_limit = admission.connections.hard_limit(),
      .limits =
          [this] {
            return admin::LimitFacts{.connections = admission.connections.used(),
                                     .addresses = admission.addresses.used(),
                                     .address_capacity = admission.addresses.capacity(),
                                     .uncounted = admission.addresses.uncounted(),
                                     .memory_limit = memory.limit(),
                                     .memory_short = memory.is_short()};
          },
      .start_time = started_at,
      .start = started,
      .versions = {{"version", std::string(Version())},
                   {"commit", std::string(Commit())},
                   {"compiler", std::string(Compiler())}}};
}

}  // namespace room_router
