// SPDX-License-Identifier: Apache-2.0
// The shards as they are known at one moment: an immutable snapshot with a generation.
//
// Built by discovery/catalog on the control thread, then shared by pointer with every worker;
// nobody changes it afterwards. A shard is identified by its name; `id` is that name interned for
// the life of the process (dense, from 0, never reused), so tables store 4 bytes instead of a
// string. Endpoint ids are interned the same way per (shard, endpoint address).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "config/socket_address.h"
#include "discovery/availability.h"

namespace room_router {

using ShardId = uint32_t;
using EndpointId = uint32_t;
inline constexpr ShardId kNoShard = ~ShardId{0};
inline constexpr EndpointId kNoEndpoint = ~EndpointId{0};

// What the checks say.            new rooms | rooms it has | tunnels
enum class ShardState : uint8_t {
  kStarting,  //                   no        | yes          | stay     not checked here yet
  kUp,        //                   yes       | yes          | stay
  kSoftDown,  //                   no        | yes          | stay     failing, within the grace
  kDown,      //                   no        | moved        | closed
};

// What the operator says. Drain: no new rooms, the ones it has stay. Maint: as if down.
enum class AdminState : uint8_t { kReady, kDrain, kMaint };

// A weight that an operator wants: a number, or a share of what discovery found.
struct WeightOrder {
  double amount = 100;
  bool percent = true;
  double Of(double found) const { return percent ? found * amount / 100 : amount; }
  friend bool operator==(const WeightOrder&, const WeightOrder&) = default;
};

// All that operators have ordered about a shard.
struct ShardOrder {
  AdminState state = AdminState::kReady;
  bool given = false;                   // else `state` is where shards.initial_state puts it
  TimePoint since;                      // of `state`; zero = as long as the shard is known
  std::optional<WeightOrder> weight{};  // nullopt = as found
  friend bool operator==(const ShardOrder&, const ShardOrder&) = default;
};

// What the majority of the live replicas finds; kNone: there is nobody else to ask.
enum class Quorum : uint8_t { kNone, kNotDown, kDown };

// The state to act on, of what our own checks find and what the majority does: one replica's broken
// network moves no room, and all replicas give a shard up together.
ShardState Agreed(ShardState found_here, Quorum quorum);

std::string_view ToString(ShardState state);
std::string_view ToString(AdminState state);

struct Endpoint {
  EndpointId id = kNoEndpoint;
  std::string name;  // first label of the SRV target, or the address text
  std::string host;  // the SRV target without its last dot, or the address without port
  SocketAddress address;
  bool up = false;         // its own checks pass
  uint8_t check_fill = 0;  // successes towards rise (or failures towards fall), for "UP 1/3"
  std::string last_check;  // "L4OK", "L7OK/200", "L4TOUT" … (HAProxy's check status words)
  int last_check_ms = 0;
  bool agent_down = false;                // its agent said down, fail or stopped
  AdminState agent = AdminState::kReady;  // its agent's ready, drain or maint
  std::string last_agent;  // as last_check, of asking the agent; empty = there is none
  int last_agent_ms = 0;
  std::string agent_says;     // all it has said: "down drain 50% # on fire"
  Availability availability;  // by checks and agent
};

struct Shard {
  ShardId id = kNoShard;
  std::string name;
  std::string region, release;
  double weight = 100;        // 0 = takes no new rooms
  double found_weight = 100;  // before orders and agents change it
  int priority = 0;           // lower is preferred (SRV priority)
  ShardState state = ShardState::kStarting;
  AdminState admin = AdminState::kReady;  // as ordered by an operator
  bool admin_given = false;               // by an order, else by shards.initial_state
  TimePoint admin_since;                  // zero = as long as the shard is known
  AdminState agent = AdminState::kReady;  // as its agents say (shard_health.h)
  TimePoint since;                        // when `state` was entered
  bool down_here = false;                 // by our own checks, whatever the other replicas find
  std::vector<Endpoint> endpoints;        // sorted by name

  // Neither an operator nor the shard's own agents want to empty it.
  bool IsReady() const { return admin == AdminState::kReady && agent == AdminState::kReady; }
  bool TakesNewRooms() const { return state == ShardState::kUp && IsReady() && weight > 0; }
  // Whether rooms that live here stay here.
  bool KeepsRooms() const { return state != ShardState::kDown && admin != AdminState::kMaint; }
  size_t UsableEndpoints() const;  // of a shard that keeps its rooms
};

struct ShardSet {
  uint64_t generation = 0;
  bool answered = false;      // discovery has had at least one answer (or needs none)
  std::vector<Shard> shards;  // sorted by name

  const Shard* FindByName(std::string_view name) const;  // binary search
  const Shard* FindById(ShardId id) const;               // O(1)

  // Fills the id index; called once by the builder, before sharing.
  void Index();

 private:
  std::vector<uint32_t> position_by_id_;
};

// Whether they differ in nothing but the generation and how long checks took. Ids stand for names.
bool LooksSame(const ShardSet& a, const ShardSet& b);

using ShardSetPtr = std::shared_ptr<const ShardSet>;

}  // namespace room_router
