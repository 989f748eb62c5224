// SPDX-License-Identifier: Apache-2.0
// Lines from standard input, read while the backend goes on answering.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bench/end_to_end/poller.h"

namespace room_router::bench {

class ControlInput : public Poller::Handler {
 public:
  explicit ControlInput(Poller& poller);

  // Serves the poller until a line is there; nothing when the input has ended.
  std::optional<std::string> WaitForLine();

  void OnEvents(uint32_t events) override;

 private:
  Poller& poller_;
  std::string received_;
  bool ended_ = false;
};

}  // namespace room_router::bench
