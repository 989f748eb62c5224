// SPDX-License-Identifier: Apache-2.0
// Writing; gossip_frame_read.cc reads.
#include "sticky/gossip_frame.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "sticky/gossip.pb.h"

namespace room_router::gossip {
namespace {

// More than the largest thing in an update, its names in the dictionaries included.
constexpr size_t kSlack = 4096;

void Fill(const Claim& claim, wire::Member& out) {
  out.set_name(claim.name);
  out.set_start(claim.start);
  out.set_incarnation(claim.incarnation);
  out.set_state(static_cast<uint32_t>(claim.state));
  out.set_address(claim.address.ToString());
  out.set_synced(claim.synced);
}

void Fill(const AdminCell& cell, wire::AdminCell& out) {
  out.set_name(cell.name);
  out.set_value(cell.value);
  out.set_stamp_time(cell.stamp.time);
  out.set_stamp_replica(cell.stamp.replica);
}

struct Filler {
  wire::Frame& frame;

  void operator()(const Unknown&) const {}
  void operator()(const Update&) const {}
  void operator()(const Hello& hello) const {
    wire::Hello& out = *frame.mutable_hello();
    out.set_version(hello.version);
    out.set_cluster(hello.cluster);
    out.set_time(hello.time);
    Fill(hello.self, *out.mutable_self());
  }
  void operator()(const Ping& ping) const { frame.mutable_ping()->set_number(ping.number); }
  void operator()(const Ack& ack) const {
    frame.mutable_ack()->set_number(ack.number);
    frame.mutable_ack()->set_about(ack.about);
  }
  void operator()(const PingRequest& request) const {
    frame.mutable_ping_request()->set_number(request.number);
    frame.mutable_ping_request()->set_name(request.name);
  }
  void operator()(const SyncOpen& open) const {
    wire::SyncOpen& out = *frame.mutable_sync_open();
    out.set_round(open.round);
    out.mutable_digests()->Add(open.digests.begin(), open.digests.end());
  }
  void operator()(const SyncDiff& diff) const {
    wire::SyncDiff& out = *frame.mutable_sync_diff();
    out.set_round(diff.round);
    out.mutable_buckets()->Add(diff.buckets.begin(), diff.buckets.end());
  }
  void operator()(const SyncPage& page) const {
    wire::SyncPage& out = *frame.mutable_sync_page();
    out.set_round(page.round);
    out.set_page(page.page);
    for (const SyncPage::Bucket& bucket : page.buckets) {
      wire::Bucket& added = *out.add_buckets();
      added.set_number(bucket.number);
      added.mutable_digests()->Add(bucket.digests.begin(), bucket.digests.end());
    }
  }
  void operator()(const SyncAnswer& answer) const {
    wire::SyncAnswer& out = *frame.mutable_sync_answer();
    out.set_round(answer.round);
    out.set_page(answer.page);
    out.mutable_done()->Add(answer.done.begin(), answer.done.end());
    out.mutable_wanted()->Add(answer.wanted.begin(), answer.wanted.end());
  }
  void operator()(const Goodbye& goodbye) const {
    wire::Goodbye& out = *frame.mutable_goodbye();
    if (goodbye.reason) out.set_reason(static_cast<uint32_t>(*goodbye.reason) + 1);
  }
};

// The frames of one update; a new one begins when the limit is near.
class UpdateWriter {
 public:
  UpdateWriter(const Update& update, const ShardDictionary& shards, size_t limit)
      : update_(update), shards_(shards), limit_(limit - std::min(limit / 2, kSlack)) {}

  std::vector<std::string> Write() {
    Begin();
    for (const Claim& claim : update_.members) {
      wire::Member& out = *pb_->add_members();
      Fill(claim, out);
      Grow(out.ByteSizeLong());
    }
    for (const AdminCell& cell : update_.admin) {
      wire::AdminCell& out = *pb_->add_admin();
      Fill(cell, out);
      Grow(out.ByteSizeLong());
    }
    for (const CellRecord& record : update_.records) {
      wire::Record& out = *pb_->add_records();
      Fill(record, out);
      Grow(out.ByteSizeLong());
    }
    if (size_ > 0) End();
    return std::move(frames_);
  }

 private:
  void Begin() {
    frame_.Clear();
    pb_ = frame_.mutable_update();
    pb_->set_direct(update_.direct);
    pb_->set_sync(update_.sync);
    shard_positions_.clear();
    replica_positions_.clear();
    size_ = 0;
  }
  void End() { frames_.push_back(frame_.SerializeAsString()); }
  void Grow(size_t bytes) {
    size_ += bytes + 4;
    if (size_ < limit_) return;
    End();
    Begin();
  }

  uint32_t PositionOf(ShardId shard) {
    const auto [at, added] = shard_positions_.try_emplace(shard, pb_->shards_size() + 1);
    if (added) {
      const std::string_view name = shards_.Name(shard);
      pb_->add_shards(name.data(), name.size());
      size_ += name.size() + 2;
    }
    return static_cast<uint32_t>(at->second);
  }
  uint32_t PositionOfReplica(uint64_t replica) {
    const auto [at, added] = replica_positions_.try_emplace(replica, pb_->replicas_size() + 1);
    if (added) {
      pb_->add_replicas(replica);
      size_ += sizeof replica;
    }
    return static_cast<uint32_t>(at->second);
  }

  void Fill(const Claim& claim, wire::Member& out) { gossip::Fill(claim, out); }
  void Fill(const AdminCell& cell, wire::AdminCell& out) { gossip::Fill(cell, out); }
  void Fill(const CellRecord& record, wire::Record& out) {
    const Binding& binding = record.cell.binding;
    out.set_key_namespace(static_cast<uint32_t>(record.key_namespace));
    out.set_key_high(record.key.high);
    out.set_key_low(record.key.low);
    out.set_epoch(binding.epoch);
    out.set_stamp_time(binding.stamp.time);
    out.set_stamp_replica(PositionOfReplica(binding.stamp.replica));
    out.set_tombstone(binding.tombstone);
    out.set_renewed(record.cell.renewed);
    if (!binding.tombstone) out.set_shard(PositionOf(record.shard));
    const auto lease = std::clamp(record.lease, Duration{0}, FrameCoder::kMaxLease);
    out.set_lease_ms(static_cast<uint32_t>(lease.count()));
    out.set_display(record.display);
  }

  const Update& update_;
  const ShardDictionary& shards_;
  const size_t limit_;
  wire::Frame frame_;
  wire::Update* pb_ = nullptr;
  size_t size_ = 0;
  std::unordered_map<ShardId, int> shard_positions_;
  std::unordered_map<uint64_t, int> replica_positions_;
  std::vector<std::string> frames_;
};

template <typename Thing>
void Append(std::vector<Thing>& to, std::vector<Thing>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

void Update::Take(Update&& other) {
  Append(records, other.records);
  Append(admin, other.admin);
  Append(members, other.members);
}

std::string FrameCoder::Encode(const Message& message) const {
  wire::Frame frame;
  std::visit(Filler{frame}, message);
  return frame.SerializeAsString();
}

std::vector<std::string> FrameCoder::EncodeUpdate(const Update& update) const {
  return UpdateWriter(update, shards_, settings_.frame_limit).Write();
}

}  // namespace room_router::gossip
