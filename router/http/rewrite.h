// SPDX-License-Identifier: Apache-2.0
// The head as it goes on: hop-by-hop fields out, forwarding fields in (RFC 9110 §7.6).
//
// Kept fields are copied verbatim in runs (one memcpy per run of neighbours). Pure. The constant
// part (what configuration sets and removes) is prepared once in a HeadRewriter and shared by all
// workers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "router/http/head.h"

namespace room_router::http {

// What the connection knows and the request does not.
struct ClientFacts {
  std::string_view ip;          // the peer's address without port
  std::string_view local_port;  // of the listener, decimal
  std::string_view request_id;  // empty = none is sent
  bool tls = false;             // the client spoke TLS to us
  bool trusted = false;         // peer is in trusted_proxies: its X-Forwarded-* are appended to
};

struct ShardFacts {  // for the response; empty = leave out
  std::string_view shard, region, release;
};

// A request: hop-by-hop and routing fields removed, Room set (when `room` is not empty),
// X-Proxy-Region, X-Forwarded-For/-Proto/-Host/-Port, X-Real-IP and Forwarded believed and appended
// to or replaced, the request's id replaced, `Connection: keep-alive` (or upgrade, for websockets)
// written, raw bytes in the query escaped. A response: hop-by-hop and X-Jitsi-* removed, exactly
// one of each set.
class HeadRewriter {
 public:
  HeadRewriter(const config::Headers& headers, std::string own_region);

  // Both append to `out`, whose capacity is kept between calls.
  void WriteRequest(const RequestHead& head, const ClientFacts& client, std::string_view room,
                    std::string& out) const;
  // The value of the first field that the configuration calls headers.request_id; empty = none.
  std::string_view RequestIdOf(const RequestHead& head) const {
    return usual_request_id_ ? head.request_id : FindRequestId(head);
  }

  struct ResponseOptions {
    bool client_http10 = false;        // status line stays HTTP/1.1, but nothing chunked may follow
    bool keep_alive = true;            // else `Connection: close`
    bool explicit_keep_alive = false;  // 1.0 client that asked: `Connection: keep-alive`
    bool add_chunked = false;          // a close-delimited body is being chunked
    bool drop_framing = false;         // a chunked body is being unwrapped for a 1.0 client
    bool upgrade = false;              // 101: Connection/Upgrade kept
  };
  void WriteResponse(const ResponseHead& head, const ShardFacts& shard,
                     const ResponseOptions& options, std::string& out) const;

 private:
  // What one direction deletes and adds, whatever the message: prepared from the configuration.
  struct Edits {
    std::string lines;               // "Name: value\r\n" of every field that is set
    std::vector<std::string> names;  // deleted from what arrives
    uint64_t lengths = 0;            // a bit per length of unknown `names`: skips most comparisons
    uint32_t ids = 0;                // the known names, as a bit per FieldId

    void Take(const config::HeaderEdits& edits);
    void Delete(const std::string& name);
    bool Has(std::string_view name) const;
    bool Deletes(const Field& field) const;  // for fields that have no id of their own
    // "Name: " unless `name` is empty or configuration has its own say on it; deletes it as well.
    std::string OwnField(const std::string& name);
  };

  std::string_view FindRequestId(const RequestHead& head) const;

  Edits request_, response_;
  std::string room_, request_id_, shard_, region_, release_;  // "Name: " or empty
  bool usual_request_id_ = false;  // it is X-Request-Id, which the parser has found already
};

}  // namespace room_router::http
