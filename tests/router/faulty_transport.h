// SPDX-License-Identifier: Apache-2.0
// A real connection of which one operation fails, counted over all connections that share a plan.
//
// The operation fails as a reset would, and so does every later one of that connection. Or nothing
// fails and every write takes a single byte. Used on the plane's thread only.
#pragma once

#include <sys/socket.h>

#include <string_view>

#include "router/engine/transport.h"

namespace room_router::test {

struct FaultPlan {
  int fail_at = -1;  // operation, from 0; negative: none
  bool crumbs = false;
  int operations = 0;
};

class FaultyTransport final : public Transport {
 public:
  FaultyTransport(int descriptor, FaultPlan& plan) : plain_(descriptor), plan_(plan) {}

  IoResult Read(char* buffer, size_t size) override {
    if (Fails()) return {.status = IoResult::Status::kError};
    return plain_.Read(buffer, size);
  }
  IoResult Write(std::string_view bytes) override {
    if (Fails()) return {.status = IoResult::Status::kError};
    return plain_.Write(plan_.crumbs ? bytes.substr(0, 1) : bytes);
  }
  IoResult Peek(char* buffer, size_t size) override {
    if (Fails()) return {.status = IoResult::Status::kError};
    return plain_.Peek(buffer, size);
  }
  void Skip(size_t size) override { plain_.Skip(size); }
  void ShutdownWrite() override { plain_.ShutdownWrite(); }
  IoResult Handshake() override {
    if (Fails()) return {.status = IoResult::Status::kError};
    return {};
  }
  int descriptor() const override { return plain_.descriptor(); }

 private:
  bool Fails() {
    if (plan_.operations++ == plan_.fail_at) {
      broken_ = true;
      shutdown(descriptor(), SHUT_RDWR);  // the system says so by an event, too
    }
    return broken_;
  }

  PlainTransport plain_;
  FaultPlan& plan_;
  bool broken_ = false;
};

// A client that pipelines requests without end, or nearly: `left` of them; it takes every answer.
class TirelessTransport final : public Transport {
 public:
  TirelessTransport(int descriptor, std::string_view request, int& left)
      : plain_(descriptor), request_(request), left_(left) {}

  IoResult Read(char* buffer, size_t size) override {
    if (left_ == 0) return {.status = IoResult::Status::kEof};
    size_t total = 0;
    for (; left_ > 0 && total + request_.size() <= size; --left_) {
      total += request_.copy(buffer + total, size - total);
    }
    return {.bytes = total, .more = true};
  }
  IoResult Write(std::string_view bytes) override { return {.bytes = bytes.size()}; }
  IoResult Peek(char*, size_t) override { return {.status = IoResult::Status::kBlocked}; }
  void Skip(size_t) override {}
  void ShutdownWrite() override {}
  int descriptor() const override { return plain_.descriptor(); }

 private:
  PlainTransport plain_;
  std::string_view request_;
  int& left_;
};

}  // namespace room_router::test
