// SPDX-License-Identifier: Apache-2.0
#include "sticky/length_frames.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>

namespace room_router {
namespace {

constexpr size_t kLengthBytes = 4;
constexpr size_t kKeptCapacity = 64 << 10;  // an idle link keeps no more

size_t ReadLength(std::string_view bytes) {
  uint32_t length = 0;
  for (const char c : bytes.substr(0, kLengthBytes)) {
    length = length << 8 | static_cast<unsigned char>(c);
  }
  return length;
}

std::string WriteLength(size_t length) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(length >> shift);
  return bytes;
}

}  // namespace

void FrameReader::Receive(std::string_view bytes) {
  if (broken_) return;
  buffer_.erase(0, read_);
  read_ = 0;
  if (buffer_.empty() && buffer_.capacity() > kKeptCapacity) buffer_ = {};
  buffer_ += bytes;
}

std::optional<std::string_view> FrameReader::Next() {
  const std::string_view left = std::string_view(buffer_).substr(read_);
  if (broken_ || left.size() < kLengthBytes) return std::nullopt;
  const size_t length = ReadLength(left);
  broken_ = length == 0 || length > limit_;
  if (broken_ || left.size() - kLengthBytes < length) return std::nullopt;
  read_ += kLengthBytes + length;
  return left.substr(kLengthBytes, length);
}

void FrameQueue::Push(std::string frame) {
  assert(!frame.empty() && frame.size() <= UINT32_MAX);
  bytes_ += kLengthBytes + frame.size();
  frame.insert(0, WriteLength(frame.size()));
  frames_.push_back(std::move(frame));
}

size_t FrameQueue::Peek(std::span<std::string_view> pieces) const {
  const size_t count = std::min(pieces.size(), frames_.size());
  std::copy_n(frames_.begin(), count, pieces.begin());
  if (count > 0) pieces[0].remove_prefix(consumed_);
  return count;
}

void FrameQueue::Consume(size_t bytes) {
  assert(bytes <= bytes_);
  bytes_ -= bytes;
  consumed_ += bytes;
  while (!frames_.empty() && consumed_ >= frames_.front().size()) {
    consumed_ -= frames_.front().size();
    frames_.pop_front();
  }
}

void FrameQueue::Clear() {
  frames_.clear();
  consumed_ = bytes_ = 0;
}

}  // namespace room_router
