// SPDX-License-Identifier: Apache-2.0
// The tables another HAProxy peer speaks of on one connection, and what its updates say.
//
// Only one of them is shared with us, by name; of the others (at most kMost) updates are read for
// the server keys they number, which all tables have in common. A table of our name that cannot
// be shared is reported, once, with the reason: HAProxy itself would say nothing. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "sticky/haproxy_peers_codec.h"
#include "sticky/haproxy_peers_dictionary.h"

namespace room_router::haproxy {

inline constexpr uint64_t kUsualKeyLength = 129;  // `string len 128`

struct SessionEvent {
  enum class Kind : uint8_t {
    kEstablished,
    kTable,            // the shared table is known, or known anew
    kMismatch,         // it has our name but cannot be shared; detail
    kLearned,          // name, server_key, has_server, expires_in, cut
    kResyncRequested,  // at most once per Receive
    kResyncEnded,      // complete
    kTaught,           // it has taken what FinishResync ended
    kAcknowledged,     // update
  };
  Kind kind = Kind::kEstablished;
  std::string name{}, detail{};
  std::optional<std::string> server_key{};
  std::optional<Duration> expires_in{};
  bool has_server = false;  // even if its key was never told
  bool cut = false;         // the name may have been longer in truth
  bool complete = false;    // the other side was up to date
  uint32_t update = 0;
};
using SessionEvents = std::vector<SessionEvent>;

struct SharedTable {
  uint64_t id = 0;  // as the other side numbered it
  uint64_t key_length = kUsualKeyLength;
  std::optional<Duration> expire;
};

class RemoteTables {
 public:
  static constexpr size_t kMost = 64;

  explicit RemoteTables(std::string name) : name_(std::move(name)) {}

  // False when the body does not parse.
  bool Define(std::string_view body, SessionEvents& events);
  bool Switch(std::string_view body);
  bool Update(TableMessage type, std::string_view body, SessionEvents& events);

  // Of the shared table's last update; once per update.
  std::optional<Acknowledgement> TakeAcknowledgement();
  bool owes_acknowledgement() const { return owed_.has_value(); }
  void ForgetAcknowledgement() { owed_.reset(); }
  const std::optional<SharedTable>& shared() const { return shared_; }
  // Names, for whoever wonders why none is shared.
  std::vector<std::string> others() const;

 private:
  struct Table {
    std::string name;
    TableDefinition definition;  // its name is empty, see above
    uint32_t last_update = 0;
  };

  Table* Find(uint64_t id);
  void Share(const TableDefinition& definition, SessionEvents& events);

  const std::string name_;
  std::vector<Table> tables_;
  std::optional<uint64_t> current_;
  std::optional<SharedTable> shared_;
  std::optional<Acknowledgement> owed_;
  ReceivedDictionary dictionary_;
  bool mismatch_reported_ = false;
};

}  // namespace room_router::haproxy
