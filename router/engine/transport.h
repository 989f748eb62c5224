// SPDX-License-Identifier: Apache-2.0
// The door to the network for one connection: non-blocking bytes in and out of a descriptor.
//
// Owns and closes the descriptor. Calls never block and never raise signals. A TLS transport and an
// in-memory one are further implementations; nothing above this door knows which one it has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace room_router {

struct IoResult {
  enum class Status : uint8_t { kOk, kBlocked, kEof, kError };
  Status status = Status::kOk;
  size_t bytes = 0;  // moved, with kOk
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual IoResult Read(char* buffer, size_t size) = 0;
  virtual IoResult Write(std::string_view bytes) = 0;
  virtual void ShutdownWrite() = 0;
  virtual int descriptor() const = 0;
};

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int descriptor) : descriptor_(descriptor) {}
  ~PlainTransport() override;
  PlainTransport(const PlainTransport&) = delete;
  PlainTransport& operator=(const PlainTransport&) = delete;

  IoResult Read(char* buffer, size_t size) override;
  IoResult Write(std::string_view bytes) override;
  void ShutdownWrite() override;
  int descriptor() const override { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace room_router
