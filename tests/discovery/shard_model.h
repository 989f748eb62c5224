// SPDX-License-Identifier: Apache-2.0
// What discovery/README.md and the headers say of shards, done the slow and obvious way.
//
// A second opinion on the catalog: it keeps everything it was ever told, looks at the world once in
// every second, and answers by going through all of that again. Shares no code with discovery but
// its vocabulary. Times are whole seconds; targets have one address each.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "discovery/endpoint_health.h"
#include "discovery/shard_set.h"

namespace room_router::test {

struct ModelRules {
  int rise, fall;
  int grace, dampening, obsolete;  // seconds
};

struct ModelWords {  // what an agent can say; nothing of a kind = it stays
  std::optional<bool> down;
  std::optional<AdminState> state;
  std::optional<int> percent;
};

struct ModelShard {  // what a snapshot should show
  ShardState state;
  AdminState admin, agent;
  double weight;
  bool takes_new_rooms, keeps_rooms, down_here;
};

class ShardModel {
 public:
  // target → its shard
  ShardModel(ModelRules rules, std::map<std::string, std::string> targets);

  void Answer(std::set<std::string> targets);
  void Check(const std::string& target, Health result, ModelWords words);
  void Order(const std::string& shard, AdminState state);
  void Agree(const std::string& shard, Quorum quorum);
  void PassSecond();

  bool Has(const std::string& target) const;
  std::map<std::string, ModelShard> Shards() const;  // those that are there

 private:
  struct Target {
    std::string shard;
    std::vector<Health> results;
    std::vector<ModelWords> words;  // since it is there
  };
  struct Look {  // at a shard, at some moment when it was there
    int second;
    Health best;
    ShardState state;  // after it
  };
  struct Shard {
    std::vector<Look> looks;
    AdminState admin = AdminState::kReady;
    Quorum quorum = Quorum::kNone;
  };

  std::vector<const Target*> TargetsOf(const std::string& shard) const;
  std::vector<const Target*> Speakers(const std::string& shard) const;
  AdminState AgentOf(const std::string& shard) const;
  Health Best(const std::string& shard) const;
  Health VerdictOf(const Target& target) const;
  Health HealthOf(const Target& target) const;
  int SecondsGood(const Shard& shard) const;
  int SecondsFailing(const Shard& shard) const;
  ShardState Next(const Shard& shard, Health best) const;
  void LookAtAll();

  const ModelRules rules_;
  int now_ = 0;
  std::vector<std::pair<int, std::set<std::string>>> answers_;
  std::map<std::string, Target> targets_;
  std::map<std::string, Shard> shards_;
};

}  // namespace room_router::test
