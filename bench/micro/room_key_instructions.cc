// SPDX-License-Identifier: Apache-2.0
// Reads one request target so many times; run it under callgrind twice and subtract:
//   valgrind --tool=callgrind --toggle-collect='*ReadMany*' room_key_instructions [TARGET [TIMES]]
#include <cstdlib>
#include <iostream>
#include <string>

#include "sticky/room_key.h"

namespace {

[[gnu::noinline]] uint64_t ReadMany(const std::string& target, int times) {
  static const room_router::RoomKeyReader reader({});
  static room_router::RoomRequest request;
  uint64_t sum = 0;
  for (int i = 0; i < times; ++i) {
    reader.Read("GET", target, "meet.example.org", true, request);
    sum += request.key.low;
  }
  return sum;
}

}  // namespace

int main(int count, char** words) {
  const std::string target =
      count > 1 ? words[1] : "/xmpp-websocket?room=foo&token=" + std::string(800, 't');
  std::cout << ReadMany(target, count > 2 ? std::atoi(words[2]) : 1000) << '\n';
}
