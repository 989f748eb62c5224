// SPDX-License-Identifier: Apache-2.0
#include "router/version.h"

#include <ares.h>
#include <fmt/core.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>
#include <utf8proc.h>
#include <xxhash.h>

#include <CLI/Version.hpp>
#include <boost/version.hpp>
#include <nlohmann/detail/macro_scope.hpp>

#include "router/build_info.h"

namespace room_router {
namespace {

std::string Dotted(unsigned major, unsigned minor, unsigned patch) {
  return fmt::format("{}.{}.{}", major, minor, patch);
}

}  // namespace

std::string_view Version() { return build_info::kVersion; }

std::string_view Commit() { return build_info::kCommit; }

std::string Compiler() {
#if defined(__clang__)
  return "Clang " __clang_version__;
#else
  return "GCC " __VERSION__;
#endif
}

std::vector<std::pair<std::string, std::string>> LibraryVersions() {
  const unsigned boost = BOOST_VERSION;
  const unsigned hash = XXH_versionNumber();
  const unsigned format = FMT_VERSION;
  return {
      {"Boost", Dotted(boost / 100000, boost / 100 % 1000, boost % 100)},
      {"c-ares", ares_version(nullptr)},
      {"CLI11", CLI11_VERSION},
      {"fmt", Dotted(format / 10000, format / 100 % 100, format % 100)},
      {"nlohmann-json", Dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                               NLOHMANN_JSON_VERSION_PATCH)},
      {"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING)},
      {"prometheus-cpp", std::string(build_info::kPrometheusCpp)},
      {"spdlog", Dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)},
      {"utf8proc", utf8proc_version()},
      {"xxHash", Dotted(hash / 10000, hash / 100 % 100, hash % 100)},
      {"yaml-cpp", std::string(build_info::kYamlCpp)},
  };
}

}  // namespace room_router
