// SPDX-License-Identifier: Apache-2.0
// HAProxy's configuration files as sections of directives, in the order HAProxy reads them.
//
// Knows what a section is, not what its directives mean. Everything wrong with the text is told at
// once, with its place. Bounded: kMaxBytes of text, kMaxDirectives lines that say something, lines
// of kMaxLine bytes, kMaxSections. Conditions (.if) are not evaluated but reported. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/haproxy/directive.h"
#include "config/load.h"

namespace room_router::config::haproxy {

inline constexpr size_t kMaxBytes = 4 << 20, kMaxDirectives = 50'000, kMaxLine = 64 << 10,
                        kMaxSections = 1000;

struct InputFile {
  std::string name, text;
};

struct Section {
  Directive head;
  std::vector<Directive> directives;

  const std::string& kind() const { return head.At(0); }
  const std::string& name() const { return head.At(1); }
  bool IsProxy() const;
  // The section named by `from NAME`, "" without one.
  std::string From() const;
};

struct Source {
  std::vector<Section> sections;
  std::vector<Mistake> mistakes;
};

Source ReadSource(std::span<const InputFile> files);

}  // namespace room_router::config::haproxy
