// SPDX-License-Identifier: Apache-2.0
// Appends pieces to a string whose capacity is kept: one bound check and one memcpy per piece.
//
// The string is grown ahead of what is written and cut to size by the destructor. Put is inlined
// everywhere so that a literal's copy is a few moves. Private to router/http.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

namespace room_router::http {

class HeadWriter {
 public:
  HeadWriter(std::string& out, size_t expected) : out_(out) { Extend(out.size(), expected); }
  HeadWriter(const HeadWriter&) = delete;
  HeadWriter& operator=(const HeadWriter&) = delete;
  ~HeadWriter() { out_.resize(Used()); }

  [[gnu::always_inline]] void Put(std::string_view text) {
    if (static_cast<size_t>(end_ - next_) < text.size()) Extend(Used(), text.size() + Used());
    std::memcpy(next_, text.data(), text.size());
    next_ += text.size();
  }
  void Put(char c) { Put(std::string_view(&c, 1)); }

  // A field line; `name` is "Name: ".
  [[gnu::always_inline]] void PutField(std::string_view name, std::string_view value) {
    Put(name);
    Put(value);
    Put("\r\n");
  }

  // Bytes for which `plain` is false as %XX.
  template <typename Plain>
  void PutEscaped(std::string_view text, Plain plain) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    for (const char c : text) {
      if (plain(c)) {
        Put(c);
        continue;
      }
      const auto byte = static_cast<unsigned char>(c);
      const char escaped[3] = {'%', kHex[byte >> 4], kHex[byte & 15]};
      Put(std::string_view(escaped, 3));
    }
  }

 private:
  size_t Used() const { return static_cast<size_t>(next_ - out_.data()); }
  [[gnu::noinline]] void Extend(size_t used, size_t by) {
    out_.resize(used + by);
    next_ = out_.data() + used;
    end_ = out_.data() + out_.size();
  }

  std::string& out_;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace room_router::http
