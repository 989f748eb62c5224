// SPDX-License-Identifier: Apache-2.0
// Any bytes from an HAProxy, in any pieces, to one who called it or is called by it: what waits to
// be sent stays within its limit, and only rooms of known shards get into the table.
//
// Input: a byte (bit 0: it calls us; the rest seeds the pieces), then the stream.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sticky/haproxy_peers.h"

namespace {

using namespace room_router;
using haproxy::PeerSession;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

std::shared_ptr<const ShardSet> TwoShards() {
  auto set = std::make_shared<ShardSet>();
  set->answered = true;
  for (ShardId id = 0; id < 2; ++id) {
    Shard shard{.id = id, .name = "shard" + std::to_string(id)};
    shard.state = ShardState::kUp;
    shard.endpoints = {{.name = shard.name,
                        .address = *SocketAddress::FromIp("10.0.0.1", uint16_t(8000 + id)),
                        .up = true}};
    set->shards.push_back(shard);
  }
  set->Index();
  return set;
}

class Conversation {
 public:
  explicit Conversation(bool called) {
    const PeerSession::Settings settings{
        .local_name = "router-0", .table = "jitsi-meet", .expire = Duration(60'000)};
    const std::vector<std::string> known{"haproxy-0"};
    session_ = called ? std::make_unique<PeerSession>(settings, known, now_)
                      : std::make_unique<PeerSession>(settings, "haproxy-0", 1, now_);
  }

  void Hear(std::string_view bytes) {
    now_ += Duration(1);
    session_->Receive(bytes, now_);
    if (!begun_ && session_->state() == PeerSession::State::kEstablished) {
      begun_ = true;
      exchange_.Begin(0, *session_, now_);
    }
    for (const auto& event : session_->TakeEvents()) {
      if (begun_) exchange_.Take(0, event, now_);
    }
    if (begun_) exchange_.Fill(0, now_);
    session_->Tick(now_);
    Require(session_->TakeOutgoing().size() < 2 * PeerSession::kHighWater, "what waits");
    const bool closed = session_->state() == PeerSession::State::kClosed;
    Require(!closed || !session_->reason().empty(), "why it ended");
  }

  void End() {
    if (begun_) exchange_.End(0);
    table_.ForEach(now_, [](const EntryView& entry) {
      Require(entry.shard < 2, "a shard that there is");
      Require(!entry.display.empty(), "a room with a name");
    });
  }

 private:
  TimePoint now_{std::chrono::hours(1)};
  const std::shared_ptr<const ShardSet> shards_ = TwoShards();
  const RoomKeyReader reader_{config::RoomKey{}};
  StickTable table_{{.size = 1000, .expire = Duration(60'000), .display_bytes = 32}};
  haproxy::TableExchange exchange_{
      haproxy::TableExchange::Settings{"jitsi-meet", Duration(60'000), {"haproxy-0"}},
      table_,
      {.shards = [this] { return shards_; },
       .read_name = [this](auto tenant, auto room,
                           auto& out) { reader_.ReadName(tenant, room, out); },
       .log = [](const haproxy::Event&) {},
       .heard = [] {}},
      now_};
  std::unique_ptr<PeerSession> session_;
  bool begun_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Conversation conversation((data[0] & 1) != 0);
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const unsigned seed = data[0] / 2U;
  for (unsigned n = seed; !bytes.empty(); n = n * 1103515245 + 12345) {
    const size_t piece = seed == 0 ? bytes.size() : 1 + (n >> 16) % (1 + seed % 64);
    conversation.Hear(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  conversation.End();
  return 0;
}
