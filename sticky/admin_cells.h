// SPDX-License-Identifier: Apache-2.0
// What operators and replicas decided, the same on every replica: last-writer-wins registers.
//
// A register is a name ("shard/shard-1/state", "pin/acme", "vote/<replica>/<shard>") and a value;
// an empty value means removed and is kept for a day, so that no replica brings it back. The later
// stamp wins, whoever wrote it. A vote is written by its own replica only; Drop forgets the votes
// of replicas that are gone. Limits: count, bytes of a name and of a value. Control thread only.
// Finding is O(log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "sticky/hybrid_clock.h"

namespace room_router {

struct AdminCell {
  std::string name, value;
  Stamp stamp;

  friend bool operator==(const AdminCell&, const AdminCell&) = default;
};

uint64_t DigestOf(const AdminCell& cell);

class AdminCells {
 public:
  static constexpr size_t kMaxCells = 16'384, kMaxNameBytes = 512, kMaxValueBytes = 1024;
  static constexpr Duration kRemovedKept = std::chrono::hours(24);

  enum class Outcome : uint8_t {
    kUnchanged,
    kAdopted,
    kStale,    // the cell here is later; the sender should hear it
    kRefused,  // over a limit, or its stamp is not credible
  };

  explicit AdminCells(HybridClock& clock) : clock_(clock) {}
  AdminCells(const AdminCells&) = delete;
  AdminCells& operator=(const AdminCells&) = delete;

  // False, and nothing happens, when a limit is in the way. Setting what is set already is no
  // change; affirming it is one: it also stands against what was set elsewhere before and is not
  // known here yet.
  bool Set(std::string_view name, std::string_view value, TimePoint now);
  bool Affirm(std::string_view name, std::string_view value, TimePoint now);
  bool Remove(std::string_view name, TimePoint now) { return Set(name, {}, now); }
  Outcome Merge(const AdminCell& cell, TimePoint now);

  // nullopt when never set or removed.
  std::optional<std::string_view> Find(std::string_view name) const;
  const AdminCell* Cell(std::string_view name) const;  // removed ones too
  TimePoint SetAt(const AdminCell& cell) const { return clock_.When(cell.stamp.time); }
  // By name, those that are not removed; `visit` must not change them.
  void ForEach(std::string_view prefix, const std::function<void(const AdminCell&)>& visit) const;
  void ForEachCell(const std::function<void(const AdminCell&)>& visit) const;  // removed ones too

  // Forgets without a trace; the owner of the names must be gone.
  void Drop(std::string_view prefix);
  // Forgets what was removed long ago; now and then.
  void Sweep(TimePoint now);

  // What was changed here since it was last taken.
  std::vector<AdminCell> TakeChanges();
  bool changed() const { return !changes_.empty(); }
  uint64_t digest() const { return digest_; }          // XOR over all cells, removed ones too
  uint64_t generation() const { return generation_; }  // grows with every change, local or merged
  size_t size() const { return cells_.size(); }

 private:
  using Cells = std::map<std::string, AdminCell, std::less<>>;

  void Put(Cells::iterator at, const AdminCell& cell);
  void Forget(Cells::iterator at);
  bool LongRemoved(const AdminCell& cell, TimePoint now);

  HybridClock& clock_;
  Cells cells_;
  std::set<std::string, std::less<>> changes_;
  uint64_t digest_ = 0, generation_ = 0;
};

}  // namespace room_router
