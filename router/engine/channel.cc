// SPDX-License-Identifier: Apache-2.0
#include "router/engine/channel.h"

#include <sys/epoll.h>

namespace room_router {

using Status = IoResult::Status;

void Channel::Note(uint32_t events) {
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = true;
  if (read_wants_write_ && (events & EPOLLOUT)) readable_ = true;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hung_up_ = true;
  if (events & (EPOLLHUP | EPOLLERR)) broken_ = true;
}

IoResult Channel::Read(char* buffer, size_t size) {
  if (eof_) return {Status::kEof, 0};
  if (!readable_) return {Status::kBlocked, 0};
  const IoResult result = transport_->Read(buffer, size);
  if (result.status == Status::kOk && result.bytes < size && !hung_up_ && !result.more) {
    readable_ = false;
  }
  if (result.status == Status::kBlocked) read_wants_write_ = result.more;
  NoteEnd(result.status);
  return result;
}

IoResult Channel::Peek(char* buffer, size_t size) {
  if (eof_) return {Status::kEof, 0};
  if (!readable_) return {Status::kBlocked, 0};
  const IoResult result = transport_->Peek(buffer, size);
  NoteEnd(result.status);
  return result;
}

void Channel::NoteEnd(Status status) {
  if (status == Status::kBlocked) readable_ = false;
  if (status == Status::kEof || status == Status::kError) eof_ = true;
  if (status == Status::kError) broken_ = true;
}

bool Channel::Write(std::string_view bytes) {
  if (end_wanted_) return false;
  if (!output_.empty()) {
    output_.append(bytes);
    return true;
  }
  if (bytes.size() >= kLeastAppetite) hungry_ = true;
  while (!bytes.empty()) {
    const IoResult result = transport_->Write(bytes);
    if (result.status == Status::kBlocked) break;
    if (result.status != Status::kOk) return false;
    bytes.remove_prefix(result.bytes);
  }
  if (!bytes.empty()) hungry_ = false;
  output_.assign(bytes);
  return true;
}

bool Channel::Flush() {
  while (output_sent_ < output_.size()) {
    const IoResult result = transport_->Write(std::string_view(output_).substr(output_sent_));
    if (result.status == Status::kBlocked) return true;
    if (result.status != Status::kOk) return false;
    output_sent_ += static_cast<uint32_t>(result.bytes);
  }
  if (!output_.empty()) {
    output_ = std::string();  // gives the memory back: a connection owns none while it flows
    output_sent_ = 0;
  }
  if (end_wanted_) EndWrites();
  return true;
}

void Channel::EndWrites() {
  end_wanted_ = true;
  if (blocked() || end_sent_) return;
  end_sent_ = true;
  transport_->ShutdownWrite();
}

}  // namespace room_router
