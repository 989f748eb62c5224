// SPDX-License-Identifier: Apache-2.0
#include "discovery/catalog.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "discovery/lookup_event.h"

namespace room_router {
namespace {

using Kind = Event::Kind;
using Level = config::LogLevel;

}  // namespace

Catalog::Catalog(const config::Shards& settings, TimePoint now)
    : settings_(settings), naming_(settings) {
  Configure(settings, now);
}

void Catalog::Configure(const config::Shards& settings, TimePoint now) {
  settings_ = settings;
  naming_ = TargetNaming(settings);
  const auto& names = settings.discovery.srv;
  std::erase_if(services_, [&](const auto& service) {
    return std::find(names.begin(), names.end(), service.first) == names.end();
  });
  for (const std::string& name : names) services_.try_emplace(name);
  if (!settings.health.HasAgent()) {
    for (EndpointRecord& endpoint : endpoints_) endpoint.agent = {};
  }
  Refresh(now);
  Tick(now);
}

void Catalog::Receive(const std::string& service, const ServiceAnswer& answer, TimePoint now) {
  const auto found = services_.find(service);
  if (found == services_.end()) return;  // no longer configured
  auto event = LookupEvent(service, found->second.last_outcome(), answer, "shards.discovery.srv");
  if (event) events_.push_back(std::move(*event));
  const std::string lacks = "the answer for " + service + " no longer has ";
  for (const std::string& target : found->second.Receive(answer, now)) {
    events_.push_back(
        {.kind = Kind::kTargetObsolete, .level = Level::kWarning, .detail = lacks + target});
  }
  if (answer.outcome != LookupOutcome::kFailed) Refresh(now);
  Tick(now);
}

bool Catalog::Record(const ProbeResult& result, TimePoint now) {
  if (result.endpoint >= endpoints_.size() || !endpoints_[result.endpoint].present) return false;
  EndpointRecord& endpoint = endpoints_[result.endpoint];
  const Health before = endpoint.health.verdict();
  const EndpointHealth::Rules rules{.rise = settings_.health.rise, .fall = settings_.health.fall};
  const EndpointRecord::News news = endpoint.Take(result, rules, now);
  Heed(news, endpoint, before, now);
  return news.visible;
}

bool Catalog::Force(const ForcedResult& result, TimePoint now) {
  if (result.endpoint >= endpoints_.size() || !endpoints_[result.endpoint].present) return false;
  EndpointRecord& endpoint = endpoints_[result.endpoint];
  const Health before = endpoint.health.verdict();
  const EndpointRecord::News news = endpoint.Force(result, now);
  Heed(news, endpoint, before, now);
  return news.visible;
}

void Catalog::Heed(const EndpointRecord::News& news, const EndpointRecord& endpoint, Health before,
                   TimePoint now) {
  if (news.verdict) NoteHealth(endpoint, before);
  if (news.agent) Note(Kind::kEndpointAgent, endpoint, endpoint.agent.ToString());
  if (news.verdict || news.agent) UpdateState(endpoint.shard, now);
}

void Catalog::NoteHealth(const EndpointRecord& endpoint, Health before) {
  const std::string from(ToString(before)), to(ToString(endpoint.health.verdict()));
  const std::string& why = endpoint.last.why;
  Note(Kind::kEndpointHealth, endpoint,
       from + " -> " + to + ", " + endpoint.last.status + (why.empty() ? "" : ": " + why));
  Event& event = events_.back();
  event.from = from;
  event.to = to;
  event.reason = endpoint.last.status;
}

void Catalog::Note(Event::Kind kind, const EndpointRecord& endpoint, std::string detail) {
  const bool fine = endpoint.health.usable() && !endpoint.agent.down();
  const bool warns = !fine || kind == Kind::kEndpointEjected;
  events_.push_back({.kind = kind,
                     .level = warns ? Level::kWarning : Level::kInfo,
                     .shard = std::string(names_.Name(endpoint.shard)),
                     .endpoint = endpoint.name,
                     .detail = std::move(detail)});
}

bool Catalog::NoteConnectFailure(EndpointId id, TimePoint now) {
  if (id >= endpoints_.size()) return false;
  EndpointRecord& endpoint = endpoints_[id];
  const Ejection::Rules rules{.after = settings_.health.fall,
                              .shortest = settings_.health.interval};
  if (!endpoint.ejection.Fail(rules, now)) return false;
  const auto length = std::chrono::duration_cast<Duration>(*endpoint.ejection.NextDeadline() - now);
  Note(Kind::kEndpointEjected, endpoint,
       "connections to it fail; left out for " + std::to_string(length.count()) + " ms");
  return true;
}

void Catalog::NoteConnected(EndpointId endpoint, TimePoint now) {
  if (endpoint < endpoints_.size()) endpoints_[endpoint].ejection.Connect(now);
}

bool Catalog::Obey(std::string_view shard, const ShardOrder& order) {
  ShardRecord* record = FindShard(shard);
  if (record == nullptr || record->order == order) return false;
  record->order = order;
  return true;
}

Catalog::ShardRecord* Catalog::FindShard(std::string_view name) {
  const auto id = names_.Find(name);
  return id && *id < shards_.size() ? &shards_[*id] : nullptr;
}

bool Catalog::SetQuorum(ShardId shard, Quorum quorum, TimePoint now) {
  if (shard >= shards_.size() || shards_[shard].quorum == quorum) return false;
  shards_[shard].quorum = quorum;
  Agree(shard, now);
  return true;
}

void Catalog::Expect(ShardId shard, TimePoint now) {
  const auto id = InternShard(names_.Name(shard), now);
  if (id && !shards_[*id].present) {
    shards_[*id].expected_until = now + settings_.discovery.obsolete;
  }
}

void Catalog::Tick(TimePoint now) {
  bool forgot = false;
  for (auto& [name, hold] : services_) {
    forgot = hold.Tick(settings_.discovery.obsolete, now) || forgot;
  }
  if (forgot) Refresh(now);
  for (EndpointRecord& endpoint : endpoints_) endpoint.ejection.Tick(now);
  for (ShardId id = 0; id < shards_.size(); ++id) {
    auto& expected_until = shards_[id].expected_until;
    if (expected_until && now >= *expected_until) expected_until.reset();
    if (!shards_[id].present) continue;
    if (shards_[id].machine.Tick(StateRules(), now)) Agree(id, now);
  }
}

std::optional<TimePoint> Catalog::NextDeadline() const {
  std::optional<TimePoint> next;
  const auto consider = [&](std::optional<TimePoint> deadline) {
    if (deadline) next = std::min(next.value_or(TimePoint::max()), *deadline);
  };
  for (const auto& [name, hold] : services_) {
    consider(hold.NextDeadline(settings_.discovery.obsolete));
  }
  for (const EndpointRecord& endpoint : endpoints_) consider(endpoint.ejection.NextDeadline());
  for (const ShardRecord& shard : shards_) {
    consider(shard.expected_until);
    if (shard.present) consider(shard.machine.NextDeadline(StateRules()));
  }
  return next;
}

ShardSetPtr Catalog::Snapshot(TimePoint now) {
  auto fresh = std::make_shared<ShardSet>();
  fresh->answered = Answered();
  for (ShardId id = 0; id < shards_.size(); ++id) {
    if (shards_[id].listed()) fresh->shards.push_back(MakeShard(id, now));
  }
  std::sort(fresh->shards.begin(), fresh->shards.end(),
            [](const Shard& a, const Shard& b) { return a.name < b.name; });
  if (snapshot_ && LooksSame(*snapshot_, *fresh)) return snapshot_;
  fresh->generation = snapshot_ ? snapshot_->generation + 1 : 1;
  fresh->Index();
  snapshot_ = std::move(fresh);
  return snapshot_;
}

std::vector<CheckSubject> Catalog::Subjects() const {
  std::vector<CheckSubject> subjects;
  for (EndpointId id = 0; id < endpoints_.size(); ++id) {
    const EndpointRecord& endpoint = endpoints_[id];
    if (!endpoint.present) continue;
    subjects.push_back({.endpoint = id,
                        .address = endpoint.address,
                        .shard = std::string(names_.Name(endpoint.shard)),
                        .name_space = endpoint.name_space,
                        .host = endpoint.host});
  }
  return subjects;
}

bool Catalog::IsUndecided(EndpointId endpoint) const {
  return endpoint < endpoints_.size() && endpoints_[endpoint].health.verdict() == Health::kUnknown;
}

bool Catalog::HasUsableEndpoint(EndpointId same_shard_as, TimePoint now) const {
  if (same_shard_as >= endpoints_.size()) return false;
  const ShardRecord& shard = shards_[endpoints_[same_shard_as].shard];
  return std::any_of(shard.endpoints.begin(), shard.endpoints.end(), [&](EndpointId id) {
    const EndpointRecord& endpoint = endpoints_[id];
    return endpoint.present && endpoint.IsUp(now);
  });
}

Events Catalog::TakeEvents() { return std::exchange(events_, {}); }

void Catalog::Refresh(TimePoint now) {
  std::vector<bool> endpoint_was, shard_was;
  for (EndpointRecord& e : endpoints_) endpoint_was.push_back(std::exchange(e.present, false));
  for (ShardRecord& s : shards_) shard_was.push_back(std::exchange(s.present, false));
  const Membership membership = JoinMembers(settings_.static_shards, services_, naming_);
  for (const Member& member : membership.members) Apply(member, now);
  Advise(membership.advice);
  shard_was.resize(shards_.size());
  endpoint_was.resize(endpoints_.size());
  for (ShardId id = 0; id < shards_.size(); ++id) {
    if (shard_was[id] != shards_[id].present) NotePresence(id);
  }
  for (EndpointId id = 0; id < endpoints_.size(); ++id) {
    if (!endpoints_[id].present) endpoints_[id].agent = {};
    if (endpoint_was[id] != endpoints_[id].present) NotePresence(endpoints_[id]);
  }
  for (ShardId id = 0; id < shards_.size(); ++id) {
    if (shards_[id].present) UpdateState(id, now);
  }
}

void Catalog::Advise(const std::map<std::string, std::string>& advice) {
  std::erase_if(advised_, [&](const std::string& target) { return !advice.contains(target); });
  for (const auto& [target, text] : advice) {
    if (!advised_.insert(target).second) continue;
    events_.push_back({.kind = Kind::kNaming, .level = Level::kWarning, .detail = text});
  }
}

void Catalog::NotePresence(ShardId id) {
  const bool present = shards_[id].present;
  events_.push_back({.kind = present ? Kind::kShardAdded : Kind::kShardRemoved,
                     .level = present ? Level::kInfo : Level::kWarning,
                     .shard = std::string(names_.Name(id))});
}

void Catalog::NotePresence(const EndpointRecord& endpoint) {
  events_.push_back({.kind = endpoint.present ? Kind::kEndpointAdded : Kind::kEndpointRemoved,
                     .shard = std::string(names_.Name(endpoint.shard)),
                     .endpoint = endpoint.name,
                     .detail = endpoint.address.ToString()});
}

void Catalog::Apply(const Member& member, TimePoint now) {
  const auto id = InternShard(member.shard, now);
  if (!id) return;
  ShardRecord& shard = shards_[*id];
  shard.present = true;
  shard.expected_until.reset();
  shard.weight = member.weight;
  shard.priority = member.priority;
  shard.region = member.region;
  shard.release = member.release;
  for (const Member::Place& place : member.places) {
    EndpointRecord& endpoint = endpoints_[InternEndpoint(*id, place.address)];
    endpoint.present = true;
    endpoint.name = place.name;
    endpoint.name_space = place.name_space;
    endpoint.host = place.host;
  }
}

// nullopt: more shards than any deployment has (ShardNames), or a name nobody could send.
std::optional<ShardId> Catalog::InternShard(std::string_view name, TimePoint now) {
  const auto id = names_.Intern(name);
  while (id && shards_.size() <= *id) {
    const auto initial = settings_.initial_drain ? AdminState::kDrain : AdminState::kReady;
    shards_.push_back(
        {.machine = ShardStateMachine(now), .since = now, .order = {.state = initial}});
  }
  return id;
}

EndpointId Catalog::InternEndpoint(ShardId shard, const SocketAddress& address) {
  for (const EndpointId id : shards_[shard].endpoints) {
    if (endpoints_[id].address == address) return id;
  }
  const auto id = static_cast<EndpointId>(endpoints_.size());
  endpoints_.push_back({.shard = shard, .address = address});
  shards_[shard].endpoints.push_back(id);
  return id;
}

void Catalog::UpdateState(ShardId id, TimePoint now) {
  ShardRecord& shard = shards_[id];
  std::vector<EndpointSays> endpoints;
  for (const EndpointId endpoint : shard.endpoints) {
    const EndpointRecord& record = endpoints_[endpoint];
    if (record.present) endpoints.push_back({record.health.verdict(), record.agent});
  }
  shard.health = AddUp(endpoints);
  shard.machine.Receive(shard.health.best, StateRules(), now);
  Agree(id, now);
}

ShardState Catalog::ShardRecord::FoundHere() const {
  return health.agent == AdminState::kMaint ? ShardState::kDown : machine.state();
}

void Catalog::Agree(ShardId id, TimePoint now) {
  ShardRecord& shard = shards_[id];
  const ShardState state = Agreed(shard.FoundHere(), shard.quorum);
  if (state == shard.state) return;
  const std::string from(ToString(std::exchange(shard.state, state))), to(ToString(state));
  shard.since = now;
  events_.push_back({.kind = Kind::kShardState,
                     .level = state == ShardState::kUp ? Level::kInfo : Level::kWarning,
                     .shard = std::string(names_.Name(id)),
                     .detail = from + " -> " + to,
                     .from = from,
                     .to = to,
                     .reason = Reason(shard)});
}

// Why a shard is in its state: the other replicas, its agent, or what the checks said last.
std::string Catalog::Reason(const ShardRecord& shard) const {
  if (shard.state != shard.FoundHere()) return "most replicas find it so";
  if (shard.health.agent == AdminState::kMaint) return "its agent says so";
  for (const EndpointId id : shard.endpoints) {
    const EndpointRecord& endpoint = endpoints_[id];
    const bool tells = endpoint.health.usable() == (shard.state == ShardState::kUp);
    if (endpoint.present && tells && !endpoint.last.status.empty()) return endpoint.last.status;
  }
  return "";
}

bool Catalog::Answered() const {
  if (services_.empty()) return true;
  const auto answered = [](const auto& service) { return service.second.answered(); };
  const auto asked = [](const auto& service) { return service.second.last_outcome().has_value(); };
  return std::all_of(services_.begin(), services_.end(), asked) &&
         (!settings_.static_shards.empty() ||
          std::any_of(services_.begin(), services_.end(), answered));
}

Shard Catalog::MakeShard(ShardId id, TimePoint now) const {
  const ShardRecord& record = shards_[id];
  Shard shard;
  shard.id = id;
  shard.name = names_.Name(id);
  shard.region = record.region;
  shard.release = record.release;
  const auto& ordered = record.order.weight;
  shard.found_weight = record.weight;
  shard.weight = (ordered ? ordered->Of(record.weight) : record.weight) * record.health.weight;
  shard.priority = record.priority;
  shard.state = record.state;
  shard.admin = record.order.state;
  shard.admin_given = record.order.given;
  shard.admin_since = record.order.since;
  shard.agent = record.health.agent;
  shard.since = record.since;
  shard.down_here = record.FoundHere() == ShardState::kDown;
  for (const EndpointId endpoint : record.endpoints) {
    const EndpointRecord& place = endpoints_[endpoint];
    if (place.present) shard.endpoints.push_back(place.Show(endpoint, now));
  }
  std::sort(shard.endpoints.begin(), shard.endpoints.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.name, a.id) < std::tuple(b.name, b.id);
  });
  return shard;
}

ShardStateMachine::Rules Catalog::StateRules() const {
  return {.soft_down_grace = settings_.health.soft_down_grace,
          .dampening = settings_.health.dampening};
}

}  // namespace room_router
