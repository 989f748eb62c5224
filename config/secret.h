// SPDX-License-Identifier: Apache-2.0
// Bytes that somebody gets in with: keys, tokens, and what the files of them hold.
//
// Memory is overwritten before it is given back, also that of copies and of what was outgrown, and
// nothing is kept within the object as std::string keeps short texts. Compares in constant time.
// Never becomes text by itself, so that it cannot slip into a log. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace room_router::config {

// Overwrites, also where a compiler sees no use in it.
void Clear(void* memory, size_t size);
// How long it takes tells the lengths at most.
bool SameSecret(std::string_view a, std::string_view b);

// An allocator that gives back nothing legible to the one below.
template <class T, class Memory = std::allocator<T>>
struct Clearing {
  using value_type = T;
  template <class Other>
  struct rebind {
    using other =
        Clearing<Other, typename std::allocator_traits<Memory>::template rebind_alloc<Other>>;
  };

  Clearing() = default;
  template <class Other, class OtherMemory>
  Clearing(const Clearing<Other, OtherMemory>&) {}  // NOLINT(google-explicit-constructor)

  T* allocate(size_t count) { return Memory().allocate(count); }
  void deallocate(T* memory, size_t count) {
    Clear(memory, count * sizeof(T));
    Memory().deallocate(memory, count);
  }
  friend bool operator==(const Clearing&, const Clearing&) { return true; }
};

template <class Memory>
class BasicSecret {
 public:
  BasicSecret() = default;
  explicit BasicSecret(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {}

  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }
  bool empty() const { return bytes_.empty(); }
  size_t size() const { return bytes_.size(); }
  char* data() { return bytes_.data(); }
  void resize(size_t size) { bytes_.resize(size); }
  void push_back(char byte) { bytes_.push_back(byte); }
  friend bool operator==(const BasicSecret& a, const BasicSecret& b) {
    return SameSecret(a.view(), b.view());
  }

 private:
  std::vector<char, Clearing<char, Memory>> bytes_;
};

using Secret = BasicSecret<std::allocator<char>>;

}  // namespace room_router::config
