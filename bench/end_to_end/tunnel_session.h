// SPDX-License-Identifier: Apache-2.0
// A client connection that becomes a websocket tunnel by a handshake, then carries raw bytes: one
// message there and back per turn, or as many bytes as go through in one direction.
// Owned by the generator; reports to it and never outlives it.
#pragma once

#include <cstddef>
#include <string_view>

#include "bench/end_to_end/generator.h"
#include "bench/end_to_end/response_reader.h"
#include "bench/end_to_end/stream.h"

namespace room_router::bench {

class TunnelSession : public Session {
 public:
  TunnelSession(Generator& generator, Poller& poller, int fd);

  void Take() override;
  void OnEvents(uint32_t events) override;

 private:
  void OnReadable();
  void OnHandshake(std::string_view bytes);
  void OnEcho(std::string_view bytes);

  Generator& generator_;
  Stream stream_;
  ResponseReader handshake_;
  size_t echoed_ = 0;
};

}  // namespace room_router::bench
