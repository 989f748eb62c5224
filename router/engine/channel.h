// SPDX-License-Identifier: Apache-2.0
// One end of a flow: a transport, what epoll said about it, and the bytes its peer has not taken.
//
// Reads follow the edge-triggered rule: after a read that returned less than asked, nothing more is
// read until the next event (a hang-up excepted, which must be read to its end). Writes go out at
// once; what the peer does not take is kept here, on the heap, until Flush. How much to read for a
// peer at once is what it has proved to take (Appetite): large reads make bulk cheap, small ones
// bound what a slow peer makes us keep. Owns the transport.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "router/engine/transport.h"

namespace room_router {

class Channel {
 public:
  static constexpr size_t kLeastAppetite = 64 << 10, kMostAppetite = 256 << 10;  // bytes

  explicit Channel(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}

  bool open() const { return transport_ != nullptr; }
  int descriptor() const { return transport_->descriptor(); }
  void Close() { transport_.reset(); }

  void Note(uint32_t events);  // EPOLL* bits
  bool readable() const { return readable_ && !eof_; }
  bool eof() const { return eof_; }
  bool broken() const { return broken_; }  // an error, or both directions hung up
  bool blocked() const { return !output_.empty(); }
  size_t unsent() const { return output_.size() - output_sent_; }  // bytes

  // kBlocked when nothing is there; kEof once the peer has ended its direction.
  IoResult Read(char* buffer, size_t size);
  // What comes first, without taking it; Skip takes as much as was peeked.
  IoResult Peek(char* buffer, size_t size);
  void Skip(size_t size) { transport_->Skip(size); }
  // Takes all bytes, sending what can be sent now. False when the peer is gone.
  bool Write(std::string_view bytes);
  bool Flush();
  // Most bytes worth reading for this peer at once: few until it has taken as many in one go.
  size_t Appetite() const { return hungry_ ? kMostAppetite : kLeastAppetite; }
  // Before anything else, by who connects (transport.h).
  IoResult WriteBare(std::string_view bytes) { return transport_->WriteBare(bytes); }
  IoResult Handshake() { return transport_->Handshake(); }
  bool in_handshake() const { return transport_->in_handshake(); }
  const char* problem() const { return transport_->problem(); }
  // Ends our direction once everything has been sent.
  void EndWrites();
  bool writes_ended() const { return end_sent_; }
  bool writes_ending() const { return end_wanted_; }

 private:
  void NoteEnd(IoResult::Status status);

  std::unique_ptr<Transport> transport_;
  std::string output_;  // [output_sent_, end) still to be sent
  uint32_t output_sent_ = 0;
  bool readable_ = false, hung_up_ = false, eof_ = false, broken_ = false;
  bool end_wanted_ = false, end_sent_ = false, hungry_ = false;
  bool read_wants_write_ = false;
};

}  // namespace room_router
