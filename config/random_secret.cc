// SPDX-License-Identifier: Apache-2.0
#include "config/random_secret.h"

#include <openssl/rand.h>

#include <cassert>

namespace room_router::config {

Secret RandomSecret(size_t size) {
  Secret random;
  random.resize(size);
  auto* bytes = reinterpret_cast<unsigned char*>(random.data());
  [[maybe_unused]] const int done = RAND_priv_bytes(bytes, static_cast<int>(size));
  assert(done == 1);
  return random;
}

}  // namespace room_router::config
