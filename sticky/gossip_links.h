// SPDX-License-Identifier: Apache-2.0
// The streams to other replicas: who is at the other end, what was heard, what waits to be written;
// and the output for the shell.
//
// A link is greeted once the other side's Hello was accepted; only then it carries anything else.
// A frame that finds a link's queue full is dropped and counted, and the link wants a sync. Closing
// says goodbye with the reason first. Pointers to links are good until Close or Drop. One owner.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/clock.h"
#include "config/socket_address.h"
#include "sticky/gossip_context.h"
#include "sticky/gossip_frame.h"
#include "sticky/gossip_types.h"

namespace room_router::gossip {

struct Link {
  LinkId id = 0;
  std::optional<SocketAddress> dialled;  // by us, at this address
  TimePoint up, greeted_at, heard;
  std::string peer;  // empty until greeted
  uint64_t peer_start = 0;
  size_t queued = 0;
  bool wants_sync = false;
  TimePoint last_sync{};
  uint64_t ping = 0;  // number of the ping that waits for its ack; 0 = none
  TimePoint pinged{};
  Duration rtt{0};

  bool greeted() const { return !peer.empty(); }
};

class Links {
 public:
  static constexpr size_t kMaxUngreeted = 64;

  Links(const Context& context, const FrameCoder& coder) : context_(context), coder_(coder) {}

  // nullptr, and the link is closed, when too many have said nothing yet.
  Link* Open(LinkId id, const std::optional<SocketAddress>& dialled, TimePoint now);
  void Greet(Link& link, const Claim& peer, TimePoint now);
  void Close(Link& link, CloseReason reason);
  void Drop(LinkId id) { links_.erase(id); }  // without a word
  void CloseSilently(Link& link);             // the other side said goodbye

  Link* Find(LinkId id);
  Link* To(std::string_view peer);  // the latest; nullptr when there is none
  const Link* To(std::string_view peer) const;
  bool Dialling(const SocketAddress& address) const;  // a link that isn't greeted yet
  size_t greeted() const;
  size_t size() const { return links_.size(); }
  std::vector<Link*> All();  // greeted or not
  std::vector<Link*> Greeted();
  std::vector<Link*> Sample(size_t count, std::optional<LinkId> except);  // random, greeted

  void Send(Link& link, const Message& message);  // not for updates; not dropped before others
  void Send(Link& link, const Update& update);
  void SendFrames(Link& link, const std::vector<std::string>& frames);
  void Dial(const SocketAddress& address);
  GossipOutput TakeOutput();
  bool TakeDropped() { return std::exchange(dropped_, false); }  // an update for want of room

 private:
  bool Put(Link& link, std::string frame, size_t limit);

  const Context& context_;
  const FrameCoder& coder_;
  std::map<LinkId, Link> links_;
  GossipOutput output_;
  bool dropped_ = false;
};

}  // namespace room_router::gossip
