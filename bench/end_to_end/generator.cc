// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/generator.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "bench/end_to_end/http_session.h"
#include "bench/end_to_end/stream.h"
#include "bench/end_to_end/tunnel_session.h"

namespace room_router::bench {
namespace {

constexpr size_t kOpeningAtOnce = 64;

}  // namespace

Generator::Generator(Poller& poller, const Plan& plan)
    : poller_(poller), plan_(plan), requests_(plan.mode) {
  if (plan.rate > 0) interval_ns_ = static_cast<int64_t>(1e9 / plan.rate);
  if (plan.tls) tls_ = std::make_unique<ClientTls>(plan.resumes);
  latencies_ns_.reserve(1 << 17);
}

Generator::~Generator() = default;

void Generator::OpenSome() {
  while (sessions_.size() < plan_.connections && sessions_.size() - open_ < kOpeningAtOnce) {
    size_t before = sessions_.size();
    OpenOne();
    if (sessions_.size() == before) return;
  }
}

void Generator::OpenOne() {
  int fd = ConnectLoopback(plan_.port);
  if (fd < 0) {
    ++tally_.failures;
    return;
  }
  std::unique_ptr<Session> session;
  if (IsTunnel(plan_.mode)) {
    session = std::make_unique<TunnelSession>(*this, poller_, fd);
  } else {
    session = std::make_unique<HttpSession>(*this, poller_, fd);
  }
  Session* opened = session.get();
  sessions_.emplace(opened, std::move(session));
  if (!IsTunnel(plan_.mode)) Opened(opened);
}

void Generator::Begin(uint64_t turns) {
  left_ = turns;
  next_due_ns_ = NowNs();
  if (interval_ns_ > 0) return Pump();
  std::vector<Session*> waiting = std::exchange(idle_, {});
  for (Session* session : waiting) {
    if (left_ > 0) {
      StartTurn(session, NowNs());
    } else {
      idle_.push_back(session);
    }
  }
}

void Generator::Pump() {
  if (interval_ns_ == 0 || left_ == 0) return;
  for (int64_t now = NowNs(); next_due_ns_ <= now && !idle_.empty() && left_ > 0;) {
    Session* session = idle_.back();
    idle_.pop_back();
    StartTurn(session, next_due_ns_);
    next_due_ns_ += interval_ns_;
  }
}

void Generator::StartTurn(Session* session, int64_t due_ns) {
  if (left_ != kUnlimited) --left_;
  ++busy_;
  session->busy = true;
  session->due_ns = due_ns;
  session->Take();
}

void Generator::Opened(Session* session) {
  session->open = true;
  ++open_;
  bool saturated = interval_ns_ == 0 && left_ > 0;
  if (saturated) return StartTurn(session, NowNs());
  idle_.push_back(session);
}

int64_t Generator::Complete(Session* session) {
  int64_t now = NowNs();
  ++tally_.completed;
  latencies_ns_.push_back(static_cast<uint32_t>(
      std::min<int64_t>(now - session->due_ns, std::numeric_limits<uint32_t>::max())));
  --busy_;
  session->busy = false;
  return now;
}

void Generator::Done(Session* session) {
  const int64_t now = Complete(session);
  if (interval_ns_ == 0 && left_ > 0) return StartTurn(session, now);
  idle_.push_back(session);
}

void Generator::DoneAndClosed(Session* session) {
  Complete(session);
  --open_;
  auto found = sessions_.find(session);
  poller_.Retire(std::move(found->second));
  sessions_.erase(found);
  OpenOne();
}

void Generator::Lost(Session* session) {
  auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  const bool was_open = session->open;
  if (session->busy) --busy_;
  ++(session->busy || !was_open ? tally_.failures : tally_.reconnects);
  if (was_open) --open_;
  std::erase(idle_, session);
  poller_.Retire(std::move(found->second));
  sessions_.erase(found);
  if (was_open) OpenOne();
}

}  // namespace room_router::bench
