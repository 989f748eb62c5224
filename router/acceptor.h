// SPDX-License-Identifier: Apache-2.0
// Accepts clients of one listener for one worker, within what the limits admit.
//
// A client above them is told so (503, 429; who would speak TLS is told nothing) and closed; those
// accepted before keep working. When the system has no descriptor left, or memory is short,
// accepting pauses until Retry().
#pragma once

#include "router/admission.h"
#include "router/client_connection.h"
#include "router/data_plane.h"

namespace room_router {

class Acceptor final : public EventHandler {
 public:
  // Takes over the listening descriptor.
  Acceptor(DataPlane& plane, Admission& admission, int descriptor, uint16_t listener);
  ~Acceptor() override;

  void OnEvents(uint32_t events) override;
  void Retry();
  uint16_t listener() const { return listener_; }

 private:
  std::unique_ptr<Transport> TransportOn(int client) const;
  void Pause();
  void Admit(int client, const SocketAddress& peer);
  Entrance Examine(const SocketAddress& peer);
  void TurnAway(int client, Refusal refusal, Duration wait);

  DataPlane& plane_;
  Admission& admission_;
  int descriptor_;
  uint16_t listener_;
  bool paused_ = false;
};

}  // namespace room_router
