// SPDX-License-Identifier: Apache-2.0
// One stripe of the stick table: its lock, its entries and the rules by which they live and die.
//
// Hold `mutex` for every call but `ledger().first_to_go`. An expired entry is treated as if it had
// been removed, but its epoch goes on when it is bound anew, so that no copy elsewhere wins over
// what happens here later. What changed here is queued until taken, and `news` until asked for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>

#include "config/clock.h"
#include "sticky/cell.h"
#include "sticky/entry_ledger.h"
#include "sticky/entry_store.h"
#include "sticky/stick_table_options.h"
#include "sticky/table_answers.h"

namespace room_router {

class alignas(64) TableStripe {
 public:
  TableStripe(const StickTableOptions& options, TableTotals& totals);

  static bool Expired(const Entry& entry, TimePoint now) {
    return (entry.sessions == 0 || entry.tombstone) && entry.expires <= now;
  }

  Entry* Find(KeyNamespace ns, RoomKey key) { return store_.Find(ns, key); }
  // As it is, or new and unbound; an expired one is unbound too.
  Entry& FindOrInsert(KeyNamespace ns, RoomKey key, TimePoint now);
  Entry& Insert(KeyNamespace ns, RoomKey key, TimePoint now);  // it is not there
  void Lapse(Entry& entry, TimePoint now);                     // it has expired

  void Bind(Entry& entry, ShardId shard, std::string_view display, TimePoint now);
  // Before Bind, when somebody orders it.
  void CountSet(const Entry& entry, ShardId shard) {
    if (entry.bound() && entry.shard != shard) ++stats_.moves_set;
  }
  void Renew(Entry& entry, TimePoint now);
  void Acquire(Entry& entry, TimePoint now);
  void Release(Entry& entry, TimePoint now);
  // Forgets the binding, as of the latest time seen. The sessions stay counted.
  void Erase(Entry& entry);
  void EraseAll();
  void RemoveExpired(TimePoint now, size_t limit);
  // The first one to go, unless it is `spared`; false when there is none.
  bool EvictFirst(TimePoint now, const RoomKey* spared);

  // Its lease has not ended.
  MergeResult Merge(const CellRecord& record, TimePoint now);
  // Announces the held entries of which others know too short a lease.
  void AnnounceHeld(Duration at_least, TimePoint now);
  void AnnounceDue(TimePoint now) { AnnounceHeld(worth_announcing_, now); }
  CellRecord RecordOf(const Entry& entry, TimePoint now) const;

  Entry* TakeChanged() { return store_.TakeChanged(); }
  bool TakeNews() { return std::exchange(news_, false); }
  const EntryStore& store() const { return store_; }
  EntryLedger& ledger() { return ledger_; }
  const TableStats& stats() const { return stats_; }  // but what TableTotals counts

  mutable std::mutex mutex;

 private:
  void Forget(Entry& entry);  // neither binding nor tombstone any more; unlisted
  void Drop(Entry& entry);    // and removed unless sessions hold it
  void Remove(Entry& entry);
  void Adopt(Entry& entry, const CellRecord& record, TimePoint until);
  void Announce(Entry& entry, TimePoint now);
  void MarkChanged(Entry& entry);
  void SetDisplay(Entry& entry, std::string_view display);
  Stamp NextStamp(TimePoint now);
  void See(TimePoint now) { latest_ = std::max(latest_, now); }

  const StickTableOptions& options_;
  const Duration worth_announcing_;
  TableTotals& totals_;
  EntryStore store_;
  EntryLedger ledger_;
  TableStats stats_;
  TimePoint latest_;
  bool news_ = false;
};

}  // namespace room_router
