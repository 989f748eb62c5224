// SPDX-License-Identifier: Apache-2.0
// The shards behind the proxy: answers every HTTP request with a fixed body, turns websocket
// handshakes into tunnels, on the generator's own thread.
//
// The query says what kind: `bench=big` a 16 KiB body, `bench=head` the request head as received,
// `bench=down` a tunnel that is fed, `bench=up` one that is drained; every other tunnel echoes.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bench/end_to_end/poller.h"

namespace room_router::bench {

class Backend {
 public:
  explicit Backend(Poller& poller);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  bool Listen(uint16_t port);  // one shard; false = the port is taken

  uint64_t drained_bytes() const { return drained_bytes_; }  // by `bench=up` tunnels

 private:
  class Listener;
  class Connection;

  void Accept(int fd);
  void Remove(Connection* connection);

  Poller& poller_;
  uint64_t drained_bytes_ = 0;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
};

}  // namespace room_router::bench
