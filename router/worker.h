// SPDX-License-Identifier: Apache-2.0
// One data-plane thread: its event loop, its listening sockets, its connections.
//
// Everything it serves lives and dies on this thread. Other threads only post: snapshots in, copies
// of the counters out, drain and stop. Start() hands the thread its sockets; Stop() joins it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "router/admission.h"
#include "router/data_plane.h"
#include "router/live_sessions.h"
#include "router/moved_rooms.h"

namespace room_router {

class Worker {
 public:
  struct Environment {
    RoomDirectory& directory;
    Admission& admission;
    AccessLogRing* access_log = nullptr;
    std::function<void(EndpointId, bool)> report_connect;  // DataPlane's, on the worker's thread
    uint16_t number = 0;                                   // tells the workers apart
  };
  // A listening descriptor and its position in the configuration.
  struct Socket {
    int descriptor;
    uint16_t listener;
  };

  explicit Worker(Environment environment);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Start(std::shared_ptr<const ConfigSnapshot> config,
             std::shared_ptr<const ShardSnapshot> shards, std::vector<Socket> sockets);
  void Stop();

  // The rest is thread-safe.
  void Publish(std::shared_ptr<const ConfigSnapshot> config);
  void Publish(std::shared_ptr<const ShardSnapshot> shards);
  void Publish(BridgeSetPtr bridges);
  // `done` gets a copy of the counters, on the worker's thread.
  void Collect(std::function<void(WorkerStats)> done);
  // The greatest numbers seen begin anew from those of now.
  void ClearMaxima();
  // Looks through the connections; `done` gets what was found, on the worker's thread.
  void Carry(SessionOrder order, std::function<void(SessionReport)> done);
  // Ends the sessions of rooms that moved (tunnels, long-polls).
  void EndSessions(MovedRoomsPtr moved);
  // Connections close as soon as they are idle; new ones are still accepted.
  void BeginDrain();
  void StopAccepting();
  // Those who paused look again.
  void RetryAccepting();
  // Of one listener: stop accepting (`done` on the worker's thread), take another socket.
  void CloseListener(uint16_t listener, std::function<void()> done);
  void OpenListener(Socket socket);

 private:
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace room_router
