// SPDX-License-Identifier: Apache-2.0
#include "router/exchange.h"

#include <charconv>
#include <utility>

#include "router/tunnel.h"

namespace room_router {
namespace {

using Status = IoResult::Status;

// Bytes per event before other connections get their turn.
constexpr size_t kBytesPerTurn = 1 << 20;

void AppendChunk(std::string_view payload, std::string& out) {
  char size[16];
  const auto end = std::to_chars(size, size + sizeof size, payload.size(), 16).ptr;
  out.append(size, end).append("\r\n").append(payload).append("\r\n");
}

CapturedError ErrorOf(EndpointId endpoint, const ClientConnection& client, TimePoint now) {
  return {.response = true,
          .listener = client.listener(),
          .endpoint = endpoint,
          .time = now,
          .ip = std::string(client.ip()),
          .port = client.port(),
          .reason = {},
          .detail = {}};
}

}  // namespace

void Exchange::OnEvents(uint32_t) {
  ClientConnection& client = *client_;
  Advance();
  client.Resume();
}

void Exchange::Advance() {
  if (client_->channel.broken()) return AbortByClient();
  if (phase_ == Phase::kConnecting && !FinishConnect()) return;
  if (!FlushBoth()) return;
  PumpRequest();
  if (!over()) PumpResponse();
  if (!over()) ArmTimeout();
}

bool Exchange::FinishConnect() {
  if (upstream_->connecting()) return false;
  const bool connected = upstream_->connect_error() == 0;
  plane_.NoteConnect(endpoint_, connected);
  if (!connected) {
    const char* tls_problem = upstream_->tls_problem();
    if (tls_problem != nullptr) {
      CapturedError error = ErrorOf(endpoint_, *client_, plane_.loop.now());
      error.reason = ToString(Refusal::kShardTls);
      error.detail = tls_problem;
      plane_.stats.errors.Add(std::move(error), {});
    }
    Fail(tls_problem != nullptr ? Refusal::kShardTls : Refusal::kConnectFailed);
    return false;
  }
  times_.connected = plane_.loop.now();
  plane_.endpoint_stats(endpoint_).connect_ms.Observe(
      Milliseconds(times_.connected - times_.connect_begun));
  phase_ = Phase::kWaiting;
  return true;
}

bool Exchange::FlushBoth() {
  const size_t unsent = client_->channel.unsent() + upstream_->channel.unsent();
  if (client_->channel.blocked() && !client_->channel.Flush()) {
    AbortByClient();
    return false;
  }
  if (!first_write_) {
    first_write_ = true;
    request_broken_ = !upstream_->channel.Write(request_);
  } else if (upstream_->channel.blocked()) {
    request_broken_ = !upstream_->channel.Flush();
  }
  moved_ |= client_->channel.unsent() + upstream_->channel.unsent() != unsent;
  return true;
}

void Exchange::PumpRequest() {
  size_t moved = 0;
  while (!request_body_.done() && !request_broken_ && !upstream_->channel.blocked()) {
    if (moved >= kBytesPerTurn) return plane_.loop.Again(*client_);
    std::string_view bytes;
    const Status status = client_->ReadAhead(bytes);
    if (status == Status::kBlocked) return;
    if (status != Status::kOk) return AbortByClient();
    const auto step = request_body_.Feed(bytes);
    client_->PutBack(bytes.substr(step.consumed));
    bytes_in_ += step.consumed;
    moved += step.consumed;
    moved_ = true;
    if (step.error) {
      keep_client_ = false;
      return phase_ == Phase::kRelaying ? AbortResponse("PR") : Fail(Refusal::kBadRequest);
    }
    request_broken_ = !upstream_->channel.Write(bytes.substr(0, step.forward)) ||
                      (!step.append.empty() && !upstream_->channel.Write(step.append));
  }
}

void Exchange::PumpResponse() {
  size_t moved = 0;
  while (upstream_->channel.readable() && !client_->channel.blocked()) {
    if (moved >= kBytesPerTurn) return plane_.loop.Again(*upstream_);
    const IoResult result =
        upstream_->channel.Read(plane_.scratch.data(), client_->channel.Appetite());
    if (result.status == Status::kBlocked) return;
    if (result.status != Status::kOk) {
      return ShardEnded(result.status == Status::kError || result.cut);
    }
    moved += result.bytes;
    TakeResponse({plane_.scratch.data(), result.bytes});
    if (over()) return;
  }
}

void Exchange::TakeResponse(std::string_view bytes) {
  moved_ = true;
  if (phase_ == Phase::kRelaying) return RelayBody({}, bytes);
  if (times_.first_byte == TimePoint{}) times_.first_byte = plane_.loop.now();
  if (head_input_.empty()) return TakeResponseHead(bytes);
  std::string whole = std::exchange(head_input_, {});
  whole.append(bytes);
  TakeResponseHead(whole);
}

void Exchange::TakeResponseHead(std::string_view bytes) {
  while (!bytes.empty()) {
    http::ResponseHead& head = plane_.response_head;
    const auto parsed = http::ParseResponseHead(bytes, plane_.config->limits, method_, head);
    if (parsed == http::ParseStatus::kIncomplete) {
      head_input_.assign(bytes);
      return;
    }
    if (parsed == http::ParseStatus::kError) {
      CapturedError error = ErrorOf(endpoint_, *client_, plane_.loop.now());
      error.reason = ToString(Refusal::kBadResponse);
      plane_.stats.errors.Add(std::move(error), bytes);
      return Fail(Refusal::kBadResponse);
    }
    const std::string_view rest = bytes.substr(head.size);
    if (head.status == 101) {
      if (!websocket_ || !head.websocket_accepted) return Fail(Refusal::kBadResponse);
      return BecomeTunnel(head, rest);
    }
    if (head.status >= 200) return StartResponse(head, rest);
    RelayInterim(head);
    if (over()) return;
    bytes = rest;
  }
}

void Exchange::RelayInterim(const http::ResponseHead& head) {
  if (client_http10_) return;  // RFC 9110 §15.2: a 1.0 client does not know 1xx
  plane_.head_out.clear();
  plane_.config->heads.WriteResponse(head, {}, {}, plane_.head_out);
  if (!SendToClient(plane_.head_out, {})) AbortByClient();
}

void Exchange::StartResponse(const http::ResponseHead& head, std::string_view rest) {
  status_ = head.status;
  phase_ = Phase::kRelaying;
  keep_upstream_ = head.keep_alive && head.body != http::BodyKind::kUntilClose;
  if (head.body == http::BodyKind::kUntilClose) {
    framing_ = client_http10_ ? Framing::kVerbatim : Framing::kAddChunks;
  } else if (head.body == http::BodyKind::kChunked && client_http10_) {
    framing_ = Framing::kUnwrapChunks;
  }
  const bool ends_by_close = client_http10_ && (head.body == http::BodyKind::kUntilClose ||
                                                head.body == http::BodyKind::kChunked);
  keep_client_ = client_keep_alive_ && !ends_by_close && request_body_.done() && !plane_.draining;
  response_body_ = http::BodyReader(head.body, head.content_length, accepts_trailers_);
  plane_.head_out.clear();
  plane_.config->heads.WriteResponse(head,
                                     {.shard = shard_name_, .region = region_, .release = release_},
                                     {.client_http10 = client_http10_,
                                      .keep_alive = keep_client_,
                                      .explicit_keep_alive = client_http10_,
                                      .add_chunked = framing_ == Framing::kAddChunks,
                                      .drop_framing = framing_ == Framing::kUnwrapChunks},
                                     plane_.head_out);
  RelayBody(plane_.head_out, rest);
}

// Sends `head` (the rewritten response head, or nothing) and what `bytes` hold of the body.
void Exchange::RelayBody(std::string_view head, std::string_view bytes) {
  http::BodyReader::Step step;
  bool sent = true;
  if (framing_ == Framing::kVerbatim) {
    step = response_body_.Feed(bytes);
    sent = SendToClient(head, bytes.substr(0, step.forward)) &&
           (step.append.empty() || SendToClient({}, step.append));
  } else {
    std::string payload, out(head);
    step = response_body_.Feed(bytes, &payload);
    if (framing_ == Framing::kUnwrapChunks) {
      out.append(payload);
    } else if (!payload.empty()) {
      AppendChunk(payload, out);
    }
    sent = SendToClient(out, {});
  }
  if (!sent) return AbortByClient();
  if (step.error) return AbortResponse("SD");
  if (step.done) Complete(step.consumed < bytes.size());
}

bool Exchange::SendToClient(std::string_view head, std::string_view body) {
  bytes_out_ += head.size() + body.size();
  if (head.empty() || body.empty()) return client_->channel.Write(head.empty() ? body : head);
  if (const auto joined = plane_.scratch.Join(head, body); !joined.empty()) {
    return client_->channel.Write(joined);
  }
  return client_->channel.Write(plane_.head_out.append(body));
}

void Exchange::ShardEnded(bool error) {
  if (phase_ == Phase::kWaiting) {
    return Fail(head_input_.empty() ? Refusal::kShardClosed : Refusal::kBadResponse);
  }
  if (error || !response_body_.MayEndHere()) {
    ++plane_.endpoint_stats(endpoint_).shard_aborts;
    return AbortResponse("SD");
  }
  if (framing_ == Framing::kAddChunks && !SendToClient("0\r\n\r\n", {})) return AbortByClient();
  Complete(false);
}

void Exchange::BecomeTunnel(const http::ResponseHead& head, std::string_view rest) {
  status_ = 101;
  plane_.head_out.clear();
  plane_.config->heads.WriteResponse(head,
                                     {.shard = shard_name_, .region = region_, .release = release_},
                                     {.upgrade = true}, plane_.head_out);
  if (!SendToClient(plane_.head_out, rest)) return AbortByClient();
  client_->stats().bytes_in += bytes_in_;
  client_->stats().bytes_out += bytes_out_;
  client_->stats().responses.Count(101);
  plane_.endpoint_stats(endpoint_).responses.Count(101);
  if (log_) {
    PrepareLog();
    log_->tunnel = true;
  }
  auto tunnel = std::make_unique<Tunnel>(plane_, *client_, std::move(upstream_),
                                         Tunnel::Origin{.has_key = has_key_,
                                                        .key_namespace = key_namespace_,
                                                        .key = key_,
                                                        .shard = shard_,
                                                        .bytes_in = bytes_in_,
                                                        .bytes_out = bytes_out_,
                                                        .log = std::move(log_)});
  phase_ = Phase::kDone;
  ReleaseSession();
  client_->BecomeTunnel(std::move(tunnel));
}

void Exchange::Complete(bool surplus) {
  EndpointStats& stats = plane_.endpoint_stats(endpoint_);
  stats.responses.Count(status_);
  const TimePoint now = plane_.loop.now();
  stats.first_byte_ms.Observe(Milliseconds(times_.first_byte - times_.connected));
  const uint64_t total_ms = Milliseconds(now - times_.begun);
  stats.total_ms.Observe(total_ms);
  plane_.stats.duration_ms[static_cast<size_t>(request_class_)].Observe(total_ms);
  Log("--");
  ReleaseUpstream(keep_upstream_ && !surplus && request_body_.done() && !request_broken_);
  ReleaseSession();
  phase_ = Phase::kDone;
  client_->ExchangeDone(keep_client_ && request_body_.done());
}

void Exchange::AbortByClient() {
  plane_.Count(Refusal::kClientAborted);
  if (endpoint_ != kNoEndpoint) ++plane_.endpoint_stats(endpoint_).client_aborts;
  AbortResponse(phase_ == Phase::kRelaying ? "CD" : "CH");
}

// The message to the client cannot be finished: it must see that, so its connection closes.
void Exchange::AbortResponse(std::string_view termination) {
  Log(termination);
  ReleaseUpstream(false);
  ReleaseSession();
  phase_ = Phase::kDone;
  client_->Close();
}

void Exchange::Abandon() {
  if (over()) return;
  Log("CD");
  ReleaseUpstream(false);
  ReleaseSession();
  phase_ = Phase::kDone;
}

void Exchange::OnTimeout(TimeoutClass timeout) {
  if (timeout == TimeoutClass::kConnect) {
    plane_.NoteConnect(endpoint_, false);
    Fail(Refusal::kConnectTimeout);
  } else if (phase_ == Phase::kRelaying) {
    const bool by_shard = timeout == TimeoutClass::kServerResponse;
    EndpointStats& stats = plane_.endpoint_stats(endpoint_);
    ++(by_shard ? stats.response_errors : stats.client_aborts);
    plane_.Count(by_shard ? Refusal::kShardTimeout : Refusal::kClientAborted);
    AbortResponse(by_shard ? "sD" : "cD");
  } else {
    Fail(timeout == TimeoutClass::kServerResponse ? Refusal::kShardTimeout
                                                  : Refusal::kHeaderTimeout);
  }
}

void Exchange::ArmTimeout() {
  if (phase_ == Phase::kConnecting) return client_->Arm(TimeoutClass::kConnect);
  const bool waits_for_client =
      client_->channel.blocked() ||
      (phase_ == Phase::kWaiting && !request_body_.done() && !upstream_->channel.blocked());
  const TimeoutClass waits =
      waits_for_client ? TimeoutClass::kClientIdle : TimeoutClass::kServerResponse;
  // An event alone gives no more time: else a client could send bytes ahead and wait for ever.
  if (std::exchange(moved_, false) || !client_->WaitsFor(waits)) client_->Arm(waits);
}

}  // namespace room_router
