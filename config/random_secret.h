// SPDX-License-Identifier: Apache-2.0
// Keys that nobody knows: bytes of OpenSSL's generator for private values. Thread-safe.
#pragma once

#include <cstddef>

#include "config/secret.h"

namespace room_router::config {

Secret RandomSecret(size_t size);

}  // namespace room_router::config
