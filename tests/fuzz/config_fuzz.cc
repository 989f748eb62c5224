// SPDX-License-Identifier: Apache-2.0
// Any bytes as a configuration: mistakes or a configuration, never a crash. What loads prints, and
// the print loads to the same print without mistakes (the values may differ where secrets were).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "config/load.h"

namespace {

using room_router::config::Loaded;
using room_router::config::LoadText;
using room_router::config::Mistake;
using room_router::config::Print;

std::optional<std::string> Variable(std::string_view name) {
  if (name == "HOSTNAME") return "router-0";
  if (name == "N") return "3";
  return std::nullopt;
}

void Check(bool holds, const char* what, const std::string& shown) {
  if (holds) return;
  std::fprintf(stderr, "%s\n%s\n", what, shown.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Error pages would make the result depend on the files of this machine.
  if (text.find("errors") != std::string_view::npos) return 0;
  const Loaded loaded = LoadText(text, "fuzz.yaml", Variable);
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  for (const Mistake& mistake : loaded.mistakes) {
    Check(!mistake.message.empty() && mistake.message.find('\n') == std::string::npos,
          "a message is one line", mistake.ToString());
    Check(mistake.line <= lines, "a place is in the text", mistake.ToString());
  }
  if (!loaded.ok()) return 0;
  const std::string printed = Print(loaded.config);
  const Loaded again = LoadText(printed, "print.yaml", Variable);
  Check(again.ok(), "the print loads", printed + (again.ok() ? "" : again.mistakes[0].ToString()));
  Check(Print(again.config) == printed, "the print of the print is the same", printed);
  return 0;
}
