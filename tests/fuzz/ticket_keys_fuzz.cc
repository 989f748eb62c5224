// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of ticket keys: keys that seal and open tickets, or one line that says what
// is wrong and nothing of what stands in the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/ticket_keys.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using room_router::TicketKeys;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string problem = TicketKeys::Problem(text);
  if (problem.size() > 150 || problem.find('\n') != std::string::npos) std::abort();
  if (!problem.empty()) return 0;

  const TicketKeys keys(text);
  const TicketKeys::KeyPtr key = keys.ForNew();
  if (key == nullptr || key->name.size() != room_router::TicketKey::kNameBytes) std::abort();
  if (key->aes.size() != key->mac.size()) std::abort();
  if (key->aes.size() != 16 && key->aes.size() != 32) std::abort();
  const TicketKeys::Found found = keys.Find(key->name);
  if (found.key == nullptr || found.key->name != key->name || found.renew) std::abort();
  return 0;
}
