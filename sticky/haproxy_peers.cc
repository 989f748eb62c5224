// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers.h"

#include <algorithm>
#include <utility>

namespace room_router::haproxy {
namespace {

using Kind = SessionEvent::Kind;

std::string InSeconds(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

std::string_view ToString(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kConnected:
      return "haproxy_peer_connected";
    case Event::Kind::kLost:
      return "haproxy_peer_lost";
    case Event::Kind::kRefused:
      return "haproxy_peer_refused";
    case Event::Kind::kMismatch:
      return "haproxy_peer_mismatch";
    case Event::Kind::kUnknownServer:
      return "haproxy_peer_unknown_server";
    case Event::Kind::kResynced:
      return "haproxy_peer_resynced";
  }
  return "";
}

TableExchange::TableExchange(const Settings& settings, StickTable& table, Sources sources,
                             TimePoint now)
    : table_(table),
      settings_(settings),
      sources_(std::move(sources)),
      school_{
          .table = table,
          .log = log_,
          .expire = settings.expire,
          .word = [this](RoomKey key, std::string_view display, ShardId shard,
                         PeerCounters& counters) { return Word(key, display, shard, counters); }},
      form_(settings.server_key.value_or(ServerKeyForm::kName)),
      started_(now) {
  for (const std::string& name : settings.names) peers_.push_back({.name = name});
}

void TableExchange::Begin(size_t index, PeerSession& session, TimePoint now) {
  Peer& peer = peers_[index];
  peer.pupil.Begin(session, now);
  if (!peer.asked) session.RequestResync();
}

void TableExchange::Take(size_t index, const SessionEvent& event, TimePoint now) {
  Peer& peer = peers_[index];
  switch (event.kind) {
    case Kind::kTable:
      return CheckTable(peer);
    case Kind::kMismatch:
      return ReportMismatch(peer, event.detail);
    case Kind::kLearned:
      return Learn(index, event, now);
    case Kind::kResyncRequested:
      return peer.pupil.LessonRequested();
    case Kind::kResyncEnded:
      return EndResync(peer, event.complete);
    case Kind::kTaught:
      return peer.pupil.LessonTaken();
    case Kind::kAcknowledged:
      peer.pupil.Acknowledge(event.update);
      return TrimLog();
    case Kind::kEstablished:
      return;
  }
}

void TableExchange::Fill(size_t peer, TimePoint now) {
  peers_[peer].pupil.Fill(school_, synced_ || now >= started_ + kUnsure, now);
}

void TableExchange::Teach(std::span<const CellRecord> records, TimePoint now) {
  ForgetMarks(now);
  for (const CellRecord& record : records) {
    if (record.key_namespace != KeyNamespace::kRoom || record.shard == kNoShard) continue;
    if (IsEcho(record, now)) continue;
    log_.Add({.key = record.key,
              .display = record.display,
              .shard = record.shard,
              .until = now + record.lease});
  }
  TrimLog();
}

void TableExchange::ShardsChanged() {
  const auto shards = sources_.shards();
  bool found = false;
  for (auto& [key, server] : servers_) {
    const bool known = server.shard.has_value();
    server = ReadServerKey(*shards, key);
    found = found || (!known && server.shard);
  }
  if (!found) return;
  for (Peer& peer : peers_) {
    peer.asked = false;
    if (peer.pupil.connected()) peer.pupil.session()->RequestResync();
  }
}

void TableExchange::Learn(size_t index, const SessionEvent& event, TimePoint now) {
  Peer& peer = peers_[index];
  PeerCounters& counters = peer.pupil.counters;
  if (event.cut) return void(++counters.long_names);
  if (!event.has_server || !event.server_key) return void(++counters.without_server);
  if (!ReadRoom(event.name, sources_.read_name, request_)) {
    return void(++counters.unreadable_names);
  }
  if (event.expires_in == Duration(0)) return;
  const auto wanted = FindServer(peer, *event.server_key);
  if (!wanted) return void(++counters.unknown_servers);
  const auto shards = sources_.shards();
  const auto keeps = [&shards](ShardId id) {
    const Shard* shard = shards->FindById(id);
    return shard != nullptr && shard->KeepsRooms();
  };
  const auto choose = [&](ShardId bound) {
    const bool stays = bound != kNoShard && (keeps(bound) || !keeps(*wanted));
    return stays ? bound : *wanted;
  };
  const auto hit =
      table_.FindOrBind(KeyNamespace::kRoom, request_.key, request_.canonical, now, choose);
  if (hit.shard == *wanted) {
    ++counters.learned;
    Remember(request_.key, *wanted, now);
    return peer.pupil.Know(request_.key, *wanted);
  }
  ++counters.corrected;
  log_.Add({.key = request_.key,
            .display = request_.canonical,
            .shard = hit.shard,
            .until = now + settings_.expire});
}

// Looks it up once per snapshot.
std::optional<ShardId> TableExchange::FindServer(Peer& peer, const std::string& server_key) {
  const auto known = servers_.find(server_key);
  const Server server =
      known != servers_.end() ? known->second : ReadServerKey(*sources_.shards(), server_key);
  if (known == servers_.end() && servers_.size() < kMostServers) {
    servers_.emplace(server_key, server);
    if (!server.shard) {
      sources_.log({.kind = Event::Kind::kUnknownServer,
                    .peer = peer.name,
                    .detail = "rooms on its server \"" + server_key +
                              "\" are not learned: no shard or endpoint is called that"});
    }
  }
  if (server.shard) NoteForm(peer, server.form);
  return server.shard;
}

void TableExchange::NoteForm(Peer& peer, ServerKeyForm form) {
  if (settings_.server_key && form != form_) {
    const bool by_address = form == ServerKeyForm::kAddress;
    ReportMismatch(peer, std::string("its table calls servers by ") +
                             (by_address ? "address" : "name") +
                             " and cannot follow what it is taught; write server_key: " +
                             (by_address ? "address" : "name"));
  } else if (form == ServerKeyForm::kAddress && std::exchange(form_, form) != form) {
    for (Peer& pupil : peers_) pupil.pupil.Redo();  // told names so far, which it cannot use
  }
}

void TableExchange::Remember(RoomKey key, ShardId shard, TimePoint now) {
  ForgetMarks(now);
  if (mark_order_.size() >= kMostMarks) return;
  marks_[key] = {.shard = shard, .until = now + kMarkLife};
  mark_order_.emplace_back(key, now + kMarkLife);
}

void TableExchange::ForgetMarks(TimePoint now) {
  for (; !mark_order_.empty() && mark_order_.front().second <= now; mark_order_.pop_front()) {
    const auto mark = marks_.find(mark_order_.front().first);
    if (mark != marks_.end() && mark->second.until <= now) marks_.erase(mark);
  }
}

bool TableExchange::IsEcho(const CellRecord& record, TimePoint now) {
  const auto mark = marks_.find(record.key);
  return mark != marks_.end() && mark->second.until > now && mark->second.shard == record.shard;
}

void TableExchange::CheckTable(Peer& peer) {
  peer.pupil.TableKnown();
  peer.mismatch.clear();
  std::string warning;
  const Duration expire = peer.pupil.expire().value_or(Duration(0));
  if (expire > settings_.expire) {
    warning = "rooms live " + InSeconds(expire) + " in its table and " +
              InSeconds(settings_.expire) + " here; write the same stick_table.expire";
  }
  if (peer.pupil.key_length() < kUsualKeyLength) {
    warning += warning.empty() ? "" : "; ";
    warning += "its keys hold " + std::to_string(peer.pupil.key_length() - 1) +
               " bytes, longer names are not shared; write `string len 128` there";
  }
  if (std::exchange(peer.warning, warning) == warning || warning.empty()) return;
  sources_.log({.kind = Event::Kind::kMismatch, .peer = peer.name, .detail = warning});
}

void TableExchange::EndResync(Peer& peer, bool complete) {
  peer.asked = synced_ = true;
  sources_.log({.kind = Event::Kind::kResynced,
                .level = config::LogLevel::kInfo,
                .peer = peer.name,
                .detail = complete ? "whole table" : "what it knows itself"});
  CheckHeard(complete);
  const RemoteTables& tables = peer.pupil.session()->tables();
  if (tables.shared() || !peer.mismatch.empty()) return;
  std::string others;
  for (const std::string& name : tables.others()) others += (others.empty() ? "" : ", ") + name;
  ReportMismatch(peer, "it shares no table " + settings_.table + " (stick_table.name); it has " +
                           (others.empty() ? "none" : others));
}

void TableExchange::Unreachable(size_t peer) {
  peers_[peer].unreachable = true;
  CheckHeard(false);
}

void TableExchange::CheckHeard(bool complete) {
  const auto done = [](const Peer& peer) { return peer.asked || peer.unreachable; };
  if (heard_ || !(complete || std::ranges::all_of(peers_, done))) return;
  heard_ = true;
  if (sources_.heard) sources_.heard();
}

void TableExchange::ReportMismatch(Peer& peer, std::string detail) {
  if (peer.mismatch == detail) return;
  peer.mismatch = std::move(detail);
  sources_.log({.kind = Event::Kind::kMismatch, .peer = peer.name, .detail = peer.mismatch});
}

std::optional<Pupil::Wording> TableExchange::Word(RoomKey key, std::string_view display,
                                                  ShardId shard, PeerCounters& counters) {
  if (!ReadRoom(display, sources_.read_name, request_) || request_.key != key) {
    ++counters.cut_names;
    return std::nullopt;
  }
  std::string server_key = ServerKeyOf(*sources_.shards(), shard, form_);
  if (server_key.empty()) {
    ++counters.without_shard;
    return std::nullopt;
  }
  return Pupil::Wording{.room = SpellRoom(display), .server_key = std::move(server_key)};
}

void TableExchange::TrimLog() {
  uint64_t everybody = log_.newest();
  for (const Peer& peer : peers_) {
    everybody = std::min(everybody, peer.pupil.reads_from().value_or(everybody));
  }
  log_.DropUpTo(everybody);
}

}  // namespace room_router::haproxy
