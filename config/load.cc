// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "config/error_file.h"
#include "config/reader.h"
#include "config/report.h"
#include "config/sections.h"
#include "config/substitute.h"
#include "config/text_rules.h"
#include "config/yaml_node.h"
#include "config/yaml_tree.h"

namespace room_router::config {
namespace {

constexpr size_t kMaxFiles = 256;  // of a directory

std::string HostName() {
  char name[256] = "";
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

Config Defaults(const Environment& environment) {
  Config config;
  config.node.name = environment("HOSTNAME").value_or(HostName());
  if (!NameRule(config.node.name).empty()) config.node.name = "router";
  config.listeners.push_back({.address = *SocketAddress::Parse("0.0.0.0:8080"), .tls = {}});
  config.trusted_proxies = {*AddressRange::Parse("127.0.0.0/8"), *AddressRange::Parse("::1/128")};
  config.admin.http = *SocketAddress::Parse("127.0.0.1:9090");
  config.admin.sockets.push_back({.path = "/run/room-router/admin.sock", .address = {}});
  return config;
}

// Maps key by key; anything else is replaced. Each node keeps the place in its own file.
void Merge(YamlNode& base, YamlNode&& over) {
  if (base.kind != YamlNode::Kind::kMap || over.kind != YamlNode::Kind::kMap) {
    base = std::move(over);
    return;
  }
  for (YamlNode& child : over.children) {
    const auto same = std::find_if(base.children.begin(), base.children.end(),
                                   [&](const YamlNode& one) { return one.key == child.key; });
    if (same == base.children.end()) {
      base.children.push_back(std::move(child));
    } else {
      Merge(*same, std::move(child));
    }
  }
}

// False when the text could not be read as a map of keys.
bool AddText(std::string_view text, int file, YamlNode& tree, Report& report) {
  std::optional<YamlNode> root = ParseYaml(text, file, report);
  if (!root) return false;
  if (root->kind == YamlNode::Kind::kScalar || root->kind == YamlNode::Kind::kList) {
    report.Mistake(root->place, "expected a map of keys; write for example \"version: 1\"");
    return false;
  }
  if (root->kind == YamlNode::Kind::kMap) Merge(tree, std::move(*root));
  return true;
}

// The tree of all files, `directory` where their relative paths start.
Loaded Read(YamlNode& tree, const std::string& directory, const Environment& environment,
            Report& report) {
  Loaded loaded;
  loaded.config = Defaults(environment);
  if (tree.kind == YamlNode::Kind::kMap) {
    Substitute(tree, environment, report);
    Reader reader(tree, "", directory, report);
    Describe(reader, loaded.config);
    reader.Finish();
  } else {
    report.Mistake({.file = 0}, "is empty; write at least shards: with discovery.srv or static");
  }
  report.MoveTo(loaded);
  return loaded;
}

// What is known when a file could not be read: nothing is said about keys that file may hold.
Loaded Unread(Report& report) {
  Loaded loaded;
  report.MoveTo(loaded);
  return loaded;
}

std::string DirectoryOf(const std::string& name) {
  std::error_code error;
  const auto path = std::filesystem::absolute(std::filesystem::path(name), error);
  return error ? "" : path.parent_path().string();
}

// Files whose names start with a dot are none of ours: mounted config maps keep theirs there.
std::vector<std::string> YamlFiles(const std::string& directory, std::string& problem) {
  std::vector<std::string> files;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(".yaml") && !name.starts_with('.')) files.push_back(entry->path().string());
  }
  if (error) {
    problem = "cannot be read: " + error.message();
  } else if (files.empty()) {
    problem = "the directory has no *.yaml file";
  } else if (files.size() > kMaxFiles) {
    problem = "the directory has more than " + std::to_string(kMaxFiles) + " *.yaml files";
    files.clear();
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Environment ProcessEnvironment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value != nullptr) return value;
    // Shells know HOSTNAME but do not export it.
    if (name == "HOSTNAME") return HostName();
    return std::nullopt;
  };
}

Loaded LoadText(std::string_view text, const std::string& name, const Environment& environment) {
  Report report;
  YamlNode tree;
  if (!AddText(text, report.AddFile(name), tree, report)) return Unread(report);
  return Read(tree, DirectoryOf(name), environment, report);
}

std::vector<std::string> ConfigFiles(const std::string& path) {
  std::error_code ignored;
  std::string problem;
  if (!std::filesystem::is_directory(path, ignored)) return {path};
  return YamlFiles(path, problem);
}

Loaded LoadPath(const std::string& path, const Environment& environment) {
  Report report;
  std::error_code ignored;
  std::vector<std::string> files{path};
  std::string directory = DirectoryOf(path);
  if (std::filesystem::is_directory(path, ignored)) {
    directory = DirectoryOf(path + "/.");
    std::string problem;
    files = YamlFiles(path, problem);
    if (!problem.empty()) {
      report.Mistake({.file = report.AddFile(path)}, problem);
      return Unread(report);
    }
  }
  YamlNode tree;
  bool complete = true;
  for (const std::string& file : files) {
    const int index = report.AddFile(file);
    std::string problem;
    const std::string text = ReadFile(file, kMaxFileBytes, false, problem);
    if (!problem.empty()) report.Mistake({.file = index}, problem);
    complete = problem.empty() && AddText(text, index, tree, report) && complete;
  }
  if (!complete) return Unread(report);
  return Read(tree, directory, environment, report);
}

}  // namespace room_router::config
