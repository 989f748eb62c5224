// SPDX-License-Identifier: Apache-2.0
// A network of streams with faults, in virtual time.
//
// Streams behave like TCP: frames arrive in order, after a delay, later when packets get lost; what
// a partition (of slots, one or both ways) holds up arrives when it heals. What TCP loses it loses
// with the stream: Break resets both ends and drops what is under way, so after the next link much
// comes twice and in another order. A dead process resets its streams, a dead machine says nothing.
// `chaos` is worse than TCP: single frames (but the first of a stream) vanish, come twice or
// overtake each other. The same seed and the same calls give the same network, bit for bit.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/socket_address.h"
#include "sticky/gossip_types.h"
#include "tests/simulation/host.h"
#include "tests/simulation/timeline.h"

namespace room_router::simulation {

using namespace std::chrono_literals;
using Micros = std::chrono::microseconds;

class Network {
 public:
  struct Conditions {
    Micros delay_least{100}, delay_most{400};  // one way
    double packet_loss = 0;                    // each costs a retransmission
    double chaos = 0;                          // of frames
    double bytes_per_second = 125e6;           // of a stream
  };

  Network(Timeline& timeline, uint64_t seed) : timeline_(timeline), random_(seed) {}

  void Attach(const SocketAddress& address, Host& host);
  // `silently`: like a machine that loses power, else like a process that is killed.
  void Detach(const SocketAddress& address, bool silently);
  bool Attached(const Host& host) const;

  void Dial(Host& from, const SocketAddress& to);
  void Send(Host& from, LinkId link, std::string frame);
  void Close(Host& from, LinkId link);

  void Block(size_t from, size_t to, bool blocked);  // slots, one way
  void Slow(size_t slot, Micros extra) { extra_[slot] = extra; }
  void Break(double share);  // resets some of the streams
  void Heal();

  struct Traffic {
    uint64_t frames = 0, bytes = 0;
  };
  using Kinds = std::array<Traffic, 16>;  // by their number in gossip.proto; 0: no frame

  Conditions conditions;
  Kinds sent{};
  uint64_t fingerprint = 0;  // of all that was sent, in its order
  // After a frame was received; may be empty.
  std::function<void(const Host& from, const Host& to)> watch;

 private:
  struct Frame {
    std::string bytes;
    TimePoint ready;
    bool end = false;
  };
  struct End {  // of a stream, with what comes towards it
    Host* host = nullptr;
    size_t slot = 0;
    LinkId link = 0;
    std::deque<Frame> coming;
    size_t coming_bytes = 0;
    bool scheduled = false, began = false;
  };
  struct Stream {
    End ends[2];
  };
  using Place = std::pair<std::shared_ptr<Stream>, int>;

  double Chance() { return std::uniform_real_distribution<>(0, 1)(random_); }
  Micros Delay(size_t from, size_t to);
  bool Blocked(size_t from, size_t to) const { return blocked_.contains({from, to}); }
  Host* Listening(const SocketAddress& address) const;
  void Connect(Host& from, const SocketAddress& to);
  void Enqueue(const std::shared_ptr<Stream>& stream, int side, Frame frame);
  void Schedule(const std::shared_ptr<Stream>& stream, int side);
  void Deliver(const std::shared_ptr<Stream>& stream, int side);
  void Count(const std::string& frame);
  void HandOver(End& end, const Frame& frame);
  void Drop(End& end);
  void Reset(const std::shared_ptr<Stream>& stream, int side);

  Timeline& timeline_;
  std::mt19937_64 random_;
  LinkId last_link_ = 0;
  std::map<std::string, Host*> hosts_;
  std::set<Host*> alive_;
  std::map<LinkId, Place> ends_;
  std::set<std::pair<size_t, size_t>> blocked_;
  std::map<size_t, Micros> extra_;
};

}  // namespace room_router::simulation
