// SPDX-License-Identifier: Apache-2.0
#include "router/admin/admin_plane.h"

namespace room_router::admin {

AdminPlane::AdminPlane(boost::asio::io_context& io, const config::Admin& config,
                       AdminSources sources)
    : collector_(std::move(sources)) {
  if (!config.http.empty()) http_ = std::make_unique<AdminHttp>(io, waits_, config.http);
  for (const auto& socket : config.sockets) {
    sockets_.push_back(std::make_unique<AdminSocket>(io, waits_, socket));
  }
}

std::string AdminPlane::Open() {
  if (http_) {
    if (auto mistake = http_->Open(); !mistake.empty()) return mistake;
  }
  for (auto& socket : sockets_) {
    if (auto mistake = socket->Open(); !mistake.empty()) return mistake;
  }
  return "";
}

void AdminPlane::Close(std::function<void()> drained) {
  auto open = std::make_shared<size_t>(sockets_.size() + (http_ ? 1 : 0));
  if (*open == 0) return drained();
  const auto one_less = [open, drained = std::move(drained)] {
    if (--*open == 0) drained();
  };
  if (http_) http_->Close(one_less);
  for (auto& socket : sockets_) socket->Close(one_less);
}

}  // namespace room_router::admin
