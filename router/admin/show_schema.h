// SPDX-License-Identifier: Apache-2.0
// `show schema json`: the JSON schema (draft 4) of `show info json` and `show stat json`, with
// HAProxy's titles and definitions, on one line. Pure.
#pragma once

#include <string>

namespace room_router::admin {

std::string ShowSchema();

}  // namespace room_router::admin
