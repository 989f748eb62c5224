// SPDX-License-Identifier: Apache-2.0
// One connection of HAProxy's peers protocol, from hello to close, as caller or as called.
//
// Bytes and time in, bytes and events out; who learns and teaches what is the owner's business.
// After Receive or Tick the owner takes the events and, while has_room(), may Teach. What waits to
// be sent stays below kHighWater plus one message: acknowledgements, confirmations and heartbeats
// are only made when bytes are taken. Dead after kSilence without a byte. What does not parse, in
// the protocol or the shared table, ends the session with a message that says so.
// Pure. Source: see haproxy_peers_codec.h.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "sticky/haproxy_peers_codec.h"
#include "sticky/haproxy_peers_dictionary.h"
#include "sticky/haproxy_peers_hello.h"
#include "sticky/haproxy_peers_tables.h"

namespace room_router::haproxy {

class PeerSession {
 public:
  enum class State : uint8_t { kHandshake, kEstablished, kClosed };
  static constexpr Duration kHeartbeat{2500}, kSilence{5000};
  static constexpr size_t kHighWater = 64 << 10;  // bytes
  static constexpr uint64_t kOwnTable = 1;        // our number for our table

  struct Settings {
    std::string local_name, table;
    Duration expire{0};  // of our table
    unsigned process = 1;
  };

  // Calls `remote_name`, as version 2.`minor_version`.
  PeerSession(Settings settings, std::string remote_name, unsigned minor_version, TimePoint now);
  // Is called, by one of `known`.
  PeerSession(Settings settings, std::span<const std::string> known, TimePoint now);

  void Receive(std::string_view bytes, TimePoint now);
  void Tick(TimePoint now);
  TimePoint NextDeadline() const;
  SessionEvents TakeEvents();
  // Also what is left to say once closed; the connection ends after it.
  std::string TakeOutgoing();
  bool HasOutgoing() const;

  // For the owner, while established. Teach says nothing and is false for names too long there.
  bool has_room() const { return state_ == State::kEstablished && outgoing_.size() < kHighWater; }
  bool Teach(std::string_view name, std::string_view server_key, uint32_t update,
             std::optional<Duration> expires_in);
  // Of the other side's table, until it says so itself.
  void AssumeKeyLength(uint64_t length) { assumed_key_length_ = length; }
  void RequestResync();
  void FinishResync(bool complete);

  State state() const { return state_; }
  Status status() const { return status_; }
  const std::string& remote_name() const { return remote_name_; }  // empty until it has said it
  bool called() const { return hello_ != nullptr; }                // by the other side
  bool from_room_router() const { return hello_ && hello_->from_room_router(); }
  bool learning() const { return learning_; }            // a resync was requested and has not ended
  bool broken() const { return broken_; }                // closed for what the other side sent,
  bool silent() const { return silent_; }                // or because it sent nothing
  const std::string& reason() const { return reason_; }  // closed: why, for people
  const RemoteTables& tables() const { return tables_; }

 private:
  void Shake(TimePoint now);
  void TakeMessages();
  bool Take(const Frame& frame);  // false: malformed
  void TakeControl(Control control);
  bool TakeTableMessage(TableMessage type, std::string_view body);
  void Define();
  uint64_t KeyLength() const;
  void Fail(ErrorType error, std::string reason);
  void Close(std::string reason);

  const Settings settings_;
  std::string remote_name_, reason_;
  std::unique_ptr<HelloReader> hello_;  // when called
  unsigned minor_version_;
  State state_ = State::kHandshake;
  Status status_ = Status::kHandshake;
  std::string incoming_, outgoing_;
  SessionEvents events_;
  RemoteTables tables_;
  SentDictionary sent_;
  TimePoint give_up_, heartbeat_;
  uint64_t assumed_key_length_ = kUsualKeyLength;
  uint64_t defined_key_length_ = 0;  // 0 = our table is not defined yet
  unsigned confirm_ = 0;
  bool heartbeat_due_ = false, learning_ = false, resync_requested_ = false;
  bool unconfirmed_ = false, broken_ = false, silent_ = false;
};

}  // namespace room_router::haproxy
