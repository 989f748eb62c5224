// SPDX-License-Identifier: Apache-2.0
#include "sticky/admin_cells.h"

#include <xxhash.h>

#include <utility>

namespace room_router {
namespace {

constexpr unsigned kCounterBits = 16;  // of a HybridTime; above them milliseconds

bool Fits(std::string_view name, std::string_view value) {
  return !name.empty() && name.size() <= AdminCells::kMaxNameBytes &&
         value.size() <= AdminCells::kMaxValueBytes;
}

}  // namespace

uint64_t DigestOf(const AdminCell& cell) {
  const uint64_t name = XXH3_64bits(cell.name.data(), cell.name.size());
  const uint64_t stamp = XXH3_64bits_withSeed(&cell.stamp, sizeof cell.stamp, name);
  return XXH3_64bits_withSeed(cell.value.data(), cell.value.size(), stamp);
}

bool AdminCells::Set(std::string_view name, std::string_view value, TimePoint now) {
  const auto known = cells_.find(name);
  const std::string_view before = known == cells_.end() ? std::string_view() : known->second.value;
  return value == before || Affirm(name, value, now);
}

bool AdminCells::Affirm(std::string_view name, std::string_view value, TimePoint now) {
  const auto known = cells_.find(name);
  if (!Fits(name, value) || (known == cells_.end() && cells_.size() >= kMaxCells)) return false;
  AdminCell cell{.name = std::string(name), .value = std::string(value), .stamp = clock_.Next(now)};
  changes_.insert(cell.name);
  Put(known != cells_.end() ? known : cells_.try_emplace(cell.name).first, cell);
  return true;
}

AdminCells::Outcome AdminCells::Merge(const AdminCell& cell, TimePoint now) {
  if (!Fits(cell.name, cell.value) || !clock_.Observe(cell.stamp.time, now)) {
    return Outcome::kRefused;
  }
  auto known = cells_.find(cell.name);
  if (known == cells_.end()) {
    if (LongRemoved(cell, now)) return Outcome::kUnchanged;
    if (cells_.size() >= kMaxCells) return Outcome::kRefused;
    known = cells_.try_emplace(cell.name).first;
  } else if (known->second == cell) {
    return Outcome::kUnchanged;
  } else if (std::pair(cell.stamp, cell.value) <
             std::pair(known->second.stamp, known->second.value)) {
    return Outcome::kStale;
  }
  Put(known, cell);
  return Outcome::kAdopted;
}

// An iterator to a new register points to an empty cell, which has no part in the digest.
void AdminCells::Put(Cells::iterator at, const AdminCell& cell) {
  if (!at->second.name.empty()) digest_ ^= DigestOf(at->second);
  digest_ ^= DigestOf(cell);
  at->second = cell;
  ++generation_;
}

void AdminCells::Forget(Cells::iterator at) {
  digest_ ^= DigestOf(at->second);
  changes_.erase(at->first);
  cells_.erase(at);
  ++generation_;
}

bool AdminCells::LongRemoved(const AdminCell& cell, TimePoint now) {
  constexpr auto kKept = static_cast<HybridTime>(kRemovedKept.count()) << kCounterBits;
  return cell.value.empty() && cell.stamp.time + kKept < clock_.Next(now).time;
}

const AdminCell* AdminCells::Cell(std::string_view name) const {
  const auto known = cells_.find(name);
  return known == cells_.end() ? nullptr : &known->second;
}

std::optional<std::string_view> AdminCells::Find(std::string_view name) const {
  const AdminCell* cell = Cell(name);
  if (cell == nullptr || cell->value.empty()) return {};
  return cell->value;
}

void AdminCells::ForEach(std::string_view prefix,
                         const std::function<void(const AdminCell&)>& visit) const {
  for (auto at = cells_.lower_bound(prefix); at != cells_.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    if (!at->second.value.empty()) visit(at->second);
  }
}

void AdminCells::ForEachCell(const std::function<void(const AdminCell&)>& visit) const {
  for (const auto& [name, cell] : cells_) visit(cell);
}

void AdminCells::Drop(std::string_view prefix) {
  for (auto at = cells_.lower_bound(prefix); at != cells_.end();) {
    const auto dropped = at++;
    if (!dropped->first.starts_with(prefix)) break;
    Forget(dropped);
  }
}

void AdminCells::Sweep(TimePoint now) {
  for (auto at = cells_.begin(); at != cells_.end();) {
    const auto swept = at++;
    if (LongRemoved(swept->second, now)) Forget(swept);
  }
}

std::vector<AdminCell> AdminCells::TakeChanges() {
  std::vector<AdminCell> changed;
  changed.reserve(changes_.size());
  for (const std::string& name : changes_) changed.push_back(cells_.find(name)->second);
  changes_.clear();
  return changed;
}

}  // namespace room_router
