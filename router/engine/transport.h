// SPDX-License-Identifier: Apache-2.0
// The door to the network for one connection: non-blocking bytes in and out of a descriptor.
//
// Owns and closes the descriptor. Calls never block and never raise signals. Transports with TLS
// and one in memory are further implementations; nothing above this door knows which one it has.
// Who connects first writes what goes before TLS, if anything, then shakes hands until that is
// done; who accepts reads and writes at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace room_router {

struct IoResult {
  enum class Status : uint8_t { kOk, kBlocked, kEof, kError };
  Status status = Status::kOk;
  size_t bytes = 0;   // moved, with kOk
  bool more = false;  // of a read: a short one may be followed by another; a blocked one waits
                      // until the descriptor is writable
  bool cut = false;   // of an end: the peer was to announce it and did not
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual IoResult Read(char* buffer, size_t size) = 0;
  virtual IoResult Write(std::string_view bytes) = 0;
  // The next bytes on the wire, which stay there; and those taken away again, that were peeked.
  virtual IoResult Peek(char* buffer, size_t size) = 0;
  virtual void Skip(size_t size) = 0;
  virtual void ShutdownWrite() = 0;
  virtual int descriptor() const = 0;

  virtual IoResult WriteBare(std::string_view bytes) { return Write(bytes); }
  virtual IoResult Handshake() { return {}; }
  virtual bool in_handshake() const { return false; }
  // Why there is no handshake: static text without secrets; null when none has failed.
  virtual const char* problem() const { return nullptr; }
};

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int descriptor) : descriptor_(descriptor) {}
  ~PlainTransport() override;
  PlainTransport(const PlainTransport&) = delete;
  PlainTransport& operator=(const PlainTransport&) = delete;

  IoResult Read(char* buffer, size_t size) override;
  IoResult Write(std::string_view bytes) override;
  IoResult WriteMore(std::string_view bytes);  // further bytes follow at once
  IoResult Peek(char* buffer, size_t size) override;
  void Skip(size_t size) override;
  void ShutdownWrite() override;
  int descriptor() const override { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace room_router
