// SPDX-License-Identifier: Apache-2.0
// `show info`: the process as HAProxy 2.6 lists it, every line in its order, "Name: value". What
// the router doesn't have (TLS counters, pipes, compression) is 0. Also as typed lines and as JSON,
// in the words of field.h. Pure.
#pragma once

#include <string>
#include <vector>

#include "router/admin/admin_view.h"

namespace room_router::admin {

struct InfoFormat {
  enum Kind : uint8_t { kPlain, kTyped, kJson } kind = kPlain;
  bool described = false;  // not in JSON
  bool floats = false;     // rates as floating-point numbers
};

// In the order of InfoFields().
std::vector<std::string> InfoValues(const AdminView& view);

std::string ShowInfo(const AdminView& view, const InfoFormat& format = {});

}  // namespace room_router::admin
