// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_state.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace room_router::gossip {
namespace {

constexpr std::string_view kVotes = "vote/";

}  // namespace

SharedState::Applied SharedState::Apply(const Update& update, TimePoint now) {
  Applied applied;
  // Members first: a vote that comes with its replica is welcome.
  for (const Claim& claim : update.members) ApplyMember(claim, now, applied);
  for (const AdminCell& cell : update.admin) ApplyAdmin(cell, now, applied);
  for (const CellRecord& record : update.records) {
    const uint64_t adopted = context_.stats.adopted;
    ApplyRecord(record, now, applied);
    if (context_.stats.adopted > adopted && !update.sync) CountPropagation(record.cell, now);
  }
  context_.stats.records_in += update.records.size();
  if (update.sync) context_.stats.sync_records_in += update.records.size();
  return applied;
}

void SharedState::ApplyRecord(const CellRecord& record, TimePoint now, Applied& applied) {
  GossipStats& stats = context_.stats;
  const Cell& cell = record.cell;
  if (!clock_.Observe(cell.binding.stamp.time, now) || !clock_.Observe(cell.renewed, now)) {
    ++stats.refused_clock;
    return;
  }
  const StickTable::MergeResult result = table_.Merge(record, now);
  Note(record, result);
  switch (result.outcome) {
    case StickTable::MergeOutcome::kUnchanged:
      return;
    case StickTable::MergeOutcome::kRefused:
      ++stats.refused_full;
      ++applied.refused;
      return;
    case StickTable::MergeOutcome::kStale:
      ++stats.stale;
      if (auto ours = table_.Record(record.key_namespace, record.key, now)) {
        applied.corrections.records.push_back(*std::move(ours));
      }
      return;
    case StickTable::MergeOutcome::kAdopted:
      ++stats.adopted;
      break;
    case StickTable::MergeOutcome::kRenewed:
      ++stats.renewed;
      break;
  }
  if (record.lease >= kLeastLease) applied.news.records.push_back(record);
}

// Of bindings that are told for the first time; renewals come later. Other clocks may be ahead.
void SharedState::CountPropagation(const Cell& cell, TimePoint now) {
  if (cell.renewed != cell.binding.stamp.time) return;
  const auto age = std::chrono::floor<Duration>(now - clock_.When(cell.binding.stamp.time));
  context_.stats.propagation.Observe(static_cast<uint64_t>(std::max(age, Duration{0}).count()));
}

void SharedState::Note(const CellRecord& record, const StickTable::MergeResult& result) {
  if (result.split) ++context_.stats.splits;
  if (result.lost == kNoShard) return;
  if (conflicts_.size() >= context_.settings.events_limit) {
    ++context_.stats.dropped_events;
    return;
  }
  conflicts_.push_back({.record = record, .result = result});
}

void SharedState::ApplyAdmin(const AdminCell& cell, TimePoint now, Applied& applied) {
  if (!KnownVoter(cell.name)) {
    ++context_.stats.refused_admin;
    return;
  }
  switch (admin_.Merge(cell, now)) {
    case AdminCells::Outcome::kUnchanged:
      break;
    case AdminCells::Outcome::kAdopted:
      applied.news.admin.push_back(cell);
      break;
    case AdminCells::Outcome::kStale:
      applied.corrections.admin.push_back(*admin_.Cell(cell.name));
      break;
    case AdminCells::Outcome::kRefused:
      ++context_.stats.refused_admin;
      break;
  }
}

bool SharedState::KnownVoter(std::string_view cell_name) const {
  if (!cell_name.starts_with(kVotes)) return true;
  const std::string_view rest = cell_name.substr(kVotes.size());
  const std::string_view voter = rest.substr(0, rest.find('/'));
  return voter == roster_.self().name || roster_.Find(voter) != nullptr;
}

void SharedState::ApplyMember(const Claim& claim, TimePoint now, Applied& applied) {
  switch (roster_.Merge(claim, now)) {
    case Roster::Outcome::kUnchanged:
    case Roster::Outcome::kRefused:
      break;
    case Roster::Outcome::kNews:
      applied.news.members.push_back(claim);
      break;
    case Roster::Outcome::kStale: {
      const Roster::Member* member = roster_.Find(claim.name);
      applied.corrections.members.push_back(member != nullptr ? member->claim : roster_.self());
      break;
    }
  }
}

SharedState::Changes SharedState::TakeChanges(TimePoint now, size_t limit) {
  Changes changes;
  changes.update.records = table_.TakeChanges(now, limit);
  if (also_told_ && !changes.update.records.empty()) also_told_(changes.update.records, now);
  changes.update.admin = admin_.TakeChanges();
  changes.update.members = roster_.TakeNews();
  changes.more = changes.update.records.size() >= limit;
  return changes;
}

void SharedState::Forgotten() {
  for (const std::string& name : roster_.TakeForgotten()) {
    admin_.Drop(std::string(kVotes) + name + '/');
  }
}

void SharedState::Leave(TimePoint now) {
  table_.AnnounceHeld(context_.settings.leave_grace, now);
  roster_.Leave(now);
}

std::vector<uint64_t> SharedState::Digests() const {
  const StickTable::Digests rooms = table_.BucketDigests();
  std::vector<uint64_t> digests(rooms.begin(), rooms.end());
  digests.push_back(admin_.digest());
  uint64_t members = 0;
  for (const Claim& claim : roster_.Claims()) members ^= DigestOf(claim);
  digests.push_back(members);
  return digests;
}

std::vector<uint64_t> SharedState::DigestsIn(size_t bucket, TimePoint now) const {
  std::vector<uint64_t> digests;
  Select(
      bucket,
      [&digests](uint64_t digest) {
        digests.push_back(digest);
        return false;
      },
      now);
  return digests;
}

Update SharedState::Select(size_t bucket, const std::function<bool(uint64_t)>& wanted,
                           TimePoint now) const {
  Update selected{.sync = true};
  if (bucket == kRosterBucket) {
    for (const Claim& claim : roster_.Claims()) {
      if (wanted(DigestOf(claim))) selected.members.push_back(claim);
    }
  } else if (bucket == kAdminBucket) {
    admin_.ForEachCell([&](const AdminCell& cell) {
      if (wanted(DigestOf(cell))) selected.admin.push_back(cell);
    });
  } else if (bucket < kAdminBucket) {
    selected.records = table_.RecordsIn(bucket, now);
    std::erase_if(selected.records, [&](const CellRecord& record) {
      return record.lease < kLeastLease ||
             !wanted(DigestOf(record.key_namespace, record.key, record.cell));
    });
  }
  return selected;
}

}  // namespace room_router::gossip
