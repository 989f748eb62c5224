// SPDX-License-Identifier: Apache-2.0
// The stripes of a stick table and what concerns them all: whose a key is, and which entry of the
// whole table is the first to go when it is full.
//
// Each bucket of anti-entropy lies in one stripe. Thread-safe; locks one stripe at a time, so the
// caller must hold none.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "config/clock.h"
#include "sticky/cell.h"
#include "sticky/stick_table_options.h"
#include "sticky/table_stripe.h"

namespace room_router {

class StripeSet {
 public:
  explicit StripeSet(const StickTableOptions& options);

  size_t size() const { return stripes_.size(); }
  TableStripe& operator[](size_t index) const { return *stripes_[index]; }
  auto begin() const { return stripes_.begin(); }
  auto end() const { return stripes_.end(); }
  TableStripe& OfBucket(size_t bucket) const;
  TableStripe& Of(RoomKey key) const { return OfBucket(BucketOf(key)); }

  const StickTableOptions& options() const { return options_; }
  const TableTotals& totals() const { return totals_; }
  size_t entries() const { return totals_.entries.load(std::memory_order_relaxed); }

  // Removes the first one to go; among equals not from the stripe of `spared`, the key that was
  // just inserted. False when there is none or it is `spared`.
  bool EvictFirst(TimePoint now, const RoomKey* spared);
  // Whether others would go before an entry made of this record.
  bool Outlasts(const CellRecord& record, TimePoint now) const;

 private:
  TableStripe* LockFirstToGo(const TableStripe* last, std::unique_lock<std::mutex>& lock) const;

  const StickTableOptions options_;
  TableTotals totals_;
  std::vector<std::unique_ptr<TableStripe>> stripes_;
};

}  // namespace room_router
