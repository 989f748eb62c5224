// SPDX-License-Identifier: Apache-2.0
// A transport in memory: reads come from a script, writes are recorded, and the n-th operation can
// be made to fail. The test keeps the Wire, the channel owns the transport.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>

#include "router/engine/transport.h"

namespace room_router {

struct Wire {
  std::deque<std::string> to_read;  // one recv each at most
  bool end_of_input = false;        // after to_read: EOF instead of would-block
  size_t writable = SIZE_MAX;       // bytes taken before writes block
  int fail_at = -1;                 // operation (from 0) that fails
  int operations = 0;
  std::string written;
  bool write_ended = false, closed = false;
};

class ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  ~ScriptedTransport() override { wire_->closed = true; }

  IoResult Read(char* buffer, size_t size) override {
    if (wire_->operations++ == wire_->fail_at) return {IoResult::Status::kError, 0};
    if (wire_->to_read.empty()) {
      return {wire_->end_of_input ? IoResult::Status::kEof : IoResult::Status::kBlocked, 0};
    }
    std::string& next = wire_->to_read.front();
    const size_t n = next.copy(buffer, size);
    next.erase(0, n);
    if (next.empty()) wire_->to_read.pop_front();
    return {IoResult::Status::kOk, n};
  }

  IoResult Write(std::string_view bytes) override {
    if (wire_->operations++ == wire_->fail_at) return {IoResult::Status::kError, 0};
    const size_t n = std::min(bytes.size(), wire_->writable);
    if (n == 0 && !bytes.empty()) return {IoResult::Status::kBlocked, 0};
    wire_->writable -= n;
    wire_->written.append(bytes.substr(0, n));
    return {IoResult::Status::kOk, n};
  }

  IoResult Peek(char* buffer, size_t size) override {
    if (wire_->to_read.empty()) {
      return {wire_->end_of_input ? IoResult::Status::kEof : IoResult::Status::kBlocked, 0};
    }
    return {IoResult::Status::kOk, wire_->to_read.front().copy(buffer, size)};
  }

  void Skip(size_t size) override {
    std::string& next = wire_->to_read.front();
    next.erase(0, size);
    if (next.empty()) wire_->to_read.pop_front();
  }

  void ShutdownWrite() override { wire_->write_ended = true; }
  int descriptor() const override { return -1; }

 private:
  std::shared_ptr<Wire> wire_;
};

}  // namespace room_router
