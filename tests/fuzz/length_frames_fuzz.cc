// SPDX-License-Identifier: Apache-2.0
// Any bytes as a stream of frames: the frames are those a slow reader sees who has all of it, in
// whatever pieces they come; what a queue makes of them is the stream again.
//
// Input: a byte for the limit, a byte that seeds the splitting, then the stream.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sticky/length_frames.h"

namespace {

using room_router::FrameQueue;
using room_router::FrameReader;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

struct Outcome {
  std::vector<std::string> frames;
  bool broken = false, partial = false;
};

Outcome ReadSlowly(std::string_view bytes, size_t limit) {
  Outcome out;
  while (bytes.size() >= 4) {
    size_t length = 0;
    for (int i = 0; i < 4; ++i)
      length = length * 256 + static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
    out.broken = length == 0 || length > limit;
    if (out.broken || bytes.size() - 4 < length) break;
    out.frames.emplace_back(bytes.substr(4, length));
    bytes.remove_prefix(4 + length);
  }
  out.partial = !bytes.empty();
  return out;
}

// In pieces of 1 … 1 + seed % 16 bytes; seed 0 means all at once.
Outcome Read(std::string_view bytes, size_t limit, unsigned seed) {
  FrameReader reader(limit);
  Outcome out;
  for (unsigned n = seed; !bytes.empty(); n = n * 1103515245 + 12345) {
    const size_t size = seed == 0 ? bytes.size() : 1 + (n >> 16) % (1 + seed % 16);
    const std::string_view piece = bytes.substr(0, size);
    reader.Receive(piece);
    while (const auto frame = reader.Next()) out.frames.emplace_back(*frame);
    bytes.remove_prefix(piece.size());
  }
  out.broken = reader.broken();
  out.partial = reader.partial();
  return out;
}

std::string Write(const std::vector<std::string>& frames, size_t step) {
  FrameQueue queue;
  std::string bytes;
  for (const std::string& frame : frames) queue.Push(frame);
  std::array<std::string_view, 2> pieces;
  while (queue.Peek(pieces) > 0) {
    const std::string_view next = pieces[0].substr(0, step);
    bytes += next;
    queue.Consume(next.size());
  }
  Require(queue.bytes() == 0, "an empty queue holds nothing");
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t limit = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Outcome wanted = ReadSlowly(bytes, limit);
  for (const unsigned seed : {0U, 1U, 16U + data[1]}) {
    const Outcome got = Read(bytes, limit, seed);
    Require(got.frames == wanted.frames, "frames");
    Require(got.broken == wanted.broken, "broken");
    Require(got.broken || got.partial == wanted.partial, "partial");
  }
  const std::string written = Write(wanted.frames, 1 + data[1]);
  Require(bytes.substr(0, written.size()) == written, "written as read");
  return 0;
}
