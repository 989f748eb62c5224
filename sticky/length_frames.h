// SPDX-License-Identifier: Apache-2.0
// Frames on a stream of bytes: a length (u32, big-endian), then so many bytes, at least one.
//
// FrameReader takes bytes as they come and gives whole frames; it holds what has arrived, never
// what a length merely announces. FrameQueue holds frames to be sent and tells which bytes come
// next. Pure; one thread.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace room_router {

class FrameReader {
 public:
  explicit FrameReader(size_t limit) : limit_(limit) {}  // bytes of a frame

  // Ends the life of the frames given out.
  void Receive(std::string_view bytes);
  // The next frame; nothing until more bytes have come, or for ever once broken.
  std::optional<std::string_view> Next();

  bool broken() const { return broken_; }                  // a length of 0 or over the limit
  bool partial() const { return read_ < buffer_.size(); }  // of a frame that is not whole yet

 private:
  const size_t limit_;
  std::string buffer_;
  size_t read_ = 0;  // of buffer_
  bool broken_ = false;
};

class FrameQueue {
 public:
  void Push(std::string frame);  // not empty
  // The next bytes, in at most pieces.size() pieces, of which it returns how many there are. They
  // live until the next call of another function.
  size_t Peek(std::span<std::string_view> pieces) const;
  void Consume(size_t bytes);
  void Clear();
  size_t bytes() const { return bytes_; }  // left, lengths included

 private:
  std::deque<std::string> frames_;  // with their lengths
  size_t consumed_ = 0;             // of the first
  size_t bytes_ = 0;
};

}  // namespace room_router
