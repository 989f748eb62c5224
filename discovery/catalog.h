// SPDX-License-Identifier: Apache-2.0
// Everything known about the shards, and the snapshot it adds up to.
//
// Pure: DNS answers, static shards, check results, operators' marks and `now` go in; snapshots and
// events come out. Interns shard names and (shard, address) pairs; a record is never forgotten, so
// ids are not reused and a shard or endpoint that comes back has its health and admin state still;
// only what an agent said is forgotten with its endpoint.
// A shard is what its endpoints add up to (shard_health.h). Static settings win over DNS for a name
// found in both. Weight is the largest, priority the smallest of a shard's targets that are not
// obsolete. Owned by one thread. No errors: input that cannot be used becomes an event.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "discovery/endpoint_record.h"
#include "discovery/event.h"
#include "discovery/membership.h"
#include "discovery/shard_health.h"
#include "discovery/shard_name.h"
#include "discovery/shard_names.h"
#include "discovery/shard_set.h"
#include "discovery/shard_state.h"
#include "discovery/target_hold.h"

namespace room_router {

struct CheckSubject {  // what a check needs to know about its endpoint
  EndpointId endpoint = kNoEndpoint;
  SocketAddress address;
  std::string shard, name_space;
  std::string host;  // whom its certificate has to name (Endpoint::host)
  friend bool operator==(const CheckSubject&, const CheckSubject&) = default;
};

class Catalog {
 public:
  Catalog(const config::Shards& settings, TimePoint now);

  void Configure(const config::Shards& settings, TimePoint now);
  void Receive(const std::string& service, const ServiceAnswer& answer, TimePoint now);
  // Returns whether a snapshot would show more than another time the check took.
  bool Record(const ProbeResult& result, TimePoint now);
  bool Force(const ForcedResult& result, TimePoint now);  // likewise
  // How connections of the data plane fare. True when the endpoint is put out for it (ejection.h).
  bool NoteConnectFailure(EndpointId endpoint, TimePoint now);
  void NoteConnected(EndpointId endpoint, TimePoint now);
  // False: no change, or there has never been such a shard.
  bool Obey(std::string_view shard, const ShardOrder& order);
  bool SetQuorum(ShardId shard, Quorum quorum, TimePoint now);  // false: no change
  // Another replica has rooms on a shard that nothing here has answered yet: it is listed, without
  // endpoints, until an answer has it, for discovery.obsolete at most.
  void Expect(ShardId shard, TimePoint now);
  void Tick(TimePoint now);
  std::optional<TimePoint> NextDeadline() const;
  ShardNames& names() { return names_; }
  // The last snapshot as long as nothing visible has changed (times of checks alone don't count).
  ShardSetPtr Snapshot(TimePoint now);
  std::vector<CheckSubject> Subjects() const;   // present endpoints, by id
  bool IsUndecided(EndpointId endpoint) const;  // its checks have not reached a verdict yet
  bool HasUsableEndpoint(EndpointId same_shard_as, TimePoint now) const;
  Events TakeEvents();

 private:
  struct ShardRecord {
    std::string region{}, release{};
    double weight = 0;
    int priority = 0;
    bool present = false;
    std::optional<TimePoint> expected_until{};
    ShardHealth health{};
    ShardStateMachine machine;  // what our own checks find; `state` is what is acted on
    Quorum quorum = Quorum::kNone;
    ShardState state = ShardState::kStarting;
    TimePoint since;
    ShardOrder order{};
    std::vector<EndpointId> endpoints{};  // ever seen
    bool listed() const { return present || expected_until.has_value(); }
    ShardState FoundHere() const;
  };

  void Refresh(TimePoint now);  // membership changed
  void Apply(const Member& member, TimePoint now);
  std::optional<ShardId> InternShard(std::string_view name, TimePoint now);
  ShardRecord* FindShard(std::string_view name);
  EndpointId InternEndpoint(ShardId shard, const SocketAddress& address);
  void UpdateState(ShardId id, TimePoint now);
  void Agree(ShardId id, TimePoint now);
  std::string Reason(const ShardRecord& shard) const;
  void Heed(const EndpointRecord::News& news, const EndpointRecord& endpoint, Health before,
            TimePoint now);
  void NoteHealth(const EndpointRecord& endpoint, Health before);
  void Note(Event::Kind kind, const EndpointRecord& endpoint, std::string detail);
  void NotePresence(ShardId id);
  void NotePresence(const EndpointRecord& endpoint);
  void Advise(const std::map<std::string, std::string>& advice);
  bool Answered() const;
  Shard MakeShard(ShardId id, TimePoint now) const;
  ShardStateMachine::Rules StateRules() const;

  config::Shards settings_;
  TargetNaming naming_;
  std::map<std::string, TargetHold> services_;
  ShardNames names_;
  std::vector<ShardRecord> shards_;        // by id
  std::vector<EndpointRecord> endpoints_;  // by id
  std::set<std::string> advised_;          // targets whose naming advice has been given
  Events events_;
  ShardSetPtr snapshot_;
};

}  // namespace room_router
