// SPDX-License-Identifier: Apache-2.0
#include "router/request_id.h"

#include <algorithm>

namespace room_router {
namespace {

bool IsHarmless(char c) {
  const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return letter || (c >= '0' && c <= '9') ||
         std::string_view("._:=+/@-").find(c) != std::string_view::npos;
}

}  // namespace

bool RequestId::Take(std::string_view given) {
  const bool fits = !given.empty() && given.size() <= kLongest;
  if (!fits || !std::all_of(given.begin(), given.end(), IsHarmless)) return false;
  std::copy(given.begin(), given.end(), bytes_.begin());
  size_ = static_cast<uint8_t>(given.size());
  return true;
}

RequestDigits::RequestDigits(uint64_t begin) {
  for (auto digit = digits_.rbegin(); digit != digits_.rend(); ++digit, begin >>= 4) {
    *digit = "0123456789abcdef"[begin & 15];
  }
}

void RequestDigits::Carry() {
  for (auto digit = digits_.rbegin(); digit != digits_.rend(); ++digit) {
    if (*digit == 'f') {
      *digit = '0';  // and carry
      continue;
    }
    *digit = *digit == '9' ? 'a' : static_cast<char>(*digit + 1);
    break;
  }
}

}  // namespace room_router
