// SPDX-License-Identifier: Apache-2.0
// The id of one request: what its access-log record, its error page and the shard's logs share.
//
// Taken from the field that a trusted proxy sent, or made from sixteen digits. Only characters that
// mean nothing to a log, a page or a shell are in one; a given id that has others, or more than
// kLongest, counts as none. A value without allocation; made once per request on the data plane.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace room_router {

class RequestId {
 public:
  static constexpr size_t kDigits = 16, kLongest = 64;

  // False, and unchanged: it is empty, too long, or has other characters than [A-Za-z0-9._:=+/@-].
  bool Take(std::string_view given);
  void Make(const std::array<char, kDigits>& digits) {
    std::memcpy(bytes_.data(), digits.data(), kDigits);
    size_ = kDigits;
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, kLongest> bytes_;
  uint8_t size_ = 0;
};

// Digits that are different for each request of a worker: a number that begins anywhere, counted
// up in place.
class RequestDigits {
 public:
  explicit RequestDigits(uint64_t begin);
  const std::array<char, RequestId::kDigits>& Next() {
    char& last = digits_.back();
    if (last == '9' || last == 'f') {
      Carry();
    } else {
      ++last;
    }
    return digits_;
  }

 private:
  void Carry();

  std::array<char, RequestId::kDigits> digits_;
};

}  // namespace room_router
