// SPDX-License-Identifier: Apache-2.0
// Any bytes as a HAProxy configuration: mistakes of one line each, or a configuration of ours that
// loads. Never a crash, and nothing is printed that is not text.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "config/haproxy/import.h"

namespace {

namespace config = room_router::config;

std::optional<std::string> Variable(std::string_view name) {
  if (name == "HOSTNAME") return "edge-0";
  return "1";
}

std::vector<std::string> Address(const std::string& host) {
  return host.size() % 2 == 0 ? std::vector<std::string>{"192.0.2.1"} : std::vector<std::string>{};
}

void Check(bool holds, const char* what, const std::string& shown) {
  if (holds) return;
  std::fprintf(stderr, "%s\n%s\n", what, shown.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  // Files named there (error pages, certificates) would make the result depend on this machine.
  if (text.find("crt") != std::string::npos || text.find("ca-file") != std::string::npos) return 0;
  const config::haproxy::Imported imported = config::haproxy::Import(
      {{.name = "fuzz.cfg", .text = text}},
      {.backend = {}, .local_peer = "a", .resolve = Address, .environment = Variable});
  Check(imported.mistakes.empty() != imported.yaml.empty(), "either mistakes or YAML", text);
  for (const config::Mistake& mistake : imported.mistakes) {
    Check(!mistake.message.empty() && mistake.message.find('\n') == std::string::npos,
          "a message is one line", mistake.ToString());
  }
  if (imported.yaml.empty()) return 0;
  const config::Loaded loaded = config::LoadText(imported.yaml, "print.yaml", Variable);
  Check(loaded.ok(), "what is printed loads",
        imported.yaml + (loaded.ok() ? "" : loaded.mistakes[0].ToString()));
  return 0;
}
