// SPDX-License-Identifier: Apache-2.0
#include "router/cli/check.h"

#include <filesystem>
#include <iostream>

namespace room_router::cli {

config::Loaded LoadFile(const std::string& path) { return config::LoadPath(path); }

std::optional<config::Config> LoadOrComplain(
    const std::string& path, Overdue overdue,
    const std::function<config::Loaded(const std::string& path)>& load) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    std::cerr << "room-router: no such file: " << path
              << (error ? " (" + error.message() + ")" : "")
              << "; name one with -c FILE and try it with `room-router check -c FILE`\n";
    return std::nullopt;
  }
  config::Loaded loaded = load(path);
  const bool taken = loaded.ok() || (overdue == Overdue::kTaken && loaded.usable());
  for (const auto& mistake : loaded.mistakes) {
    std::cerr << (taken ? "warning: " : "") << mistake.ToString() << '\n';
  }
  for (const auto& warning : loaded.warnings) {
    std::cerr << "warning: " << warning.ToString() << '\n';
  }
  if (!taken) return std::nullopt;
  return std::move(loaded.config);
}

int Check(const CheckCommand& command) {
  const auto config = LoadOrComplain(command.config, Overdue::kRefused);
  if (!config) return kFailure;
  if (command.print) {
    std::cout << config::Print(*config);
  } else {
    std::cerr << command.config << ": valid\n";
  }
  return kSuccess;
}

}  // namespace room_router::cli
