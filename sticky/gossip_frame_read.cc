// SPDX-License-Identifier: Apache-2.0
// Reading; gossip_frame.cc writes.
#include <algorithm>
#include <utility>

#include "config/utf8.h"
#include "sticky/gossip.pb.h"
#include "sticky/gossip_frame.h"

namespace room_router::gossip {
namespace {

constexpr uint64_t kMaxStart = uint64_t{1} << 62U;

// Names of replicas and shards.
bool IsName(std::string_view text) {
  const auto visible = [](char c) { return c > ' ' && c <= '~'; };
  return !text.empty() && text.size() <= Roster::kMaxNameBytes &&
         std::all_of(text.begin(), text.end(), visible);
}

// What may be shown to an operator.
bool IsText(std::string_view text) {
  const auto control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; };
  return text.size() <= FrameCoder::kMaxTextBytes && !config::FindBadUtf8(text) &&
         std::none_of(text.begin(), text.end(), control);
}

std::optional<Claim> Read(const wire::Member& in) {
  const auto address = in.address().empty() ? SocketAddress() : SocketAddress::Parse(in.address());
  if (!IsName(in.name()) || !address || in.state() > static_cast<uint32_t>(ReplicaState::kLeft) ||
      in.start() > kMaxStart || in.incarnation() > Roster::kMaxIncarnation) {
    return {};
  }
  return Claim{.name = in.name(),
               .start = in.start(),
               .incarnation = in.incarnation(),
               .state = static_cast<ReplicaState>(in.state()),
               .synced = in.synced(),
               .address = *address};
}

std::optional<AdminCell> Read(const wire::AdminCell& in) {
  if (!IsText(in.name()) || !IsText(in.value()) || in.name().empty()) return {};
  return AdminCell{.name = in.name(),
                   .value = in.value(),
                   .stamp = {.time = in.stamp_time(), .replica = in.stamp_replica()}};
}

// One update, its dictionaries resolved once.
class UpdateReader {
 public:
  UpdateReader(const wire::Update& in, ShardDictionary& shards, GossipStats& stats)
      : in_(in), stats_(stats) {
    for (const std::string& name : in.shards()) {
      if (!IsName(name)) {
        shards_.push_back(kNoShard);
      } else {
        shards_.push_back(shards.Learn(name).value_or(kNoShard));
        if (shards_.back() == kNoShard) ++stats_.refused_names;
      }
    }
  }

  Update Read() {
    Update update{.direct = in_.direct(), .sync = in_.sync()};
    update.records.reserve(static_cast<size_t>(in_.records_size()));
    for (const auto& record : in_.records()) Keep(Record(record), update.records);
    for (const auto& cell : in_.admin()) Keep(gossip::Read(cell), update.admin);
    for (const auto& member : in_.members()) Keep(gossip::Read(member), update.members);
    return update;
  }

 private:
  template <typename Thing>
  void Keep(std::optional<Thing> thing, std::vector<Thing>& things) {
    if (thing) {
      things.push_back(*std::move(thing));
    } else {
      ++stats_.malformed;
    }
  }

  std::optional<CellRecord> Record(const wire::Record& in) const {
    const bool has_shard = in.shard() > 0 && in.shard() <= shards_.size();
    const ShardId shard = has_shard ? shards_[in.shard() - 1] : kNoShard;
    const auto author = static_cast<int64_t>(in.stamp_replica()) - 1;
    if (in.key_namespace() > static_cast<uint32_t>(KeyNamespace::kEtherpad) || author < 0 ||
        author >= in_.replicas_size() || in.epoch() > FrameCoder::kMaxEpoch ||
        in.tombstone() != (in.shard() == 0) || (shard == kNoShard && !in.tombstone()) ||
        !IsText(in.display())) {
      return {};
    }
    const Stamp stamp{.time = in.stamp_time(), .replica = in_.replicas(static_cast<int>(author))};
    return CellRecord{
        .key_namespace = static_cast<KeyNamespace>(in.key_namespace()),
        .key = {.high = in.key_high(), .low = in.key_low()},
        .cell = {.binding = {.epoch = in.epoch(), .stamp = stamp, .tombstone = in.tombstone()},
                 .renewed = in.renewed()},
        .shard = shard,
        .lease = std::min(Duration(in.lease_ms()), FrameCoder::kMaxLease),
        .display = in.display()};
  }

  const wire::Update& in_;
  GossipStats& stats_;
  std::vector<ShardId> shards_;
};

template <typename Number>
std::vector<Number> Numbers(const google::protobuf::RepeatedField<Number>& in) {
  return {in.begin(), in.end()};
}

std::optional<Message> Read(const wire::Hello& in) {
  auto self = Read(in.self());
  if (!self || !IsText(in.cluster())) return {};
  return Hello{.version = in.version(),
               .cluster = in.cluster(),
               .self = *std::move(self),
               .time = in.time()};
}

SyncPage Read(const wire::SyncPage& in) {
  SyncPage page{.round = in.round(), .page = in.page(), .buckets = {}};
  for (const wire::Bucket& bucket : in.buckets()) {
    page.buckets.push_back({.number = bucket.number(), .digests = Numbers(bucket.digests())});
  }
  return page;
}

SyncAnswer Read(const wire::SyncAnswer& in) {
  return {.round = in.round(),
          .page = in.page(),
          .done = Numbers(in.done()),
          .wanted = Numbers(in.wanted())};
}

Goodbye Read(const wire::Goodbye& in) {
  if (in.reason() == 0 || in.reason() > kCloseReasons) return {};
  return {.reason = static_cast<CloseReason>(in.reason() - 1)};
}

bool HasMore(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

// Whether a later version said something we don't understand; looks where new fields are likely.
bool SaysMore(const wire::Frame& frame) {
  return frame.body_case() == wire::Frame::BODY_NOT_SET || HasMore(frame) ||
         HasMore(frame.hello()) || HasMore(frame.update()) || HasMore(frame.sync_open());
}

}  // namespace

std::optional<Message> FrameCoder::Decode(std::string_view bytes) {
  wire::Frame frame;
  if (bytes.size() > settings_.frame_limit) return {};
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  if (SaysMore(frame)) ++stats_.unknown;
  switch (frame.body_case()) {
    case wire::Frame::kHello:
      return Read(frame.hello());
    case wire::Frame::kPing:
      return Ping{.number = frame.ping().number()};
    case wire::Frame::kAck:
      return Ack{.number = frame.ack().number(), .about = frame.ack().about()};
    case wire::Frame::kPingRequest:
      return PingRequest{.number = frame.ping_request().number(),
                         .name = frame.ping_request().name()};
    case wire::Frame::kUpdate:
      return UpdateReader(frame.update(), shards_, stats_).Read();
    case wire::Frame::kSyncOpen:
      return SyncOpen{.round = frame.sync_open().round(),
                      .digests = Numbers(frame.sync_open().digests())};
    case wire::Frame::kSyncDiff:
      return SyncDiff{.round = frame.sync_diff().round(),
                      .buckets = Numbers(frame.sync_diff().buckets())};
    case wire::Frame::kSyncPage:
      return Read(frame.sync_page());
    case wire::Frame::kSyncAnswer:
      return Read(frame.sync_answer());
    case wire::Frame::kGoodbye:
      return Read(frame.goodbye());
    case wire::Frame::BODY_NOT_SET:
      break;
  }
  return Unknown{};
}

}  // namespace room_router::gossip
