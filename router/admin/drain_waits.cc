// SPDX-License-Identifier: Apache-2.0
#include "router/admin/drain_waits.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "router/admin/await_view.h"

namespace room_router::admin {
namespace {

namespace asio = boost::asio;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr int kEnough = 2;  // looks in a row that find nothing left
constexpr Duration kShortest = kEnough * DrainWaits::kInterval;

std::string Remains(const DrainOutcome& outcome) {
  return outcome.progress ? ": " + Left(*outcome.progress) : "";
}

}  // namespace

std::string DrainSentence(const DrainWish& wish, const DrainOutcome& outcome) {
  switch (outcome.end) {
    case DrainEnd::kFinished:
      return wish.shard + " is drained.\n";
    case DrainEnd::kGone:
      return wish.shard + " is gone: discovery no longer has it, nothing is sent there.\n";
    case DrainEnd::kTimeUp:
      return wish.shard + " is not empty yet and stays in drain" + Remains(outcome) + "\n";
    case DrainEnd::kCalledOff:
      return wish.shard + " was made ready again meanwhile" + Remains(outcome) + "\n";
    case DrainEnd::kTooMany:
      return wish.shard + " is in drain, but " + std::to_string(DrainWaits::kMaxWaits) +
             " wait for a shard already; ask again later, or look with show drain.\n";
    case DrainEnd::kLeft:
      break;
  }
  return wish.shard + " is in drain; the router stops waiting for it.\n";
}

CliReply DrainReply(const DrainWish& wish, const DrainOutcome& outcome) {
  CliReply reply{.text = DrainSentence(wish, outcome), .severity = CliReply::kError};
  if (outcome.end == DrainEnd::kTimeUp) {
    reply.severity = wish.longest > Duration(0) ? CliReply::kWarning : CliReply::kInfo;
  }
  if (outcome.success()) reply.severity = CliReply::kInfo;
  return reply;
}

std::optional<DrainEnd> DrainWatch::See(const DrainProgress* progress, TimePoint now) {
  if (progress == nullptr) return DrainEnd::kGone;
  const bool ready = progress->state == AdminState::kReady;
  if (ready && (obeyed_ || now >= begun_ + kObeyed)) return DrainEnd::kCalledOff;
  obeyed_ = !ready;
  empty_ = progress->finished() ? empty_ + 1 : 0;
  if (empty_ >= kEnough) return DrainEnd::kFinished;
  if (now >= deadline_) return DrainEnd::kTimeUp;
  return std::nullopt;
}

asio::awaitable<DrainOutcome> DrainWaits::Wait(DrainWish wish, Waiter waiter) {
  DrainOutcome outcome{.end = DrainEnd::kTooMany};
  if (waiting_ >= kMaxWaits) co_return outcome;
  ++waiting_;
  outcome = co_await Watch(wish, waiter);
  --waiting_;
  co_return outcome;
}

asio::awaitable<DrainOutcome> DrainWaits::Watch(const DrainWish& wish, const Waiter& waiter) {
  const TimePoint begun = Clock::now();
  const TimePoint deadline = begun + std::max<Duration>(wish.longest, kShortest);
  DrainWatch watch(begun, deadline);
  DrainOutcome outcome;
  for (;;) {
    const AdminViewPtr view = co_await AwaitView(collector_, waiter.timer);
    if (!waiter.present()) break;
    if (view) outcome.progress = ProgressOf(*view, wish.shard);
    const TimePoint now = Clock::now();
    // Workers too busy to answer in time have not been looked at, but time passes.
    std::optional<DrainEnd> end;
    if (view) end = watch.See(outcome.progress ? &*outcome.progress : nullptr, now);
    if (!view && now >= deadline) end = DrainEnd::kTimeUp;
    if (end) {
      outcome.end = *end;
      co_return outcome;
    }
    waiter.timer->expires_at(std::min(deadline, now + kInterval));
    co_await waiter.timer->async_wait(kAwait);
    if (!waiter.present()) break;
  }
  outcome.end = DrainEnd::kLeft;
  co_return outcome;
}

}  // namespace room_router::admin
