// SPDX-License-Identifier: Apache-2.0
#include "config/referenced_files.h"

#include <set>

namespace room_router::config {

std::vector<std::string> ReferencedFiles(const Config& config) {
  std::set<std::string> files{config.admin.token_file, config.shards.tls.ca};
  for (const Listener& listener : config.listeners) {
    const ListenerTls& tls = listener.tls;
    files.insert({tls.first.certificate, tls.first.key, tls.first.ocsp});
    files.insert({tls.client_ca, tls.ticket_keys});
    for (const TlsPair& pair : tls.more) files.insert({pair.certificate, pair.key, pair.ocsp});
  }
  const Peers& peers = config.peers;
  if (!peers.listen.empty()) {
    files.insert({peers.psk_file, peers.certificate, peers.key, peers.ca});
  }
  files.erase("");
  return {files.begin(), files.end()};
}

}  // namespace room_router::config
