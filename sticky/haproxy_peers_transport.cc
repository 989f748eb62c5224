// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_transport.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace room_router {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using haproxy::PeerSession;
using haproxy::SessionEvent;
using haproxy::Status;
using ErrorCode = boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr Duration kCallAgain{5'000}, kCallAfterRefusal{30'000};
constexpr Duration kSoonest{50}, kSpread{2'000};  // after a connection was lost
constexpr Duration kAcceptPause{100}, kRefusalLogGap{60'000};
constexpr size_t kLongestName = 64;  // of strangers, in the log
constexpr const char* kReplaced = "it has a newer connection";

tcp::endpoint ToAsio(const SocketAddress& address) {
  tcp::endpoint endpoint;
  const auto* bytes = reinterpret_cast<const char*>(address.data());
  std::copy_n(bytes, address.size(), reinterpret_cast<char*>(endpoint.data()));
  endpoint.resize(address.size());
  return endpoint;
}

std::vector<std::string> NamesOf(const HaproxyPeers::Settings& settings) {
  std::vector<std::string> names;
  for (const auto& [name, address] : settings.peers) names.push_back(name);
  return names;
}

std::optional<haproxy::ServerKeyForm> FormOf(config::Peers::ServerKey key) {
  using enum config::Peers::ServerKey;
  if (key == kAuto) return std::nullopt;
  return key == kAddress ? haproxy::ServerKeyForm::kAddress : haproxy::ServerKeyForm::kName;
}

HaproxyPeers::Settings WithoutOurselves(HaproxyPeers::Settings settings) {
  std::erase_if(settings.peers,
                [&](const auto& peer) { return peer.first == settings.local_name; });
  return settings;
}

}  // namespace

struct HaproxyPeers::Peer {
  size_t index = 0;
  std::string name;
  SocketAddress address;
  Link* current = nullptr;  // established
  Link* waiting = nullptr;  // established later, by its call
  Link* calling = nullptr;
  Status status = Status::kNone;
  Status refusal_logged = Status::kNone;
  unsigned minor_version = 1;
  bool called_us = false;
  TimePoint next_call = TimePoint::min(), last_handshake = TimePoint::min();
  uint64_t connects = 0, collisions = 0, protocol_errors = 0, silences = 0;
};

HaproxyPeers::Settings HaproxyPeers::SettingsFrom(const config::Config& config) {
  const std::string& name = config.peers.haproxy_local_name;
  return {.listen = config.peers.haproxy_listen,
          .local_name = name.empty() ? config.node.name : name,
          .peers = config.peers.haproxy_peers,
          .table = config.stick_table.name,
          .expire = config.stick_table.expire,
          .server_key = FormOf(config.peers.haproxy_server_key)};
}

HaproxyPeers::HaproxyPeers(asio::io_context& io, Settings settings, StickTable& table,
                           haproxy::TableExchange::Sources sources)
    : io_(io),
      settings_(WithoutOurselves(std::move(settings))),
      log_(sources.log),
      exchange_({.table = settings_.table,
                 .expire = settings_.expire,
                 .names = NamesOf(settings_),
                 .server_key = settings_.server_key},
                table, std::move(sources), Clock::now()),
      acceptor_(io),
      pause_(io),
      alarm_(io, [this] { CallDue(); }),
      random_(std::random_device{}()),
      tasks_(io) {
  for (const auto& [name, address] : settings_.peers) {
    peers_.push_back({.index = peers_.size(), .name = name, .address = address});
  }
}

HaproxyPeers::~HaproxyPeers() = default;

ErrorCode HaproxyPeers::BindAcceptor() {
  ErrorCode error, ignored;
  if (settings_.listen.empty() || acceptor_.is_open()) return error;
  const tcp::endpoint endpoint = ToAsio(settings_.listen);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (error) acceptor_.close(ignored);
  return error;
}

void HaproxyPeers::Bind() { BindAcceptor(); }

std::string HaproxyPeers::Open() {
  if (!settings_.listen.empty()) {
    ErrorCode error = BindAcceptor();
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      const std::string why = error.message();
      acceptor_.close(error);
      return "peers.haproxy.listen: cannot listen on " + settings_.listen.ToString() + ": " + why;
    }
    tasks_.Spawn(Accept(), [this] {
      ErrorCode ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
  }
  CallDue();
  return "";
}

void HaproxyPeers::Stop(std::function<void()> drained) {
  stopped_ = true;
  alarm_.Cancel();
  tasks_.CloseAll(std::move(drained));
}

SocketAddress HaproxyPeers::listening() const {
  ErrorCode error;
  const tcp::endpoint endpoint = acceptor_.local_endpoint(error);
  if (error) return {};
  return SocketAddress::FromSystem(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
}

void HaproxyPeers::Teach(std::span<const CellRecord> records, TimePoint now) {
  exchange_.Teach(records, now);
  Fill();
}

void HaproxyPeers::ShardsChanged() {
  exchange_.ShardsChanged();
  Fill();
}

void HaproxyPeers::Fill() {
  for (Peer& peer : peers_) {
    if (peer.current == nullptr) continue;
    exchange_.Fill(peer.index, Clock::now());
    if (peer.current->session.HasOutgoing()) peer.current->Wake();
  }
}

std::vector<HaproxyPeers::View> HaproxyPeers::Peers() const {
  std::vector<View> views;
  for (const Peer& peer : peers_) {
    views.push_back({.name = peer.name,
                     .address = peer.address,
                     .status = peer.status,
                     .connected = peer.current != nullptr,
                     .called_us = peer.called_us,
                     .last_handshake = peer.last_handshake,
                     .connects = peer.connects,
                     .collisions = peer.collisions,
                     .protocol_errors = peer.protocol_errors,
                     .silences = peer.silences,
                     .key_length = exchange_.key_length(peer.index),
                     .counters = exchange_.counters(peer.index),
                     .mismatch = exchange_.mismatch(peer.index)});
  }
  return views;
}

asio::awaitable<void> HaproxyPeers::Accept() {
  while (!stopped_) {
    tcp::socket socket(io_);
    const auto [error] = co_await acceptor_.async_accept(socket, kAwait);
    if (stopped_) co_return;
    if (error) {
      ++stats_.accept_failures;
      pause_.expires_after(kAcceptPause);
      co_await pause_.async_wait(kAwait);
    } else if (strangers_ >= kMostStrangers) {
      ++stats_.turned_away;
    } else {
      ++strangers_;
      Link::Start(MakeLink(std::move(socket), nullptr), tasks_);
    }
  }
}

// A link of nobody yet becomes somebody's when it has said who it is.
std::shared_ptr<haproxy::Link> HaproxyPeers::MakeLink(tcp::socket socket, Peer* peer) {
  const PeerSession::Settings settings{.local_name = settings_.local_name,
                                       .table = settings_.table,
                                       .expire = settings_.expire,
                                       .process = static_cast<unsigned>(getpid())};
  const TimePoint now = Clock::now();
  auto session = peer == nullptr
                     ? PeerSession(settings, std::span<const std::string>(NamesOf(settings_)), now)
                     : PeerSession(settings, peer->name, peer->minor_version, now);
  const auto whose = std::make_shared<Peer*>(peer);
  return std::make_shared<Link>(
      io_, std::move(socket), std::move(session),
      Link::Handlers{.on_change = [this, whose](Link& link) { TakeEvents(link, *whose); },
                     .on_room = [this](Link&) { Fill(); },
                     .on_end =
                         [this, whose](Link& link) {
                           *whose == nullptr ? EndStranger(link) : End(link, **whose);
                         }});
}

void HaproxyPeers::CallDue() {
  if (stopped_) return;
  const TimePoint now = Clock::now();
  std::optional<TimePoint> next;
  for (Peer& peer : peers_) {
    if (peer.current != nullptr || peer.calling != nullptr) continue;
    if (peer.next_call <= now) {
      Call(peer);
    } else {
      next = std::min(next.value_or(peer.next_call), peer.next_call);
    }
  }
  alarm_.Set(next);
}

void HaproxyPeers::Call(Peer& peer) {
  peer.status = Status::kConnecting;
  const auto link = MakeLink(tcp::socket(io_), &peer);
  peer.calling = link.get();
  Link::Call(
      link, ToAsio(peer.address), [&peer] { peer.status = Status::kHandshake; }, tasks_);
}

void HaproxyPeers::TakeEvents(Link& link, Peer*& peer) {
  for (const SessionEvent& event : link.session.TakeEvents()) {
    if (event.kind == SessionEvent::Kind::kEstablished) {
      peer = &Establish(link, peer);
      continue;
    }
    if (peer->waiting == &link) Use(link, *peer);
    exchange_.Take(peer->index, event, Clock::now());
  }
  Fill();
}

HaproxyPeers::Peer& HaproxyPeers::Establish(Link& link, Peer* whose) {
  const bool called_us = whose == nullptr;
  if (called_us) --strangers_;
  Peer& peer =
      called_us ? *std::ranges::find(peers_, link.session.remote_name(), &Peer::name) : *whose;
  if (peer.calling == &link) peer.calling = nullptr;
  peer.collisions += peer.current != nullptr ? 1 : 0;
  if (called_us && peer.current != nullptr) {
    if (peer.waiting != nullptr) peer.waiting->End(kReplaced);
    peer.waiting = &link;
  } else {
    Use(link, peer);
  }
  return peer;
}

void HaproxyPeers::Use(Link& link, Peer& peer) {
  if (peer.waiting == &link) peer.waiting = nullptr;
  if (peer.waiting != nullptr) peer.waiting->End(kReplaced);
  if (peer.current != nullptr) peer.current->End(kReplaced);
  peer.current = &link;
  peer.called_us = link.session.called();
  peer.status = Status::kEstablished;
  peer.refusal_logged = Status::kNone;
  peer.last_handshake = Clock::now();
  ++peer.connects;
  link.session.AssumeKeyLength(exchange_.key_length(peer.index));
  exchange_.Begin(peer.index, link.session, Clock::now());
  log_({.kind = haproxy::Event::Kind::kConnected,
        .level = config::LogLevel::kInfo,
        .peer = peer.name,
        .detail = peer.called_us ? "it called" : "we called"});
}

void HaproxyPeers::EndStranger(const Link& link) {
  --strangers_;
  if (link.session.status() <= Status::kEstablished) return;
  ++stats_.refused_hellos;
  const TimePoint now = Clock::now();
  if (refusal_logged_ != TimePoint::min() && now < refusal_logged_ + kRefusalLogGap) return;
  refusal_logged_ = now;
  log_({.kind = haproxy::Event::Kind::kRefused,
        .peer = link.session.remote_name().substr(0, kLongestName),
        .detail = link.session.from_room_router()
                      ? "a Room Router called: replicas share their table by `peers.listen`"
                      : "called us and was " + link.why()});
}

void HaproxyPeers::End(const Link& link, Peer& peer) {
  peer.protocol_errors += link.session.broken() ? 1 : 0;
  peer.silences += link.session.silent() ? 1 : 0;
  if (peer.current == &link) {
    peer.current = nullptr;
    exchange_.End(peer.index);
    peer.next_call = Clock::now() + kSoonest + Duration(random_() % kSpread.count());
    const bool usual = stopped_ || link.why() == kReplaced;
    log_({.kind = haproxy::Event::Kind::kLost,
          .level = usual ? config::LogLevel::kInfo : config::LogLevel::kWarning,
          .peer = peer.name,
          .detail = link.why()});
    if (peer.waiting != nullptr) Use(*peer.waiting, peer);
    Fill();
  } else if (peer.waiting == &link) {
    peer.waiting = nullptr;
  } else if (peer.calling == &link) {
    peer.calling = nullptr;
    EndCall(link, peer);
  }
  CallDue();
}

void HaproxyPeers::EndCall(const Link& link, Peer& peer) {
  const Status status = link.session.status();
  const bool refused = status > Status::kTryAgain;
  if (!link.session.silent()) exchange_.Unreachable(peer.index);  // the silent may yet tell
  peer.next_call = Clock::now() + (refused ? kCallAfterRefusal : kCallAgain);
  if (status == Status::kVersion) peer.minor_version = 0;
  if (status > Status::kEstablished && peer.current == nullptr) peer.status = status;
  if (!refused || std::exchange(peer.refusal_logged, status) == status) return;
  log_({.kind = haproxy::Event::Kind::kRefused,
        .peer = peer.name,
        .detail = haproxy::ExplainRefusal(status, settings_.local_name)});
}

}  // namespace room_router
