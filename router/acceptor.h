// SPDX-License-Identifier: Apache-2.0
// Accepts clients of one listener for one worker, within the process's connection budget.
//
// Over the budget a client is told 503 and closed, those accepted before keep working. When the
// system has no descriptor left, accepting pauses until Retry().
#pragma once

#include "router/connection_budget.h"
#include "router/data_plane.h"

namespace room_router {

class Acceptor final : public EventHandler {
 public:
  // Takes over the listening descriptor.
  Acceptor(DataPlane& plane, ConnectionBudget& budget, int descriptor, uint16_t listener);
  ~Acceptor() override;

  void OnEvents(uint32_t events) override;
  void Retry();
  uint16_t listener() const { return listener_; }

 private:
  void TurnAway(int client);

  DataPlane& plane_;
  ConnectionBudget& budget_;
  int descriptor_;
  uint16_t listener_;
  bool paused_ = false;
};

}  // namespace room_router
