// SPDX-License-Identifier: Apache-2.0
#include "config/secret.h"

#include <openssl/crypto.h>

namespace room_router::config {

void Clear(void* memory, size_t size) { OPENSSL_cleanse(memory, size); }

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace room_router::config
