// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_session.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace room_router::haproxy {
namespace {

constexpr unsigned kMostConfirms = 16;  // waiting to be sent; nobody asks for more

}  // namespace

PeerSession::PeerSession(Settings settings, std::string remote_name, unsigned minor_version,
                         TimePoint now)
    : settings_(std::move(settings)),
      remote_name_(std::move(remote_name)),
      minor_version_(minor_version),
      tables_(settings_.table),
      give_up_(now + kSilence),
      heartbeat_(TimePoint::max()) {
  outgoing_ = ToText(Hello{.minor_version = minor_version,
                           .callee = remote_name_,
                           .caller = settings_.local_name,
                           .process = settings_.process});
}

PeerSession::PeerSession(Settings settings, std::span<const std::string> known, TimePoint now)
    : settings_(std::move(settings)),
      hello_(std::make_unique<HelloReader>(settings_.local_name, known)),
      minor_version_(1),
      tables_(settings_.table),
      give_up_(now + kSilence),
      heartbeat_(TimePoint::max()) {}

void PeerSession::Receive(std::string_view bytes, TimePoint now) {
  if (state_ == State::kClosed) return;
  incoming_ += bytes;
  resync_requested_ = false;
  if (state_ == State::kHandshake) Shake(now);
  if (state_ != State::kEstablished) return;
  give_up_ = now + kSilence;
  TakeMessages();
}

void PeerSession::Shake(TimePoint now) {
  const auto status = hello_ ? hello_->Read(incoming_) : ReadStatus(incoming_);
  if (!status) return;
  status_ = *status;
  if (hello_) {
    remote_name_ = hello_->caller();
    minor_version_ = hello_->minor_version();
    outgoing_ += ToText(status_);
  }
  if (status_ != Status::kEstablished) {
    const std::string number = std::to_string(static_cast<unsigned>(status_));
    return Close((hello_ ? "refused with status " : "was refused with status ") + number);
  }
  state_ = State::kEstablished;
  heartbeat_ = now + kHeartbeat;
  events_.push_back({.kind = SessionEvent::Kind::kEstablished});
}

void PeerSession::Tick(TimePoint now) {
  if (state_ == State::kClosed) return;
  if (now >= give_up_) {
    silent_ = true;
    return Close("it says nothing");
  }
  if (now < heartbeat_) return;
  heartbeat_due_ = true;
  heartbeat_ = now + kHeartbeat;
}

TimePoint PeerSession::NextDeadline() const {
  return state_ == State::kClosed ? TimePoint::max() : std::min(give_up_, heartbeat_);
}

SessionEvents PeerSession::TakeEvents() { return std::exchange(events_, {}); }

bool PeerSession::HasOutgoing() const {
  if (!outgoing_.empty()) return true;
  return state_ == State::kEstablished &&
         (tables_.owes_acknowledgement() || confirm_ > 0 || heartbeat_due_);
}

std::string PeerSession::TakeOutgoing() {
  std::string bytes = std::exchange(outgoing_, {});
  if (state_ != State::kEstablished) return bytes;
  if (const auto acknowledgement = tables_.TakeAcknowledgement()) Append(*acknowledgement, bytes);
  for (; confirm_ > 0; --confirm_) Append(Control::kResyncConfirm, bytes);
  if (std::exchange(heartbeat_due_, false)) Append(Control::kHeartbeat, bytes);
  return bytes;
}

void PeerSession::TakeMessages() {
  std::string_view rest = incoming_;
  while (state_ == State::kEstablished) {
    const Frame frame = ReadFrame(rest);
    if (frame.status == Frame::Status::kIncomplete) break;
    if (frame.status == Frame::Status::kTooLong) return Fail(ErrorType::kSize, "message too long");
    if (frame.status == Frame::Status::kMalformed || !Take(frame)) {
      return Fail(ErrorType::kProtocol, "malformed message");
    }
    rest.remove_prefix(frame.size);
  }
  incoming_.erase(0, incoming_.size() - rest.size());
}

