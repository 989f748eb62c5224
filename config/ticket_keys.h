// SPDX-License-Identifier: Apache-2.0
// The keys that TLS session tickets are sealed with (RFC 5077 §4, RFC 8446 §4.6.1).
//
// Either a ring of random ones, with a new one every kLifetime and the one before it accepted as
// long as a ticket of it lives; or those of a file, which somebody else rotates. Of a file's keys
// the last three open tickets and the last but one seals new ones (a single key does both), as
// with HAProxy: a key that is appended reaches every replica before one uses it.
// Thread-safe, no I/O; time and randomness are arguments. Keys are cleared when they go.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "config/secret.h"

namespace room_router {

struct TicketKey {
  static constexpr size_t kNameBytes = 16;

  std::string name;    // in the clear in every ticket
  config::Secret aes;  // 16 or 32 bytes, AES-CBC
  config::Secret mac;  // as many, HMAC-SHA256
  // From name, aes and mac in this order: 48 or 80 bytes.
  static TicketKey From(std::string_view bytes);
};

class TicketKeys {
 public:
  static constexpr std::chrono::hours kLifetime{12};
  static constexpr std::chrono::hours kTicketLifetime{2};
  static constexpr size_t kFromFile = 3;

  using Random = std::function<config::Secret(size_t size)>;
  using KeyPtr = std::shared_ptr<const TicketKey>;
  struct Found {
    KeyPtr key;          // null: nobody's, or too old
    bool renew = false;  // the client should get a ticket of the present key
  };

  TicketKeys(Random random, TimePoint now);
  explicit TicketKeys(std::string_view file);  // which has no problem

  void Tick(TimePoint now);  // often; does nothing to a file's keys
  KeyPtr ForNew() const;
  Found Find(std::string_view name) const;

  // What is wrong with a file, and what to write instead; "" = nothing. Names lines, never keys.
  static std::string Problem(std::string_view file);

 private:
  KeyPtr Make() const;

  const Random random_;
  mutable std::mutex mutex_;  // of what follows
  std::vector<KeyPtr> keys_;
  size_t for_new_ = 0;  // index
  TimePoint made_;      // of the present key of a ring
};

}  // namespace room_router
