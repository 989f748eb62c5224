// SPDX-License-Identifier: Apache-2.0
#include "router/cli/import_haproxy.h"

#include <netdb.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "config/error_file.h"
#include "config/haproxy/import.h"
#include "config/socket_address.h"

namespace room_router::cli {
namespace {

namespace haproxy = config::haproxy;
constexpr size_t kMostFiles = 256;

std::vector<std::string> AddressesOf(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::vector<std::string> addresses;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return addresses;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    addresses.push_back(SocketAddress::FromSystem(one->ai_addr, one->ai_addrlen).Ip());
  }
  return addresses;
}

// The *.cfg of a directory in the order of their names; anything else stands for itself.
std::vector<std::string> FilesOf(const std::string& path, std::string& problem) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {path};
  std::vector<std::string> files;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(".cfg") && !name.starts_with('.')) files.push_back(entry->path().string());
  }
  if (error) problem = "cannot be read: " + error.message();
  if (!error && files.empty()) problem = "the directory has no *.cfg file";
  if (files.size() > kMostFiles) problem = "the directory has more than 256 *.cfg files";
  std::sort(files.begin(), files.end());
  return files;
}

std::string ReadStandardInput() {
  std::string text(haproxy::kMaxBytes + 1, '\0');  // one more: too long is told, not cut
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::cin.gcount()));
  return text;
}

// False after a mistake was told.
bool Read(const std::string& path, std::vector<haproxy::InputFile>& files) {
  if (path == "-") {
    files.push_back({.name = "stdin", .text = ReadStandardInput()});
    return true;
  }
  std::string problem;
  std::string place = path;
  for (const std::string& file : FilesOf(path, problem)) {
    if (!problem.empty()) break;
    place = file;
    std::string text = config::ReadFile(file, haproxy::kMaxBytes, false, problem);
    files.push_back({.name = file, .text = std::move(text)});
  }
  if (!problem.empty()) std::cerr << place << ": " << problem << '\n';
  return problem.empty();
}

}  // namespace

int ImportHaproxy(const ImportHaproxyCommand& command) {
  std::vector<haproxy::InputFile> files;
  bool complete = true;
  for (const std::string& path : command.files) complete = Read(path, files) && complete;
  if (!complete) return kFailure;
  const haproxy::Imported imported =
      haproxy::Import(files, {.backend = command.backend,
                              .local_peer = command.local_peer,
                              .resolve = AddressesOf,
                              .environment = config::ProcessEnvironment()});
  for (const config::Mistake& mistake : imported.mistakes) std::cerr << mistake.ToString() << '\n';
  if (!imported.mistakes.empty()) return kFailure;
  std::cout << imported.yaml << std::flush;
  return std::cout ? kSuccess : kFailure;
}

}  // namespace room_router::cli