bool PeerSession::Take(const Frame& frame) {
  switch (static_cast<MessageClass>(frame.message_class)) {
    case MessageClass::kControl:
      TakeControl(static_cast<Control>(frame.type));
      return true;
    case MessageClass::kError:
      Close(frame.type == static_cast<uint8_t>(ErrorType::kSize) ? "it calls a message too long"
                                                                 : "it calls a message malformed");
      return true;
    case MessageClass::kTable:
      return TakeTableMessage(static_cast<TableMessage>(frame.type), frame.body);
    case MessageClass::kReserved:
      return false;
  }
  return true;  // of the future; to be ignored
}

void PeerSession::TakeControl(Control control) {
  switch (control) {
    case Control::kResyncRequest:
      if (std::exchange(resync_requested_, true)) return;
      events_.push_back({.kind = SessionEvent::Kind::kResyncRequested});
      return;
    case Control::kResyncFinished:
    case Control::kResyncPartial:
      confirm_ = std::min(confirm_ + 1, kMostConfirms);
      if (!std::exchange(learning_, false)) return;
      events_.push_back({.kind = SessionEvent::Kind::kResyncEnded,
                         .complete = control == Control::kResyncFinished});
      return;
    case Control::kResyncConfirm:
      if (!std::exchange(unconfirmed_, false)) return;
      events_.push_back({.kind = SessionEvent::Kind::kTaught});
      return;
    case Control::kHeartbeat:
      return;
  }
}

bool PeerSession::TakeTableMessage(TableMessage type, std::string_view body) {
  switch (type) {
    case TableMessage::kDefine:
      return tables_.Define(body, events_);
    case TableMessage::kSwitch:
      return tables_.Switch(body);
    case TableMessage::kAcknowledge: {
      const auto acknowledgement = ReadAcknowledgement(body);
      if (!acknowledgement) return false;
      if (acknowledgement->table != kOwnTable) return true;
      events_.push_back(
          {.kind = SessionEvent::Kind::kAcknowledged, .update = acknowledgement->update});
      return true;
    }
    case TableMessage::kUpdate:
    case TableMessage::kNextUpdate:
    case TableMessage::kTimedUpdate:
    case TableMessage::kNextTimedUpdate: {
      const bool fine = tables_.Update(type, body, events_);
      // The numbers of a lesson mean nothing to the teacher afterwards.
      if (learning_) tables_.ForgetAcknowledgement();
      return fine;
    }
  }
  return true;  // of the future; to be ignored
}

uint64_t PeerSession::KeyLength() const {
  return tables_.shared() ? tables_.shared()->key_length : assumed_key_length_;
}

// HAProxy takes a table only if the length of its keys is exactly that of its own.
void PeerSession::Define() {
  defined_key_length_ = KeyLength();
  Append(TableDefinition{.id = kOwnTable,
                         .name = settings_.table,
                         .key_type = static_cast<uint64_t>(KeyType::kString),
                         .key_length = defined_key_length_,
                         .data_types = kHasServerKey,
                         .expire = settings_.expire},
         outgoing_);
}

bool PeerSession::Teach(std::string_view name, std::string_view server_key, uint32_t update,
                        std::optional<Duration> expires_in) {
  assert(state_ == State::kEstablished);
  if (name.size() >= KeyLength() || name.size() + server_key.size() > kLongestMessage / 2) {
    return false;
  }
  if (defined_key_length_ != KeyLength()) Define();
  if (minor_version_ == 0) expires_in.reset();  // 2.0 does not know timed updates
  Append(
      Update{
          .id = update, .expires_in = expires_in, .key = name, .server = sent_.Write(server_key)},
      outgoing_);
  return true;
}

void PeerSession::RequestResync() {
  assert(state_ == State::kEstablished);
  learning_ = true;
  Append(Control::kResyncRequest, outgoing_);
}

// A table that is defined although nothing follows tells the learner that it is shared.
void PeerSession::FinishResync(bool complete) {
  assert(state_ == State::kEstablished);
  if (defined_key_length_ != KeyLength()) Define();
  Append(complete ? Control::kResyncFinished : Control::kResyncPartial, outgoing_);
  unconfirmed_ = true;
}

void PeerSession::Fail(ErrorType error, std::string reason) {
  Append(error, outgoing_);
  broken_ = true;
  Close(std::move(reason));
}

void PeerSession::Close(std::string reason) {
  state_ = State::kClosed;
  reason_ = std::move(reason);
  incoming_.clear();
}

}  // namespace room_router::haproxy
