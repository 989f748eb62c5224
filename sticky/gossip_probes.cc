// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_probes.h"

#include <algorithm>

namespace room_router::gossip {

// Four looks per interval: fine enough for timeouts that are parts of it.
void Probes::Tick(TimePoint now) {
  if (now < next_) return;
  next_ = now + context_.settings.probe_interval / 4;
  PingQuiet(now);
  GiveUpMissing(now);
  std::erase_if(relays_, [now](const auto& relay) { return relay.second.until <= now; });
}

TimePoint Probes::NextDeadline() const {
  return links_.size() > 0 || !missing_.empty() ? next_ : TimePoint::max();
}

void Probes::PingQuiet(TimePoint now) {
  const GossipSettings& settings = context_.settings;
  for (Link* link : links_.Greeted()) {
    const bool waits = link->ping != 0;
    if (!waits && now >= link->heard + settings.probe_interval) PingOne(*link, now);
    if (waits && now >= link->pinged + settings.probe_timeout) {
      link->ping = 0;
      if (link->heard < link->pinged) AskFor(link->peer, now);
    }
  }
  // One that is talked to all the time is pinged too, for its round-trip time.
  for (Link* link : links_.Sample(1, {})) {
    if (link->ping == 0) PingOne(*link, now);
    Remind(*link);
  }
}

void Probes::PingOne(Link& link, TimePoint now) {
  link.ping = ++last_number_;
  link.pinged = now;
  links_.Send(link, Ping{.number = link.ping});
}

// Whom we wrongly take for dead should refute it, even if the first news of it got lost.
void Probes::Remind(Link& link) {
  const Roster::Member* member = roster_.Find(link.peer);
  if (member == nullptr || member->claim.state == ReplicaState::kAlive) return;
  links_.Send(link, Update{.members = {member->claim}, .direct = true});
}

void Probes::AskFor(std::string_view name, TimePoint now) {
  const Roster::Member* member = roster_.Find(name);
  if (member == nullptr || member->claim.state != ReplicaState::kAlive) return;
  const TimePoint until = now + context_.settings.probe_interval;
  if (!missing_.try_emplace(std::string(name), until).second) return;
  const Link* own = links_.To(name);
  const std::optional<LinkId> except = own == nullptr ? std::nullopt : std::optional(own->id);
  for (Link* helper : links_.Sample(kHelpers, except)) {
    links_.Send(*helper, PingRequest{.number = ++last_number_, .name = std::string(name)});
  }
}

void Probes::GiveUpMissing(TimePoint now) {
  for (auto at = missing_.begin(); at != missing_.end();) {
    if (now < at->second) {
      ++at;
      continue;
    }
    roster_.Suspect(at->first, now);
    at = missing_.erase(at);
  }
}

void Probes::Answer(Link& link, const Ping& ping) {
  links_.Send(link, Ack{.number = ping.number, .about = {}});
}

void Probes::Hear(Link& link, const Ack& ack, TimePoint now) {
  if (!ack.about.empty()) {
    missing_.erase(ack.about);
    return;
  }
  if (ack.number == link.ping) {
    link.ping = 0;
    link.rtt = std::chrono::duration_cast<Duration>(now - link.pinged);
  }
  const auto relay = relays_.find(ack.number);
  if (relay == relays_.end() || relay->second.about != link.peer) return;
  if (Link* asker = links_.Find(relay->second.link); asker != nullptr && asker->greeted()) {
    links_.Send(*asker, Ack{.number = relay->second.number, .about = relay->second.about});
  }
  relays_.erase(relay);
}

void Probes::Relay(Link& link, const PingRequest& request, TimePoint now) {
  Link* target = links_.To(request.name);
  if (request.name.empty() || target == nullptr || relays_.size() >= kMaxRelays) return;
  const uint64_t number = ++last_number_;
  relays_[number] = {.link = link.id,
                     .number = request.number,
                     .about = request.name,
                     .until = now + 2 * context_.settings.probe_interval};
  links_.Send(*target, Ping{.number = number});
}

}  // namespace room_router::gossip
