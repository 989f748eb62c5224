// SPDX-License-Identifier: Apache-2.0
// A shard on loopback for tests of the data plane in one process: what each path answers is fixed.
//
//   /http-bind  the body, chunked    /xmpp-websocket, /colibri-ws  101, then everything back
//   else  "hello"
// A preface that is wanted has to be the first of each connection, /colibri-ws excepted.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "config/socket_address.h"

namespace room_router::test {

class ScriptedShard {
 public:
  explicit ScriptedShard(std::string preface = "");
  ~ScriptedShard();
  ScriptedShard(const ScriptedShard&) = delete;
  ScriptedShard& operator=(const ScriptedShard&) = delete;

  SocketAddress address() const { return address_; }

 private:
  void Accept();
  void Serve(int connection) const;

  const std::string preface_;
  int listener_;
  SocketAddress address_;
  std::mutex mutex_;
  bool stopping_ = false;           // guarded by mutex_
  std::list<int> connections_;      // guarded by mutex_
  std::list<std::thread> threads_;  // of the accepting thread
  std::thread accepting_;
};

}  // namespace room_router::test
