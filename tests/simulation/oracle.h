// SPDX-License-Identifier: Apache-2.0
// What was written to a cluster, and who has to win. It has the conflict rule from the design, in
// its own words, and shares no code with cell.h and the stick table.
//
// A write of a replica that died may be lost with it; all others count. Where leases are short,
// rooms are forgotten meanwhile and may be bound anew: then nobody can say which write wins, but
// every binding still has to be one that was written.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sticky/admin_cells.h"
#include "tests/simulation/replica.h"

namespace room_router::simulation {

class Oracle {
 public:
  enum class Deed : uint8_t { kJoin, kMove, kForget };
  using Live = std::vector<Replica*>;

  explicit Oracle(bool rooms_lapse) : rooms_lapse_(rooms_lapse) {}

  // "" or what is wrong with what the replica's table has now. `before`: what it had.
  std::string Note(const Replica& writer, uint32_t room, Deed deed, const std::string& shard,
                   const std::optional<CellRecord>& before);
  void NoteAdmin(Replica& writer, const std::string& name);

  // "" or what is wrong.
  std::string Lost(const Live& live) const;     // at any time
  std::string Unequal(const Live& live) const;  // when all is quiet
  static std::string Unequal(const std::set<uint32_t>& rooms, const Live& live);
  uint64_t writes() const { return writes_; }

 private:
  struct Write {
    uint32_t epoch = 0;
    uint64_t time = 0, author = 0;
    std::string shard;  // empty: forgotten

    friend auto operator<=>(const Write&, const Write&) = default;
  };
  static bool Beats(const Write& a, const Write& b);
  static std::optional<Write> At(const Replica& replica, uint32_t room);
  std::string CheckDeed(Deed deed, const std::string& shard,
                        const std::optional<CellRecord>& before, const Write& after,
                        const std::string& shard_before) const;
  std::string CheckRoom(uint32_t room, const Live& live) const;

  const bool rooms_lapse_;
  uint64_t writes_ = 0;
  std::map<uint32_t, std::map<Write, std::set<const Replica*>>> rooms_;  // and who had it
  std::map<std::string, std::pair<const Replica*, AdminCell>> admin_;    // latest written
};

}  // namespace room_router::simulation
