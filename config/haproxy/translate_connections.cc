// SPDX-License-Identifier: Apache-2.0
// What goes before HTTP on the way to servers: TLS and PROXY headers, for all of them alike.
#include <algorithm>

#include "config/haproxy/translation.h"
#include "config/haproxy/values.h"

namespace room_router::config::haproxy {
namespace {

// The first server with the option; the others without are noted. Null: none has it.
const Server* TakeFirst(Translation& translation, const std::vector<Server>& servers,
                        const std::string& option) {
  const auto has = [&](const Server& server) { return server.options.contains(option); };
  const auto first = std::find_if(servers.begin(), servers.end(), has);
  if (first == servers.end()) return nullptr;
  for (const Server& other : servers) {
    if (has(other)) continue;
    translation.Drop(*other.line, "without " + option + ": all shards are spoken to alike, as " +
                                      first->name() + " is");
  }
  return &*first;
}

// The name in "str(meet.example.org)"; "" when the expression depends on the request.
std::string ConstantOf(const std::string& expression) {
  constexpr std::string_view kBegin = "str(";
  if (!expression.starts_with(kBegin) || !expression.ends_with(')')) return "";
  const size_t size = expression.size() - kBegin.size() - 1;
  const std::string text = expression.substr(kBegin.size(), size);
  return text.find_first_of("(),") == std::string::npos ? text : "";
}

void TranslateName(Translation& translation, const Server& server) {
  const Directive& from = *server.options.find("ssl")->second.from;
  const std::string sni = ValueOf(server.options, "sni");
  std::string name = ValueOf(server.options, "verifyhost");
  if (name.empty()) name = ConstantOf(sni);
  if (!name.empty()) return translation.SetText({"shards", "tls", "server_name"}, from, name);
  if (!sni.empty()) {
    return translation.Look(from, "sni " + sni +
                                      ": a shard is asked for by the name of its SRV target, or by "
                                      "shards.tls.server_name");
  }
  if (ValueOf(server.options, "verify") == "none") return;
  translation.Look(from,
                   "the certificate's name counts here: that of the SRV target, the address, or "
                   "shards.tls.server_name");
}

void TranslateTls(Translation& translation, const Server& server) {
  const Directive& from = *server.options.find("ssl")->second.from;
  translation.SetBare({"shards", "tls", "enabled"}, from, "true");
  const std::string ca = ValueOf(server.options, "ca-file");
  if (ValueOf(server.options, "verify") == "none") {
    translation.SetBare({"shards", "tls", "verify"}, from, "false");
  } else if (!ca.empty() && ca != "@system-ca") {
    translation.SetText({"shards", "tls", "ca"}, from, ca);
  }
  TranslateName(translation, server);
}

// Checks of the servers' own port speak TLS as requests do, those of another only if they say so.
void SecureChecks(Translation& translation, const Server& server) {
  constexpr std::string_view kPlain = "http://{address}";
  Node* checks = translation.yaml.Find({"shards", "health", "checks"});
  if (checks == nullptr) return;
  for (Node& check : checks->children) {
    Node* url = check.Find("url");
    if (url == nullptr || !url->text.starts_with(kPlain)) continue;
    const bool other_port = url->text.substr(kPlain.size()).starts_with(':');
    if (other_port && !server.options.contains("check-ssl")) continue;
    url->text = "https" + url->text.substr(std::string_view("http").size());
  }
}

}  // namespace

void TranslateConnections(Translation& translation, const std::vector<Server>& servers) {
  if (const Server* server = TakeFirst(translation, servers, "ssl")) {
    TranslateTls(translation, *server);
    SecureChecks(translation, *server);
  }
  if (const Server* server = TakeFirst(translation, servers, "send-proxy-v2")) {
    const Directive& from = *server->options.find("send-proxy-v2")->second.from;
    translation.SetBare({"shards", "proxy_protocol"}, from, "true");
  }
}

}  // namespace room_router::config::haproxy
