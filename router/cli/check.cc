// SPDX-License-Identifier: Apache-2.0
#include "router/cli/check.h"

#include <filesystem>
#include <iostream>

#include "config/load.h"

namespace room_router::cli {

std::optional<config::Config> LoadOrComplain(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    std::cerr << "room-router: no such file: " << path
              << (error ? " (" + error.message() + ")" : "")
              << "; name one with -c FILE and try it with `room-router check -c FILE`\n";
    return std::nullopt;
  }
  config::Loaded loaded = config::LoadPath(path);
  for (const auto& mistake : loaded.mistakes) std::cerr << mistake.ToString() << '\n';
  for (const auto& warning : loaded.warnings) {
    std::cerr << "warning: " << warning.ToString() << '\n';
  }
  if (!loaded.ok()) return std::nullopt;
  return std::move(loaded.config);
}

int Check(const CheckCommand& command) {
  const auto config = LoadOrComplain(command.config);
  if (!config) return kFailure;
  if (command.print) {
    std::cout << config::Print(*config);
  } else {
    std::cerr << command.config << ": valid\n";
  }
  return kSuccess;
}

}  // namespace room_router::cli
