// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of shared keys: one or two good keys, or one line that says what is wrong and
// nothing of what stands in the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "config/shared_keys.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace room_router::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<Secret> keys;
  const std::string problem = ParseSharedKeys(text, keys);
  if (problem.empty() != !keys.empty() || keys.size() > 2) std::abort();
  if (problem.size() > 150 || problem.find('\n') != std::string::npos) std::abort();
  for (const Secret& key : keys) {
    if (key.size() < kShortestKey || key.size() > kLongestKey) std::abort();
  }
  if (keys.size() == 2 && keys[0] == keys[1]) std::abort();
  return 0;
}
