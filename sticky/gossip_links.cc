// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_links.h"

#include <algorithm>
#include <utility>

namespace room_router::gossip {

Link* Links::Open(LinkId id, const std::optional<SocketAddress>& dialled, TimePoint now) {
  ++context_.stats.links;
  Link& link = links_[id];
  link = {.id = id, .dialled = dialled, .up = now, .heard = now};
  const size_t ungreeted = links_.size() - greeted();
  if (ungreeted <= kMaxUngreeted || link.dialled) return &link;
  Close(link, CloseReason::kViewFull);
  return nullptr;
}

void Links::Greet(Link& link, const Claim& peer, TimePoint now) {
  link.peer = peer.name;
  link.peer_start = peer.start;
  link.greeted_at = now;
}

void Links::Close(Link& link, CloseReason reason) {
  ++context_.stats.closed_here[static_cast<size_t>(reason)];
  Send(link, Goodbye{.reason = reason});
  output_.closes.emplace_back(link.id, reason);
  Drop(link.id);
}

void Links::CloseSilently(Link& link) {
  output_.closes.emplace_back(link.id, CloseReason::kLeaving);
  Drop(link.id);
}

Link* Links::Find(LinkId id) {
  const auto known = links_.find(id);
  return known == links_.end() ? nullptr : &known->second;
}

const Link* Links::To(std::string_view peer) const {
  const Link* latest = nullptr;
  for (const auto& [id, link] : links_) {
    if (link.peer != peer) continue;
    if (latest == nullptr || link.greeted_at >= latest->greeted_at) latest = &link;
  }
  return latest;
}

Link* Links::To(std::string_view peer) { return const_cast<Link*>(std::as_const(*this).To(peer)); }

bool Links::Dialling(const SocketAddress& address) const {
  return std::any_of(links_.begin(), links_.end(), [&](const auto& entry) {
    return !entry.second.greeted() && entry.second.dialled == address;
  });
}

size_t Links::greeted() const {
  return static_cast<size_t>(std::count_if(
      links_.begin(), links_.end(), [](const auto& entry) { return entry.second.greeted(); }));
}

std::vector<Link*> Links::All() {
  std::vector<Link*> all;
  for (auto& [id, link] : links_) all.push_back(&link);
  return all;
}

std::vector<Link*> Links::Greeted() {
  std::vector<Link*> greeted;
  for (auto& [id, link] : links_) {
    if (link.greeted()) greeted.push_back(&link);
  }
  return greeted;
}

std::vector<Link*> Links::Sample(size_t count, std::optional<LinkId> except) {
  std::vector<Link*> chosen = Greeted();
  std::erase_if(chosen, [&](const Link* link) { return link->id == except; });
  std::shuffle(chosen.begin(), chosen.end(), context_.random);
  chosen.resize(std::min(count, chosen.size()));
  return chosen;
}

void Links::Send(Link& link, const Message& message) {
  const GossipSettings& settings = context_.settings;
  Put(link, coder_.Encode(message), settings.queue_limit + settings.frame_limit);
}

void Links::Send(Link& link, const Update& update) {
  SendFrames(link, coder_.EncodeUpdate(update));
}

void Links::SendFrames(Link& link, const std::vector<std::string>& frames) {
  for (const std::string& frame : frames) {
    if (!Put(link, frame, context_.settings.queue_limit)) link.wants_sync = dropped_ = true;
  }
}

bool Links::Put(Link& link, std::string frame, size_t limit) {
  if (link.queued + frame.size() > limit) {
    ++context_.stats.dropped_frames;
    return false;
  }
  ++context_.stats.frames_out;
  context_.stats.bytes_out += frame.size();
  link.queued += frame.size();
  output_.frames.emplace_back(link.id, std::move(frame));
  return true;
}

void Links::Dial(const SocketAddress& address) {
  ++context_.stats.dials;
  output_.dials.push_back(address);
}

GossipOutput Links::TakeOutput() { return std::exchange(output_, {}); }

}  // namespace room_router::gossip
