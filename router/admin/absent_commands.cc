// SPDX-License-Identifier: Apache-2.0
#include "router/admin/absent_commands.h"

#include <algorithm>
#include <array>

namespace room_router::admin {
namespace {

struct Absent {
  std::string_view words, answer;
};

constexpr std::string_view kAcl = "Unknown ACL identifier. Please use #<id> or <file>.\n",
                           kMap = "Unknown map identifier. Please use #<id> or <file>.\n",
                           kNoAcls = "# id (file) description\n# no ACL files are used\n",
                           kNoMaps = "# id (file) description\n# no map files are used\n",
                           kCertificates =
                               "Certificates are read from the files of the configuration: "
                               "replace those and reload.\n",
                           kCookies = "Dynamic cookies are not used: rooms stick by name.\n",
                           kChecks =
                               "Checks are set in the configuration (shards.health); set server "
                               "<backend>/<shard> state takes a shard out.\n",
                           kServers =
                               "Shards come from DNS or the configuration (shards.discovery, "
                               "shards.static).\n",
                           kInside =
                               "Not available: this is HAProxy's inside. See show activity, show "
                               "threads and /metrics.\n";

constexpr std::array<Absent, 49> kAbsent = {{
    {"abort ssl", kCertificates},
    {"add acl", kAcl},
    {"add map", kMap},
    {"add server", kServers},
    {"add ssl", kCertificates},
    {"clear acl", kAcl},
    {"clear map", kMap},
    {"commit acl", kAcl},
    {"commit map", kMap},
    {"commit ssl", kCertificates},
    {"del acl", kAcl},
    {"del map", kMap},
    {"del server", kServers},
    {"del ssl", kCertificates},
    {"disable agent", kChecks},
    {"disable dynamic-cookie", kCookies},
    {"disable health", kChecks},
    {"enable agent", kChecks},
    {"enable dynamic-cookie", kCookies},
    {"enable health", kChecks},
    {"get acl", kAcl},
    {"get map", kMap},
    {"get var", "Variable not found\n"},
    {"new ssl", kCertificates},
    {"prepare acl", kAcl},
    {"prepare map", kMap},
    {"set dynamic-cookie-key", kCookies},
    {"set map", kMap},
    {"set profiling", kInside},
    {"set ssl", kCertificates},
    {"set var", "Variables are not used.\n"},
    {"show acl", kNoAcls},
    {"show cache", "No cache is used.\n"},
    {"show events", "No event sink is used; events are in the log.\n"},
    {"show libs", kInside},
    {"show map", kNoMaps},
    {"show pools", kInside},
    {"show profiling", kInside},
    {"show ssl ca-file", kCertificates},
    {"show ssl cert", kCertificates},
    {"show ssl crl-file", kCertificates},
    {"show ssl crt-list", kCertificates},
    {"show ssl ocsp-response", kCertificates},
    {"show ssl providers", kCertificates},
    {"show startup-logs", "Warnings of the start are in the log.\n"},
    {"show tasks", kInside},
    {"show tls-keys", kCertificates},
    {"show trace", kInside},
    {"trace", kInside},
}};

bool Begins(const CliWords& words, std::string_view with) {
  for (const std::string& word : words) {
    const size_t space = with.find(' ');
    if (word != with.substr(0, space)) return false;
    if (space == std::string_view::npos) return true;
    with.remove_prefix(space + 1);
  }
  return false;
}

CliReply Answer(const CliWords& words, const CliContext&) {
  const auto* found =
      std::ranges::find_if(kAbsent, [&](const Absent& each) { return Begins(words, each.words); });
  const bool named = words.size() > 2;
  if (named && found->answer == kNoAcls) return Error(std::string(kAcl));
  if (named && found->answer == kNoMaps) return Error(std::string(kMap));
  if (found->answer == kNoAcls || found->answer == kNoMaps) {
    return {.text = std::string(found->answer)};
  }
  return Error(std::string(found->answer));
}

constexpr std::array<CliCommand, kAbsent.size()> MakeCommands() {
  std::array<CliCommand, kAbsent.size()> commands{};
  for (size_t i = 0; i < kAbsent.size(); ++i) {
    commands[i].words = commands[i].usage = kAbsent[i].words;
    commands[i].run = Answer;
    commands[i].hidden = true;
  }
  return commands;
}

constexpr auto kCommands = MakeCommands();

}  // namespace

CliCommands AbsentCommands() { return kCommands; }

}  // namespace room_router::admin
