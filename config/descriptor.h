// SPDX-License-Identifier: Apache-2.0
// A file descriptor that is closed with its scope; negative = it could not be opened.
#pragma once

#include <unistd.h>

namespace room_router::config {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  const int number_;
};

}  // namespace room_router::config
