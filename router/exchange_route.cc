// SPDX-License-Identifier: Apache-2.0
// The first half of an exchange: from a request's head to a connection towards an endpoint.
#include <algorithm>
#include <span>

#include "router/exchange.h"
#include "sticky/bridge_target.h"

namespace room_router {
namespace {

std::optional<Refusal> RefusalFor(RoomError error) {
  switch (error) {
    case RoomError::kNone:
      return std::nullopt;
    case RoomError::kConflictingRooms:
      return Refusal::kConflictingRooms;
    case RoomError::kControlCharacter:
      return Refusal::kBadRequest;
    case RoomError::kTooLong:
      return Refusal::kUriTooLong;
  }
  return std::nullopt;
}

bool IsSafe(http::Method method) {  // RFC 9110 §9.2.1, as far as browsers use them
  return method == http::Method::kGet || method == http::Method::kHead ||
         method == http::Method::kOptions;
}

}  // namespace

size_t Exchange::Begin(ClientConnection& client, std::string_view view) {
  const http::RequestHead& head = plane_.request_head;
  Reset(client, head);
  const auto first = request_body_.Feed(view.substr(head.size));
  const size_t taken = head.size + first.consumed;
  bytes_in_ = taken;
  if (first.error) {
    client_keep_alive_ = false;
    Refuse(Refusal::kBadRequest);
    return taken;
  }
  if (plane_.config->limits_requests) {
    const RateVerdict verdict =
        TakeRequest(client.asker(), head, *plane_.config, plane_.loop.now());
    if (verdict.wait > Duration::zero()) {
      Refuse(verdict.refusal, verdict.wait);
      return taken;
    }
  }
  if (const auto refusal = Route(head)) {
    Refuse(*refusal);
  } else if (!over()) {
    BuildRequest(head, view.substr(head.size, first.forward), first.append);
    const auto failed = Connect();
    bridge_ = nullptr;
    if (failed && !TryAgain(*failed)) Refuse(*failed);
  }
  return taken;
}

void Exchange::Reset(ClientConnection& client, const http::RequestHead& head) {
  client_ = &client;
  phase_ = Phase::kConnecting;
  method_ = head.method_id;
  client_http10_ = head.minor_version == 0;
  client_keep_alive_ = head.keep_alive && !plane_.draining;
  websocket_ = head.websocket;
  accepts_trailers_ = head.accepts_trailers;
  has_request_body_ = head.body != http::BodyKind::kNone;
  request_broken_ = first_write_ = has_key_ = any_shard_ = holds_session_ = false;
  request_body_ = http::BodyReader(head.body, head.content_length, false);
  request_.clear();
  shard_ = kNoShard;
  bridge_ = nullptr;
  shard_name_.clear();
  region_.clear();
  release_.clear();
  endpoint_ = kNoEndpoint;
  tries_ = 0;
  status_ = 0;
  framing_ = Framing::kVerbatim;
  keep_client_ = keep_upstream_ = false;
  response_body_ = {};
  head_input_.clear();
  bytes_in_ = bytes_out_ = 0;
  times_ = {.begun = client.request_begun(), .head_complete = plane_.loop.now()};
  const auto given = client.trusted() ? plane_.config->heads.RequestIdOf(head) : std::string_view();
  if (given.empty() || !request_id_.Take(given)) request_id_.Make(plane_.NextRequestDigits());
  if (plane_.access_log == nullptr) {
    log_.reset();
  } else {
    if (!log_) log_ = std::make_unique<ExchangeLog>();
    log_->Begin(client.ip(), client.port(), head);
    log_->listener = plane_.config->listener_names[client.listener()];
    log_->request_id = request_id_.view();
  }
}

std::optional<Refusal> Exchange::Route(const http::RequestHead& head) {
  if (method_ == http::Method::kConnect || method_ == http::Method::kTrace) {
    return Refusal::kMethod;
  }
  RoomRequest& room = plane_.room_request;
  plane_.config->keys.Read(head.method, head.target, head.authority, head.websocket, room);
  request_class_ = room.request_class;
  ++plane_.stats.requests_by_class[static_cast<size_t>(request_class_)];
  if (log_) log_->TakeRoom(room);
  if (const auto refusal = RefusalFor(room.error)) return refusal;
  if (room.request_class == RequestClass::kBridge) return RouteToBridge(head);
  has_key_ = room.has_key;
  key_ = room.key;
  key_namespace_ = room.key_namespace;
  const Decision decision = plane_.directory.Decide(room, *plane_.shards, plane_.loop.now());
  if (const auto refusal = TakeDecision(decision)) return refusal;
  if (room.local == LocalAnswer::kKeepalive) {
    AnswerKeepalive();
  } else if (has_key_ && room.request_class == RequestClass::kSignalling &&
             method_ == http::Method::kPost) {
    // A BOSH long-poll is a live session of its room for as long as it waits.
    plane_.directory.table().AcquireSession(key_namespace_, key_, plane_.loop.now());
    holds_session_ = true;
  }
  return std::nullopt;
}

// A channel goes to the bridge whose id it names, if discovery knows exactly that one. Whatever
// else concerns bridges goes nowhere; one answer for all of it, so that nothing can be told from
// it.
std::optional<Refusal> Exchange::RouteToBridge(const http::RequestHead& head) {
  if (plane_.bridges == nullptr) return Refusal::kUnknownBridge;
  if (IsRelayTarget(head.target)) return Refusal::kBridgeRelay;
  if (!head.websocket || head.absolute_form) return Refusal::kUnknownBridge;
  const auto id = BridgeOf(head.target);
  bridge_ = id ? plane_.bridges->Find(*id) : nullptr;
  if (bridge_ == nullptr) return Refusal::kUnknownBridge;
  if (log_) log_->endpoint = bridge_->name;
  return std::nullopt;
}

std::optional<Refusal> Exchange::TakeDecision(const Decision& decision) {
  if (decision.how == Decision::How::kUnknownShard) return Refusal::kUnknownShard;
  if (decision.how == Decision::How::kBanned) return Refusal::kBanned;
  if (decision.how == Decision::How::kBannedPage) return Refusal::kBannedPage;
  if (decision.shard == nullptr) return Refusal::kNoEligibleShard;
  any_shard_ = decision.how == Decision::How::kAny;
  shard_ = decision.shard->id;
  if (has_key_ || decision.how == Decision::How::kExplicit) {
    if (plane_.shards->named) shard_name_ = decision.shard->name;
    region_ = decision.shard->region;
    release_ = decision.shard->release;
  }
  if (log_) log_->shard = decision.shard->name;
  return std::nullopt;
}

// What `_unlock` and the websocket's keepalive ask: where is my room?
void Exchange::AnswerKeepalive() {
  const config::Headers& names = plane_.config->config.headers;
  std::string& out = plane_.head_out;
  out.assign(
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nCache-Control: no-cache, no-store\r\n"
      "Access-Control-Allow-Origin: *\r\n");
  std::string exposed;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (name.empty()) return;
    exposed.append(exposed.empty() ? "" : ", ").append(name);
    if (!value.empty()) out.append(name).append(": ").append(value).append("\r\n");
  };
  add(names.shard, shard_name_);
  add(names.region, region_);
  add(names.release, release_);
  if (!exposed.empty()) {
    out.append("Access-Control-Expose-Headers: ").append(exposed).append("\r\n");
  }
  const bool keep = client_keep_alive_ && request_body_.done();
  out.append(keep ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
  ++client_->stats().local_answers;
  status_ = 200;
  bytes_out_ = out.size();
  client_->channel.Write(out);
  Log("LR");
  phase_ = Phase::kDone;
  client_->ExchangeDone(keep);
}

void Exchange::Refuse(Refusal refusal, Duration retry_after) {
  const ProxyError& error = Describe(refusal);
  const bool keep =
      client_keep_alive_ && request_body_.done() && error.status != 400 && error.status != 408;
  plane_.Count(refusal);
  ++client_->stats().requests_refused;
  plane_.head_out.clear();
  plane_.config->errors.Write(refusal,
                              {.head_only = method_ == http::Method::kHead,
                               .keep_alive = keep,
                               .request_id = request_id_.view(),
                               .retry_after = retry_after},
                              plane_.head_out);
  status_ = error.status;
  bytes_out_ = plane_.head_out.size();
  client_->channel.Write(plane_.head_out);
  Log(error.termination);
  ReleaseSession();
  phase_ = Phase::kDone;
  client_->ExchangeDone(keep);
}

void Exchange::BuildRequest(const http::RequestHead& head, std::string_view body,
                            std::string_view append) {
  const ConfigSnapshot& config = *plane_.config;
  const http::ClientFacts client{.ip = client_->ip(),
                                 .local_port = config.listener_ports[client_->listener()],
                                 .request_id = request_id_.view(),
                                 .tls = client_->tls(),
                                 .trusted = client_->trusted()};
  const RoomRequest& room = plane_.room_request;
  config.heads.WriteRequest(head, client, has_key_ ? std::string_view(room.room) : "", request_);
  request_.append(body).append(append);
}

// The bridge, or the best endpoint of the shard not tried yet.
const Endpoint* Exchange::ChooseEndpoint() {
  if (bridge_ != nullptr) return bridge_;
  const Shard* shard = plane_.shards->set->FindById(shard_);
  if (shard == nullptr) return nullptr;
  const Endpoint* endpoint = plane_.ChooseEndpoint(*shard, std::span(tried_).first(tries_));
  if (log_ && endpoint != nullptr && shard->endpoints.size() > 1) log_->endpoint = endpoint->name;
  return endpoint;
}

// Takes a pooled connection or opens one.
std::optional<Refusal> Exchange::Connect() {
  const Endpoint* endpoint = ChooseEndpoint();
  if (endpoint == nullptr) return Refusal::kNoEligibleShard;
  endpoint_ = endpoint->id;
  if (tries_ < tried_.size()) tried_[tries_++] = endpoint_;
  EndpointStats& stats = plane_.endpoint_stats(endpoint_);
  times_.connect_begun = times_.connected = plane_.loop.now();
  first_write_ = request_broken_ = false;
  const bool introduces =
      endpoint_ != kBridgeEndpoint && plane_.config->config.shards.proxy_protocol;
  upstream_ = tries_ == 1 && !introduces ? plane_.pool.Take(endpoint_) : nullptr;
  if (upstream_) {
    ++stats.reuses;
    phase_ = Phase::kWaiting;
  } else {
    upstream_ = plane_.pool.Connect(*endpoint, introduces ? client_->preface() : "");
    if (!upstream_) {
      plane_.NoteConnect(endpoint_, false);
      return Refusal::kConnectFailed;
    }
    ++stats.connects;
    phase_ = Phase::kConnecting;
  }
  upstream_->set_user(this);
  if (tries_ == 1) ++stats.requests;
  stats.outstanding_max = std::max(stats.outstanding_max, ++stats.outstanding);
  if (phase_ == Phase::kWaiting) {
    first_write_ = true;
    request_broken_ = !upstream_->channel.Write(request_);
  }
  moved_ = true;
  ArmTimeout();
  return std::nullopt;
}

// Another attempt, where the request can't have been acted on. False when there is none to make.
bool Exchange::TryAgain(Refusal refusal) {
  const bool not_sent = refusal == Refusal::kConnectFailed || refusal == Refusal::kConnectTimeout ||
                        refusal == Refusal::kShardTls;
  const bool reset_while_reused = refusal == Refusal::kShardClosed && upstream_ &&
                                  upstream_->reused() && IsSafe(method_) && !has_request_body_ &&
                                  times_.first_byte == TimePoint{};
  if (!not_sent && !reset_while_reused) return false;
  if (endpoint_ == kBridgeEndpoint) return false;  // there is no other that could do instead
  if (tries_ > plane_.config->config.retries || tries_ == tried_.size()) return false;
  ReleaseUpstream(false);
  const auto& shards = *plane_.shards;
  const Shard* shard = shards.set->FindById(shard_);
  if (not_sent) {
    const auto tried = std::span(tried_).first(tries_);
    const bool all_tried =
        shard == nullptr ||
        std::all_of(shard->endpoints.begin(), shard->endpoints.end(), [&](const Endpoint& e) {
          return std::find(tried.begin(), tried.end(), e.id) != tried.end();
        });
    if (all_tried) {
      if (!any_shard_) return false;  // the room stays where it is until its shard is down
      const auto decision = plane_.directory.Decide({}, shards, plane_.loop.now());
      if (decision.shard == nullptr || decision.shard->id == shard_) return false;
      shard_ = decision.shard->id;
      ++plane_.endpoint_stats(endpoint_).redispatches;
    }
  }
  ++plane_.endpoint_stats(endpoint_).retries;
  const auto failed = Connect();
  return !failed || TryAgain(*failed);
}

// The shard gave no usable answer.
void Exchange::Fail(Refusal refusal) {
  if (TryAgain(refusal)) return;
  if (endpoint_ != kNoEndpoint && refusal != Refusal::kBadRequest) {
    ++plane_.endpoint_stats(endpoint_).response_errors;
  }
  ReleaseUpstream(false);
  Refuse(refusal);
}

void Exchange::ReleaseUpstream(bool reusable) {
  if (!upstream_) return;
  --plane_.endpoint_stats(endpoint_).outstanding;
  if (reusable && !plane_.draining && !upstream_->channel.readable() &&
      !upstream_->channel.blocked() && !upstream_->channel.eof()) {
    plane_.pool.Keep(std::move(upstream_));
  } else {
    plane_.pool.Discard(std::move(upstream_));
  }
}

std::optional<LiveSession> Exchange::session() const {
  if (!holds_session_) return {};
  return LiveSession{.key_namespace = key_namespace_, .key = key_, .shard = shard_};
}

Destination Exchange::destination() const {
  return {.shard = shard_,
          .endpoint = upstream_ ? endpoint_ : kNoEndpoint,
          .has_room = has_key_,
          .key_namespace = key_namespace_,
          .key = key_};
}

void Exchange::ReleaseSession() {
  if (!holds_session_) return;
  holds_session_ = false;
  plane_.directory.table().ReleaseSession(key_namespace_, key_, plane_.loop.now());
}

void Exchange::PrepareLog() {
  log_->times = times_;
  log_->load = {.listener_connections = client_->stats().connections,
                .endpoint_outstanding =
                    endpoint_ == kNoEndpoint ? 0 : plane_.endpoint_stats(endpoint_).outstanding,
                .retries = tries_ > 1U ? tries_ - 1U : 0U};
}

void Exchange::Log(std::string_view termination) {
  ListenerStats& stats = client_->stats();
  stats.bytes_in += bytes_in_;
  stats.bytes_out += bytes_out_;
  if (status_ != 0) stats.responses.Count(status_);
  if (endpoint_ != kNoEndpoint) {
    EndpointStats& endpoint = plane_.endpoint_stats(endpoint_);
    endpoint.bytes_in += bytes_in_;
    endpoint.bytes_out += bytes_out_;
    endpoint.last_session_s = static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(plane_.loop.now().time_since_epoch())
            .count());
  }
  if (!log_) return;
  PrepareLog();
  log_->Write(*plane_.access_log, status_, bytes_out_, termination, plane_.loop.now());
}

}  // namespace room_router
