// SPDX-License-Identifier: Apache-2.0
// What the tests of the configuration share: a fixed environment and a directory of their own.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "config/load.h"

namespace room_router::config {

inline std::optional<std::string> TestEnvironment(std::string_view name) {
  if (name == "HOSTNAME") return "router-0";
  if (name == "NUMBER") return "3";
  if (name == "EMPTY") return "";
  if (name == "BINARY") return "\xff";
  if (name == "LINES") return "a\nb";
  return std::nullopt;
}

inline constexpr std::string_view kStaticShard =
    "shards: {static: [{name: a, address: 127.0.0.1:1}]}\n";

// Loads a text, behind which a shard is put so that there is something to route to.
inline Loaded LoadWithShard(std::string text) {
  return LoadText(text.append(kStaticShard), "/t.yaml", TestEnvironment);
}

inline std::string AllMistakes(const Loaded& loaded) {
  std::string all;
  for (const Mistake& mistake : loaded.mistakes) all += mistake.ToString() + "\n";
  return all;
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "config-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string Write(const std::string& name, std::string_view content) const {
    const std::string file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace room_router::config
