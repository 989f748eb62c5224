// SPDX-License-Identifier: Apache-2.0
// The client side of one run: keeps a number of connections to the proxy and decides when each
// takes its next turn (a request, or a message through a tunnel), counting and checking answers.
//
// Saturated: a connection's next turn starts when the last is answered. With a rate: turns fall
// due at fixed times whether or not answers arrive, and latency counts from then, so a stalled
// proxy is charged for its queue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bench/end_to_end/client_tls.h"
#include "bench/end_to_end/poller.h"
#include "bench/end_to_end/workload.h"

namespace room_router::bench {

class Generator;

// One client connection. `OnEvents` reports to the generator; Take() starts a turn.
class Session : public Poller::Handler {
 public:
  virtual void Take() = 0;

  int64_t due_ns = 0;
  bool open = false, busy = false;
};

struct Tally {
  uint64_t completed = 0;  // turns answered, well or not
  uint64_t bad_status = 0, bad_length = 0;
  uint64_t bad_handshakes = 0;  // full ones, though a ticket was offered
  uint64_t failures = 0;        // connections refused, or lost in the middle of a turn
  uint64_t reconnects = 0;      // connections the proxy closed between turns
  uint64_t bytes = 0;           // received through bulk tunnels
};

struct Plan {
  uint16_t port = 0;
  Mode mode = Mode::kHttp;
  size_t connections = 64;
  double rate = 0;  // turns per second; 0 = saturated
  bool tls = false, resumes = false;
  bool once = false;  // a new connection for every request
};

class Generator {
 public:
  static constexpr uint64_t kUnlimited = UINT64_MAX;

  Generator(Poller& poller, const Plan& plan);
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  void OpenSome();  // a few more, so that no accept queue overflows
  size_t open_connections() const { return open_; }

  void Begin(uint64_t turns);
  void Pump();  // starts what is due; call between batches
  bool finished() const { return left_ == 0 && busy_ == 0; }

  Tally& tally() { return tally_; }
  std::vector<uint32_t>& latencies_ns() { return latencies_ns_; }

  // For sessions.
  const Plan& plan() const { return plan_; }
  RequestTemplate& requests() { return requests_; }
  ClientTls* tls() { return tls_.get(); }  // null: plain
  void Opened(Session* session);
  void Done(Session* session);
  void DoneAndClosed(Session* session);
  void Lost(Session* session);

 private:
  void OpenOne();
  void StartTurn(Session* session, int64_t due_ns);
  int64_t Complete(Session* session);  // returns when

  Poller& poller_;
  Plan plan_;
  RequestTemplate requests_;
  std::unique_ptr<ClientTls> tls_;
  Tally tally_;
  std::vector<uint32_t> latencies_ns_;
  std::unordered_map<Session*, std::unique_ptr<Session>> sessions_;
  std::vector<Session*> idle_;
  size_t open_ = 0, busy_ = 0;
  uint64_t left_ = 0;
  int64_t next_due_ns_ = 0, interval_ns_ = 0;
};

}  // namespace room_router::bench
