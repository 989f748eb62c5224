// SPDX-License-Identifier: Apache-2.0
#include "sticky/stripe_set.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>

namespace room_router {
namespace {

StickTableOptions Checked(StickTableOptions options) {
  assert(std::has_single_bit(options.stripes) && options.stripes <= kCellBuckets);
  constexpr size_t kMostBytes = std::numeric_limits<uint16_t>::max();
  options.display_bytes = std::min(options.display_bytes, kMostBytes);
  return options;
}

}  // namespace

StripeSet::StripeSet(const StickTableOptions& options) : options_(Checked(options)) {
  for (unsigned i = 0; i < options.stripes; ++i) {
    stripes_.push_back(std::make_unique<TableStripe>(options_, totals_));
  }
}

TableStripe& StripeSet::OfBucket(size_t bucket) const {
  return *stripes_[bucket * stripes_.size() / kCellBuckets];
}

bool StripeSet::EvictFirst(TimePoint now, const RoomKey* spared) {
  std::unique_lock<std::mutex> lock;
  TableStripe* stripe = LockFirstToGo(spared == nullptr ? nullptr : &Of(*spared), lock);
  return stripe != nullptr && stripe->EvictFirst(now, spared);
}

bool StripeSet::Outlasts(const CellRecord& record, TimePoint now) const {
  std::unique_lock<std::mutex> lock;
  TableStripe* stripe = LockFirstToGo(nullptr, lock);
  if (stripe == nullptr) return false;
  const bool tombstone = record.cell.binding.tombstone;
  EntryLedger& ledger = stripe->ledger();
  const Duration lease = std::min(record.lease, ledger.LongestLease(tombstone));
  return ledger.GoesAt(tombstone, now + lease) > ledger.first_to_go();
}

// The stripe where the first one to go is; among equals not `last`. What stripes say without their
// lock may be too early, so it looks until one has confirmed it.
TableStripe* StripeSet::LockFirstToGo(const TableStripe* last,
                                      std::unique_lock<std::mutex>& lock) const {
  for (;;) {
    TableStripe* first = nullptr;
    int64_t goes = EntryLedger::kNothingToGo;
    for (const auto& stripe : stripes_) {
      const int64_t its = stripe->ledger().first_to_go();
      if (its > goes || (its == goes && first != last)) continue;
      first = stripe.get();
      goes = its;
    }
    if (goes == EntryLedger::kNothingToGo) return nullptr;
    lock = std::unique_lock(first->mutex);
    if (first->ledger().FindFirstToGo() == goes) return first;
    lock.unlock();
  }
}

}  // namespace room_router
