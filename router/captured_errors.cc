// SPDX-License-Identifier: Apache-2.0
#include "router/captured_errors.h"

#include <algorithm>
#include <utility>

#include "router/secret_words.h"

namespace room_router {
namespace {

// "GET /": a method, a space, a path. Anything else may be the middle of a body.
bool BeginsAsRequest(std::string_view line) {
  constexpr size_t kLongestMethod = 16;
  const size_t space = line.find(' ');
  return space != 0 && space <= kLongestMethod && line.substr(space).starts_with(" /") &&
         std::ranges::all_of(line.substr(0, space), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

std::string ShownLine(std::string_view bytes, bool response) {
  const std::string_view line = bytes.substr(0, bytes.find_first_of("\r\n"));
  if (response ? !line.starts_with("HTTP/") : !BeginsAsRequest(line)) return {};
  std::string shown(line.substr(0, std::min(HarmlessPath(line), CapturedErrors::kMaxLine)));
  if (shown.size() < line.size()) shown += "***";
  return shown;
}

void CapturedErrors::Add(CapturedError error, std::string_view bytes) {
  error.number = ++total_;
  error.line = ShownLine(bytes, error.response);
  error.bytes = bytes.size();
  for (CapturedError& last : last_) {
    if (last.listener != error.listener || last.response != error.response) continue;
    last = std::move(error);
    return;
  }
  if (last_.size() < 2 * kMostListeners) last_.push_back(std::move(error));
}

}  // namespace room_router
