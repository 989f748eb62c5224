// SPDX-License-Identifier: Apache-2.0
// One request and its response: head → room → shard → endpoint → relay → done.
//
//   connecting ─▸ waiting (request going up, response head awaited) ─▸ relaying (response body)
//
// Begin() routes and starts it; afterwards it moves whenever either side has an event. Bytes are
// relayed through the worker's scratch buffer and only kept when a side is blocked. The request's
// head and the body bytes that came with it are kept until the response starts, so that it can be
// sent again where that is safe: after a failed connect, or when a reused connection was reset
// before any answer to a GET, HEAD or OPTIONS without a body. Never twice otherwise.
// Pooled per worker; one thread; ends by calling ClientConnection::ExchangeDone or Close.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "router/client_connection.h"
#include "router/exchange_log.h"
#include "router/http/body.h"
#include "router/upstream_pool.h"

namespace room_router {

class Exchange final : public EventHandler {
 public:
  explicit Exchange(DataPlane& plane) : plane_(plane) {}

  // plane.request_head has been parsed from the front of `view`. Returns the bytes taken of it.
  // The exchange may be over when this returns.
  size_t Begin(ClientConnection& client, std::string_view view);

  void OnEvents(uint32_t events) override;  // the upstream's
  void OnClientEvents() { Advance(); }
  void OnTimeout(TimeoutClass timeout);
  // The client connection closes while this is in progress.
  void Abandon();
  std::optional<LiveSession> session() const;
  Destination destination() const;

 private:
  enum class Phase : uint8_t { kConnecting, kWaiting, kRelaying, kDone };
  // How the response body's framing changes on its way to the client.
  enum class Framing : uint8_t { kVerbatim, kAddChunks, kUnwrapChunks };

  // exchange_route.cc: from the head to an endpoint
  void Reset(ClientConnection& client, const http::RequestHead& head);
  std::optional<Refusal> Route(const http::RequestHead& head);
  std::optional<Refusal> RouteToBridge(const http::RequestHead& head);
  std::optional<Refusal> TakeDecision(const Decision& decision);
  void AnswerKeepalive();
  void Refuse(Refusal refusal, Duration retry_after = Duration::zero());
  void BuildRequest(const http::RequestHead& head, std::string_view body, std::string_view append);
  const Endpoint* ChooseEndpoint();
  std::optional<Refusal> Connect();
  bool TryAgain(Refusal refusal);
  void Fail(Refusal refusal);

  // exchange.cc: moving bytes
  void Advance();
  bool FinishConnect();
  bool FlushBoth();
  void PumpRequest();
  void PumpResponse();
  void TakeResponse(std::string_view bytes);
  void TakeResponseHead(std::string_view bytes);
  void RelayInterim(const http::ResponseHead& head);
  void StartResponse(const http::ResponseHead& head, std::string_view rest);
  void RelayBody(std::string_view head, std::string_view bytes);
  bool SendToClient(std::string_view head, std::string_view body);
  void ShardEnded(bool error);
  void BecomeTunnel(const http::ResponseHead& head, std::string_view rest);
  void Complete(bool surplus);
  void AbortByClient();
  void AbortResponse(std::string_view termination);
  void ReleaseUpstream(bool reusable);
  void ReleaseSession();
  void PrepareLog();
  void Log(std::string_view termination);
  void ArmTimeout();
  bool over() const { return phase_ == Phase::kDone; }

  DataPlane& plane_;
  ClientConnection* client_ = nullptr;
  std::unique_ptr<UpstreamConnection> upstream_;
  Phase phase_ = Phase::kDone;

  // The request
  http::Method method_ = http::Method::kOther;
  bool client_http10_ = false, client_keep_alive_ = false, websocket_ = false;
  bool accepts_trailers_ = false, has_request_body_ = false, request_broken_ = false;
  bool has_key_ = false, any_shard_ = false, holds_session_ = false, first_write_ = false;
  KeyNamespace key_namespace_{};
  RequestClass request_class_{};
  RoomKey key_;
  RequestId request_id_;
  http::BodyReader request_body_;
  std::string request_;  // rewritten head, body bytes that came with it; first_write_: handed on

  // The shard, or the bridge
  ShardId shard_ = kNoShard;
  const Endpoint* bridge_ = nullptr;  // in plane.bridges; only until Begin returns
  std::string shard_name_, region_, release_;
  EndpointId endpoint_ = kNoEndpoint;
  std::array<EndpointId, 8> tried_{};
  uint8_t tries_ = 0;

  // The response
  int status_ = 0;
  Framing framing_ = Framing::kVerbatim;
  bool keep_client_ = false, keep_upstream_ = false, moved_ = false;  // moved_: since armed
  http::BodyReader response_body_;
  std::string head_input_;  // a response head that has not arrived whole
  uint64_t bytes_in_ = 0, bytes_out_ = 0;
  ExchangeTimes times_;
  std::unique_ptr<ExchangeLog> log_;  // null when the access log is off
};

}  // namespace room_router
