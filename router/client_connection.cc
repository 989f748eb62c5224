// SPDX-License-Identifier: Apache-2.0
#include "router/client_connection.h"

#include <sys/socket.h>

#include <array>

#include "discovery/proxy_preface.h"
#include "router/exchange.h"
#include "router/proxy_header.h"
#include "router/tunnel.h"

namespace room_router {

namespace {

using Status = IoResult::Status;

constexpr int kReadsPerTurn = 16;
// Served before other connections get their turn: what a client has pipelined may never end.
constexpr int kRequestsPerTurn = 4;
// Bounds the pipelined requests read ahead, and what they cost while the first one is served.
constexpr size_t kHeadRead = 16 << 10;

}  // namespace

ClientConnection::ClientConnection(DataPlane& plane, std::unique_ptr<Transport> transport,
                                   const SocketAddress& peer, uint16_t listener, bool counted)
    : channel(std::move(transport)),
      plane_(plane),
      ip_(peer.Ip()),
      id_(plane.NextClientId()),
      begun_(plane.loop.now()),
      address_(KeyOfAddress(peer)),
      counted_(counted),
      port_(peer.port()),
      listener_(listener),
      trusted_(plane.config->Trusts(peer)) {
  ListenerStats& counters = stats();
  ++counters.connections_total;
  counters.connections_max = std::max(counters.connections_max, ++counters.connections);
  if (plane.config->config.listeners[listener].proxy_protocol) phase_ = Phase::kPreamble;
  Arm(TimeoutClass::kClientHeader);
}

ClientConnection::~ClientConnection() {
  if (counted_) plane_.addresses.GiveConnection(address_);
}

void ClientConnection::OnEvents(uint32_t events) {
  if (closed()) return;
  channel.Note(events);
  if (phase_ == Phase::kExchange) exchange_->OnClientEvents();
  if (phase_ == Phase::kTunnel) return tunnel_->OnClientEvents();
  Resume();
}

void ClientConnection::Resume() {
  if (closed()) return;
  if (phase_ != Phase::kExchange && channel.blocked() && !channel.Flush()) return Close();
  if (phase_ == Phase::kLingering) return Linger();
  if (phase_ == Phase::kPreamble) ReadProxyHeader();
  for (int turns = 0; (phase_ == Phase::kIdle || phase_ == Phase::kHead) && !channel.blocked();) {
    if (turns++ == kRequestsPerTurn) return plane_.loop.Again(*this);
    if (!ReadRequest()) break;
  }
  if (phase_ == Phase::kClosing && !channel.blocked()) FinishClosing();
}

// Bytes are peeked at, so that what follows the header is left for who reads requests.
void ClientConnection::ReadProxyHeader() {
  if (!trusted_) return TurnAway(Refusal::kUntrustedProxy);
  const IoResult peeked = channel.Peek(plane_.scratch.data(), ProxyHeader::kMaxSize);
  if (peeked.status == Status::kBlocked) return;
  if (peeked.status != Status::kOk) return Close();
  ProxyHeader header;
  switch (ParseProxyHeader({plane_.scratch.data(), peeked.bytes}, header)) {
    case ProxyHeaderStatus::kIncomplete:
      return;
    case ProxyHeaderStatus::kMalformed:
      return TurnAway(Refusal::kProxyHeader);
    case ProxyHeaderStatus::kComplete:
      channel.Skip(header.size);
      phase_ = Phase::kIdle;
      if (!header.source.empty()) TakeSource(header.source);
  }
}

void ClientConnection::TakeSource(const SocketAddress& source) {
  ip_ = source.Ip();
  port_ = source.port();
  trusted_ = plane_.config->Trusts(source);
  address_ = KeyOfAddress(source);
  if (trusted_) return;
  const Entrance entrance =
      Enter(plane_.addresses, source, plane_.config->config.limits, plane_.loop.now());
  counted_ = entrance.counted;
  if (entrance.refusal) TurnAway(*entrance.refusal);
}

// Without an answer: nobody knows yet who would read it.
void ClientConnection::TurnAway(Refusal refusal) {
  plane_.Count(refusal);
  plane_.stats.errors.Add({.listener = listener_,
                           .time = plane_.loop.now(),
                           .ip = ip_,
                           .port = port_,
                           .reason = ToString(refusal)},
                          {});
  Close();
}

// Reads and serves at most one request; false when there is nothing (more) to do now.
bool ClientConnection::ReadRequest() {
  std::string_view view = input_;
  const bool ahead = std::exchange(input_is_new_, false);
  if (!ahead && !ReadMore(view)) return false;
  if (phase_ == Phase::kIdle) {
    phase_ = Phase::kHead;
    request_begun_ = plane_.loop.now();
    if (!first_request_) Arm(TimeoutClass::kClientHeader);
  }
  switch (http::ParseRequestHead(view, plane_.config->limits, plane_.request_head)) {
    case http::ParseStatus::kIncomplete:
      if (view.data() != input_.data()) input_.assign(view);
      return channel.readable();
    case http::ParseStatus::kError:
      plane_.stats.errors.Add({.listener = listener_,
                               .time = plane_.loop.now(),
                               .ip = ip_,
                               .port = port_,
                               .reason = ToString(RefusalFor(plane_.request_head.error))},
                              view);
      Refuse(RefusalFor(plane_.request_head.error));
      return false;
    case http::ParseStatus::kComplete:
      pipelined_ = ahead ? pipelined_ + 1 : 0;
      if (pipelined_ > plane_.config->config.limits.pipelined_requests) {
        Refuse(Refusal::kPipelining);
        return false;
      }
      Serve(view);
      return true;
  }
  return false;
}

// Makes `view` the bytes to parse. Without a line end among the new bytes no parser can get any
// further, so it isn't tried: a head sent byte by byte costs its length, not its square.
bool ClientConnection::ReadMore(std::string_view& view) {
  for (;;) {
    const IoResult result = channel.Read(plane_.scratch.data(), kHeadRead);
    if (result.status == Status::kBlocked) return false;
    if (result.status == Status::kError && tls() && requests_ == 0) {
      TurnAway(Refusal::kTlsHandshake);
      return false;
    }
    if (result.status != Status::kOk) {
      Close();
      return false;
    }
    const std::string_view fresh(plane_.scratch.data(), result.bytes);
    if (input_.empty()) {
      view = fresh;
      return true;
    }
    input_.append(fresh);
    view = input_;
    if (fresh.find('\n') != fresh.npos || input_.size() > plane_.config->limits.first_line) {
      return true;
    }
  }
}

void ClientConnection::Serve(std::string_view view) {
  ++stats().requests;
  ++requests_;
  phase_ = Phase::kExchange;
  first_request_ = false;
  exchange_ = plane_.TakeExchange();
  const bool from_input = view.data() == input_.data();
  const size_t taken = exchange_->Begin(*this, view);
  if (closed()) return;
  if (taken == view.size()) {
    if (from_input) input_ = std::string();
  } else if (from_input) {
    input_.erase(0, taken);
  } else {
    input_.assign(view.substr(taken));
  }
  input_is_new_ = !input_.empty();
  // More of a body may be waiting already; no further event would say so.
  if (phase_ == Phase::kExchange && (input_is_new_ || channel.readable())) {
    exchange_->OnClientEvents();
  }
}

void ClientConnection::Refuse(Refusal refusal) {
  ListenerStats& counters = stats();
  ++counters.requests;
  ++counters.requests_refused;
  const int status = Describe(refusal).status;
  counters.responses.Count(status);
  plane_.Count(refusal);
  plane_.head_out.clear();
  RequestId id;
  id.Make(plane_.NextRequestDigits());
  plane_.config->errors.Write(refusal, {.request_id = id.view()}, plane_.head_out);
  counters.bytes_out += plane_.head_out.size();
  channel.Write(plane_.head_out);
  if (plane_.access_log != nullptr) {
    ExchangeLog log;
    log.BeginRefused(ip_, port_);
    log.listener = plane_.config->listener_names[listener_];
    log.times = {.begun = request_begun_};
    log.request_id = id.view();
    log.Write(*plane_.access_log, status, plane_.head_out.size(), Describe(refusal).termination,
              plane_.loop.now());
  }
  phase_ = Phase::kClosing;
}

std::string ClientConnection::preface() const {
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  auto* address = reinterpret_cast<sockaddr*>(&local);
  if (getsockname(channel.descriptor(), address, &size) != 0) local = {};
  const auto source = SocketAddress::FromIp(ip_, port_);
  return ProxyPreface(source.value_or(SocketAddress()), SocketAddress::FromSystem(address, size));
}

IoResult::Status ClientConnection::ReadAhead(std::string_view& bytes) {
  if (!input_.empty()) {
    const size_t size = std::min(input_.size(), Scratch::kSize);
    input_.copy(plane_.scratch.data(), size);
    input_.erase(0, size);
    bytes = {plane_.scratch.data(), size};
    return Status::kOk;
  }
  const IoResult result = channel.Read(plane_.scratch.data(), Channel::kLeastAppetite);
  if (result.status == Status::kOk) bytes = {plane_.scratch.data(), result.bytes};
  return result.status;
}

void ClientConnection::PutBack(std::string_view rest) {
  if (rest.empty()) return;
  input_.insert(0, rest);
  input_is_new_ = true;
}

void ClientConnection::ExchangeDone(bool keep_alive) {
  plane_.Recycle(std::move(exchange_));
  if (closed()) return;
  phase_ = keep_alive && !plane_.draining ? Phase::kIdle : Phase::kClosing;
  Arm(TimeoutClass::kClientIdle);
}

void ClientConnection::BecomeTunnel(std::unique_ptr<Tunnel> tunnel) {
  plane_.Recycle(std::move(exchange_));
  tunnel_ = std::move(tunnel);
  phase_ = Phase::kTunnel;
  std::string early = std::exchange(input_, {});
  input_is_new_ = false;
  tunnel_->Start(early);
}

void ClientConnection::OnTimeout(TimeoutClass timeout) {
  switch (phase_) {
    case Phase::kExchange:
      exchange_->OnTimeout(timeout);
      return Resume();
    case Phase::kTunnel:
      return tunnel_->OnTimeout();
    case Phase::kHead:
      Refuse(Refusal::kHeaderTimeout);
      return Resume();
    case Phase::kPreamble:
      return TurnAway(Refusal::kHeaderTimeout);
    default:
      if (channel.in_handshake()) return TurnAway(Refusal::kTlsHandshake);
      if (channel.blocked()) plane_.Count(Refusal::kClientAborted);
      return Close();
  }
}

// A client that has only just connected may have sent its request already: it gets its answer.
void ClientConnection::BeginDrain() {
  const bool idle = phase_ == Phase::kIdle && !first_request_ && !input_is_new_;
  if (idle && !channel.blocked()) Close();
}

bool ClientConnection::Leave(const MovedRooms& moved) {
  std::optional<LiveSession> session;
  if (tunnel_) session = tunnel_->session();
  if (exchange_) session = exchange_->session();
  if (!session || !moved.MustEnd(*session)) return false;
  EndByOperator();
  return true;
}

void ClientConnection::EndByOperator() {
  if (tunnel_) {
    tunnel_->EndByRouter();
  } else {
    Close();
  }
}

SessionFacts ClientConnection::facts() const {
  using Shown = SessionFacts::Phase;
  constexpr std::array<Shown, 8> kPhases = {Shown::kIdle,    Shown::kRequest, Shown::kExchange,
                                            Shown::kTunnel,  Shown::kClosing, Shown::kClosing,
                                            Shown::kClosing, Shown::kIdle};
  SessionFacts facts{.id = id_,
                     .ip = ip_,
                     .port = port_,
                     .listener = listener_,
                     .phase = kPhases.at(static_cast<size_t>(phase_)),
                     .begun = begun_,
                     .request_begun = request_begun_,
                     .requests = requests_};
  if (tunnel_) facts.destination = tunnel_->destination();
  if (exchange_) facts.destination = exchange_->destination();
  return facts;
}

// Everything has been sent. Bytes the client still sends would make the system answer with a reset
// that could overtake the response, so they are read and dropped for a moment first.
void ClientConnection::FinishClosing() {
  channel.EndWrites();
  phase_ = Phase::kLingering;
  input_ = std::string();
  Arm(TimeoutClass::kLinger);
  Linger();
}

void ClientConnection::Linger() {
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    switch (channel.Read(plane_.scratch.data(), kHeadRead).status) {
      case Status::kOk:
        continue;
      case Status::kBlocked:
        return;
      default:
        return Close();
    }
  }
  plane_.loop.Again(*this);
}

void ClientConnection::GiveUp() {
  phase_ = Phase::kClosed;
  --stats().connections;
}

void ClientConnection::Close() {
  if (closed()) return;
  phase_ = Phase::kClosed;
  if (exchange_) {
    exchange_->Abandon();
    plane_.Recycle(std::move(exchange_));
  }
  if (tunnel_) {
    tunnel_->End();
    plane_.loop.Bury(std::move(tunnel_));
  }
  --stats().connections;
  plane_.timeouts.Disarm(*this);
  channel.Close();
  plane_.clients.erase(plane_.clients.iterator_to(*this));
  if (plane_.on_client_closed) plane_.on_client_closed(listener_);
  plane_.loop.Bury(std::unique_ptr<EventHandler>(this));
}

}  // namespace room_router
