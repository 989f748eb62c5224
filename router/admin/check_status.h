// SPDX-License-Identifier: Apache-2.0
// The status of a check or an agent, a word like "L7OK", as HAProxy numbers and describes it.
//
// Source: HAProxy 2.6, its check.h. Pure.
#pragma once

#include <string_view>

namespace room_router::admin {

// "L7OK/200" → 15; 1 when there was none yet.
int CheckStatusNumber(std::string_view last_check);
// "L7OK" → "Layer7 check passed"; empty for a word that is none.
std::string_view CheckStatusText(std::string_view word);

}  // namespace room_router::admin
