// SPDX-License-Identifier: Apache-2.0
// Any frames from two replicas, in any order and with any pauses, into the gossip core: nothing it
// says is over its limits, and what it understood it says again in the same words.
//
// Input: steps of a byte and a big-endian 16-bit number. The byte's bit 0 is the link; with bit 1
// set the number is a pause in milliseconds, else the length of a frame that follows.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "sticky/gossip_frame.h"
#include "tests/sticky/core_pair.h"

namespace {

using namespace room_router;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

// Updates are told in as many frames as they need; all else is one frame, and a fixed point.
void SayAgain(std::string_view frame) {
  GossipSettings settings;
  GossipStats stats;
  ShardNames names;
  gossip::ShardDictionary shards(names, settings.shard_names_limit);
  gossip::FrameCoder coder(settings, shards, stats);
  const auto message = coder.Decode(frame);
  if (!message || std::holds_alternative<gossip::Unknown>(*message)) return;
  if (const auto* update = std::get_if<gossip::Update>(&*message)) {
    size_t told = 0;
    for (const std::string& part : coder.EncodeUpdate(*update)) {
      const auto again = coder.Decode(part);
      Require(again && std::holds_alternative<gossip::Update>(*again), "an update stays one");
      told += std::get<gossip::Update>(*again).size();
    }
    return Require(told == update->size(), "everything in an update is told again");
  }
  const std::string words = coder.Encode(*message);
  const auto again = coder.Decode(words);
  Require(again && again->index() == message->index(), "the kind of a message");
  Require(coder.Encode(*again) == words, "the words of a message");
}

class Replica {
 public:
  Replica() {
    core_.gossip.SetPeers({}, now_);
    core_.Bind(1, "shard-0", now_);
  }

  void Hear(LinkId link, std::string_view frame) {
    if (!up_[link]) core_.gossip.LinkUp(link, {}, core_.address, now_);
    up_[link] = true;
    core_.gossip.Receive(link, frame, now_);
    Check();
  }
  void Wait(Duration pause) {
    now_ += pause;
    core_.gossip.Tick(now_);
    Check();
  }

 private:
  void Check() {
    const GossipSettings limits;
    const Gossip::Output output = core_.gossip.TakeOutput();
    for (const auto& [link, frame] : output.frames) {
      Require(!frame.empty() && frame.size() <= limits.frame_limit, "the size of a frame");
      core_.gossip.Queued(link, 0, now_);
    }
    for (const auto& [link, reason] : output.closes) up_[link] = false;
    Require(core_.gossip.NextDeadline() > now_ - std::chrono::hours(1), "a deadline");
    Require(core_.gossip.LiveReplicas() >= 1, "we ourselves live");
    core_.gossip.TakeConflicts();
  }

  TimePoint now_ = test::kStart;
  test::Core core_{"a", *SocketAddress::Parse("10.0.0.1:7600")};
  bool up_[2] = {};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Replica replica;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  while (bytes.size() >= 3) {
    const auto kind = static_cast<uint8_t>(bytes[0]);
    const size_t number = static_cast<uint8_t>(bytes[1]) * 256U + static_cast<uint8_t>(bytes[2]);
    bytes.remove_prefix(3);
    if ((kind & 2) != 0) {
      replica.Wait(Duration(number));
      continue;
    }
    const std::string_view frame = bytes.substr(0, number);
    bytes.remove_prefix(frame.size());
    SayAgain(frame);
    replica.Hear(kind & 1, frame);
  }
  return 0;
}
