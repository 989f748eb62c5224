// SPDX-License-Identifier: Apache-2.0
// Makes views: asks the workers, adds up, adds what the other sources say.
//
// Questions that arrive while one is under way share its answer, so a thousand sessions cost the
// workers one copy. Control thread only; outlives every callback given to it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "router/admin/admin_view.h"

namespace room_router::admin {

using AdminViewPtr = std::shared_ptr<const AdminView>;

class AdminCollector {
 public:
  explicit AdminCollector(AdminSources sources) : sources_(std::move(sources)) {}
  AdminCollector(const AdminCollector&) = delete;
  AdminCollector& operator=(const AdminCollector&) = delete;

  // Calls back once, on the control thread, perhaps before it returns.
  void Collect(std::function<void(AdminViewPtr)> done);

  // The maxima of what is shown begin anew; with `all`, so do the counters.
  void ClearCounters(bool all);

  const AdminSources& sources() const { return sources_; }

 private:
  AdminViewPtr MakeView(std::vector<WorkerStats> workers);

  const AdminSources sources_;
  RateMeter rates_;
  WorkerStats latest_, baseline_;
  std::vector<std::function<void(AdminViewPtr)>> waiting_;
};

}  // namespace room_router::admin
