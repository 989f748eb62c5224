// SPDX-License-Identifier: Apache-2.0
// Waits in a coroutine until a shard is empty: for `drain --wait` and POST …/drain?wait=.
//
// Looks every kInterval, for twice that at least; looks of several that wait share a view. A shard
// is empty when it was so at two looks in a row with the order in force: by then the order is with
// all replicas, and so are rooms that were bound just before it. Bounded: kMaxWaits at once.
// Whoever waits gives a timer of its own, which is cancelled when its connection closes, and says
// whether it is still there. One for all doors of a replica; control thread; outlives the waits.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "router/admin/admin_collector.h"
#include "router/admin/cli_session.h"
#include "router/admin/drain_progress.h"

namespace room_router::admin {

enum class DrainEnd : uint8_t {
  kFinished,   // empty
  kGone,       // discovery no longer has it, so nothing goes there any more
  kTimeUp,     // something is left
  kCalledOff,  // somebody made it ready again
  kTooMany,    // kMaxWaits wait already
  kLeft,       // whoever waited is not there any more
};

struct DrainOutcome {
  DrainEnd end = DrainEnd::kLeft;
  std::optional<DrainProgress> progress{};  // at the last look; nullopt: there was none, or kGone
  bool success() const { return end == DrainEnd::kFinished || end == DrainEnd::kGone; }
};

// What came of it, a whole line.
std::string DrainSentence(const DrainWish& wish, const DrainOutcome& outcome);
CliReply DrainReply(const DrainWish& wish, const DrainOutcome& outcome);

// Whether to look on, by what the looks find. Pure.
class DrainWatch {
 public:
  // An order shows within this time; a shard that is ready later has been made so again.
  static constexpr Duration kObeyed{1000};

  DrainWatch(TimePoint begun, TimePoint deadline) : begun_(begun), deadline_(deadline) {}

  // nullopt: look again. `progress` is null when there is no such shard.
  std::optional<DrainEnd> See(const DrainProgress* progress, TimePoint now);

 private:
  const TimePoint begun_, deadline_;
  bool obeyed_ = false;
  int empty_ = 0;  // looks in a row
};

class DrainWaits {
 public:
  static constexpr size_t kMaxWaits = 64;
  static constexpr Duration kInterval{250};

  struct Waiter {
    std::shared_ptr<boost::asio::steady_timer> timer;
    std::function<bool()> present;
  };

  explicit DrainWaits(AdminCollector& collector) : collector_(collector) {}
  DrainWaits(const DrainWaits&) = delete;
  DrainWaits& operator=(const DrainWaits&) = delete;

  boost::asio::awaitable<DrainOutcome> Wait(DrainWish wish, Waiter waiter);
  size_t waiting() const { return waiting_; }
  AdminCollector& collector() { return collector_; }

 private:
  boost::asio::awaitable<DrainOutcome> Watch(const DrainWish& wish, const Waiter& waiter);

  AdminCollector& collector_;
  size_t waiting_ = 0;
};

}  // namespace room_router::admin
