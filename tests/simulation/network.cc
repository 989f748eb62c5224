// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/network.h"

#include <algorithm>

namespace room_router::simulation {
namespace {

constexpr Micros kRetransmission{200'000}, kConnectTimeout{3'000'000};
constexpr size_t kSocketBuffer = 64 << 10;

}  // namespace

void Network::Attach(const SocketAddress& address, Host& host) {
  hosts_[address.ToString()] = &host;
  alive_.insert(&host);
}

bool Network::Attached(const Host& host) const { return alive_.contains(const_cast<Host*>(&host)); }

void Network::Detach(const SocketAddress& address, bool silently) {
  Host* host = Listening(address);
  hosts_.erase(address.ToString());
  alive_.erase(host);
  std::vector<Place> gone;
  for (auto& [link, place] : ends_) {
    if (place.first->ends[place.second].host == host) gone.push_back(place);
  }
  for (auto& [stream, side] : gone) {
    Drop(stream->ends[side]);
    if (!silently) Reset(stream, 1 - side);
  }
}

Host* Network::Listening(const SocketAddress& address) const {
  const auto known = hosts_.find(address.ToString());
  return known == hosts_.end() ? nullptr : known->second;
}

Micros Network::Delay(size_t from, size_t to) {
  const auto extra = [this](size_t slot) {
    const auto known = extra_.find(slot);
    return known == extra_.end() ? Micros{0} : known->second;
  };
  const Micros base(std::uniform_int_distribution<int64_t>(conditions.delay_least.count(),
                                                           conditions.delay_most.count())(random_));
  return base + extra(from) + extra(to);
}

void Network::Dial(Host& from, const SocketAddress& to) {
  Host* dialler = &from;
  const size_t slot = from.slot;
  Host* target = Listening(to);
  const bool lost =
      target != nullptr && (Blocked(slot, target->slot) || Blocked(target->slot, slot));
  if (lost) {
    timeline_.In(kConnectTimeout, [this, dialler, to] {
      if (alive_.contains(dialler)) dialler->DialFailed(to);
    });
    return;
  }
  const size_t other = target == nullptr ? slot : target->slot;
  timeline_.In(Delay(slot, other) + Delay(other, slot), [this, dialler, to] {
    if (alive_.contains(dialler)) Connect(*dialler, to);
  });
}

void Network::Connect(Host& from, const SocketAddress& to) {
  Host* target = Listening(to);
  if (target == nullptr) return from.DialFailed(to);
  auto stream = std::make_shared<Stream>();
  Host* hosts[] = {&from, target};
  for (const int side : {0, 1}) {
    stream->ends[side].host = hosts[side];
    stream->ends[side].slot = hosts[side]->slot;
    stream->ends[side].link = ++last_link_;
    ends_[last_link_] = {stream, side};
  }
  target->LinkUp(stream->ends[1].link, std::nullopt);
  from.LinkUp(stream->ends[0].link, to);
}

void Network::Send(Host& from, LinkId link, std::string frame) {
  const auto known = ends_.find(link);
  if (known == ends_.end()) return;
  const auto [stream, side] = known->second;
  Count(frame);
  End& to = stream->ends[1 - side];
  const double lucky = to.began && conditions.chaos > 0 ? Chance() : 1;
  to.began = true;
  if (lucky < conditions.chaos / 3) return;
  Micros delay = Delay(from.slot, to.slot);
  if (conditions.packet_loss > 0 && Chance() < conditions.packet_loss) delay += kRetransmission;
  delay += Micros(
      static_cast<int64_t>(static_cast<double>(frame.size()) * 1e6 / conditions.bytes_per_second));
  const TimePoint ready = timeline_.now() + delay;
  if (lucky < conditions.chaos * 2 / 3) {
    Enqueue(stream, 1 - side, {.bytes = frame, .ready = ready});
  }
  Enqueue(stream, 1 - side, {.bytes = std::move(frame), .ready = ready});
  if (lucky >= conditions.chaos * 2 / 3 && lucky < conditions.chaos && to.coming.size() > 2) {
    std::swap(to.coming[to.coming.size() - 1].bytes, to.coming[to.coming.size() - 2].bytes);
  }
}

// The first byte of a frame is the tag of its one field.
void Network::Count(const std::string& frame) {
  Traffic& traffic = sent[frame.empty() ? 0 : (static_cast<uint8_t>(frame.front()) >> 3U) % 16U];
  ++traffic.frames;
  traffic.bytes += frame.size();
  fingerprint = (fingerprint ^ std::hash<std::string>()(frame)) * 0x9E3779B97F4A7C15;
}

void Network::Close(Host& from, LinkId link) {
  const auto known = ends_.find(link);
  if (known == ends_.end()) return;
  const auto [stream, side] = known->second;
  Drop(stream->ends[side]);
  const TimePoint ready = timeline_.now() + Delay(from.slot, stream->ends[1 - side].slot);
  Enqueue(stream, 1 - side, {.bytes = {}, .ready = ready, .end = true});
}

void Network::Enqueue(const std::shared_ptr<Stream>& stream, int side, Frame frame) {
  End& end = stream->ends[side];
  if (!end.coming.empty()) frame.ready = std::max(frame.ready, end.coming.back().ready);
  end.coming_bytes += frame.bytes.size();
  end.coming.push_back(std::move(frame));
  Schedule(stream, side);
}

void Network::Schedule(const std::shared_ptr<Stream>& stream, int side) {
  End& end = stream->ends[side];
  if (end.scheduled || end.coming.empty()) return;
  end.scheduled = true;
  timeline_.At(end.coming.front().ready, [this, stream, side] {
    stream->ends[side].scheduled = false;
    Deliver(stream, side);
  });
}

void Network::Deliver(const std::shared_ptr<Stream>& stream, int side) {
  End& end = stream->ends[side];
  End& sender = stream->ends[1 - side];
  if (end.coming.empty()) return;
  if (Blocked(sender.slot, end.slot)) {
    end.coming.front().ready = timeline_.now() + kRetransmission;
    return Schedule(stream, side);
  }
  const Frame frame = std::move(end.coming.front());
  end.coming.pop_front();
  end.coming_bytes -= std::min(end.coming_bytes, frame.bytes.size());
  const Host *from = sender.host, *to = end.host;
  HandOver(end, frame);
  if (watch && from != nullptr && to != nullptr) watch(*from, *to);
  // A machine without power acknowledges nothing.
  if (sender.host != nullptr && end.host != nullptr) {
    const size_t waiting = end.coming_bytes - std::min(end.coming_bytes, kSocketBuffer);
    sender.host->Queued(sender.link, waiting);
  }
  Schedule(stream, side);
}

void Network::HandOver(End& end, const Frame& frame) {
  if (end.host == nullptr) return;
  if (!frame.end) return end.host->Receive(end.link, frame.bytes);
  Host* host = end.host;
  const LinkId link = end.link;
  Drop(end);
  host->LinkDown(link);
}

void Network::Drop(End& end) {
  ends_.erase(end.link);
  end.host = nullptr;
}

void Network::Reset(const std::shared_ptr<Stream>& stream, int side) {
  End& end = stream->ends[side];
  end.coming.clear();
  end.coming_bytes = 0;
  const size_t from = stream->ends[1 - side].slot;
  Enqueue(stream, side,
          {.bytes = {}, .ready = timeline_.now() + Delay(from, end.slot), .end = true});
}

void Network::Block(size_t from, size_t to, bool blocked) {
  if (blocked) {
    blocked_.insert({from, to});
  } else {
    blocked_.erase({from, to});
  }
}

void Network::Break(double share) {
  std::vector<std::shared_ptr<Stream>> broken;
  for (auto& [link, place] : ends_) {
    if (place.second == 0 && Chance() < share) broken.push_back(place.first);
  }
  for (const auto& stream : broken) {
    for (const int side : {0, 1}) Reset(stream, side);
  }
}

void Network::Heal() {
  blocked_.clear();
  extra_.clear();
  conditions.chaos = conditions.packet_loss = 0;
}

}  // namespace room_router::simulation
