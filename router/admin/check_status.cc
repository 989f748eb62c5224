// SPDX-License-Identifier: Apache-2.0
#include "router/admin/check_status.h"

#include <algorithm>
#include <array>

namespace room_router::admin {
namespace {

struct Status {
  std::string_view word;
  int number;
  std::string_view text;
};

constexpr std::array<Status, 12> kStatuses = {{{"INI", 1, "Initializing"},
                                               {"L4OK", 6, "Layer4 check passed"},
                                               {"L4TOUT", 7, "Layer4 timeout"},
                                               {"L4CON", 8, "Layer4 connection problem"},
                                               {"L6OK", 9, "Layer6 check passed"},
                                               {"L6TOUT", 10, "Layer6 timeout"},
                                               {"L6RSP", 11, "Layer6 invalid response"},
                                               {"L7TOUT", 12, "Layer7 timeout"},
                                               {"L7RSP", 13, "Layer7 invalid response"},
                                               {"L7OK", 15, "Layer7 check passed"},
                                               {"L7OKC", 16, "Layer7 check conditionally passed"},
                                               {"L7STS", 17, "Layer7 wrong status"}}};

const Status* Find(std::string_view word) {
  const auto found = std::ranges::find(kStatuses, word, &Status::word);
  return found == kStatuses.end() ? nullptr : &*found;
}

}  // namespace

int CheckStatusNumber(std::string_view last_check) {
  constexpr int kNoneYet = 1, kSocketError = 5;
  const std::string_view word = last_check.substr(0, last_check.find('/'));
  const Status* status = Find(word);
  if (status != nullptr) return status->number;
  return word.empty() ? kNoneYet : kSocketError;
}

std::string_view CheckStatusText(std::string_view word) {
  const Status* status = Find(word);
  return status == nullptr ? std::string_view() : status->text;
}

}  // namespace room_router::admin
