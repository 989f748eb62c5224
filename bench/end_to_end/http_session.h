// SPDX-License-Identifier: Apache-2.0
// A client connection that sends one request at a time and checks the answer's status and length.
// Owned by the generator; reports to it and never outlives it.
#pragma once

#include "bench/end_to_end/generator.h"
#include "bench/end_to_end/response_reader.h"
#include "bench/end_to_end/stream.h"

namespace room_router::bench {

class HttpSession : public Session {
 public:
  HttpSession(Generator& generator, Poller& poller, int fd);

  void Take() override;
  void OnEvents(uint32_t events) override;

 private:
  void OnAnswer();

  Generator& generator_;
  Stream stream_;
  ResponseReader reader_;
};

}  // namespace room_router::bench
