// SPDX-License-Identifier: Apache-2.0
// What decides whether clients are let in, shared by the workers of the process. Thread-safe.
#pragma once

#include "router/address_limits.h"
#include "router/connection_budget.h"

namespace room_router {

struct Admission {
  ConnectionBudget connections;
  AddressLimits addresses;
};

}  // namespace room_router
