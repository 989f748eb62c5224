// SPDX-License-Identifier: Apache-2.0
#include "router/admin/admin_token.h"

#include <algorithm>

#include "config/token_file.h"

namespace room_router::admin {
namespace {

constexpr std::string_view kScheme = "bearer ";

bool SameLetters(char a, char b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return lower(a) == lower(b);
}

}  // namespace

bool IsSameOrigin(const Credentials& credentials) {
  const std::string_view site = credentials.fetch_site;
  if (!site.empty()) return site == "same-origin" || site == "none";
  std::string_view origin = credentials.origin;
  if (origin.empty()) return true;  // not a browser
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!origin.starts_with(scheme)) continue;
    origin.remove_prefix(scheme.size());
    return std::ranges::equal(origin, credentials.host, SameLetters);
  }
  return false;
}

bool IsToken(std::string_view authorization, std::string_view token) {
  if (token.empty() || authorization.size() < kScheme.size()) return false;
  const bool bearer =
      std::ranges::equal(authorization.substr(0, kScheme.size()), kScheme, SameLetters);
  return bearer && config::SameSecret(authorization.substr(kScheme.size()), token);
}

Denial Authorize(const Credentials& credentials, const std::string& token_file) {
  if (!IsSameOrigin(credentials)) {
    return {403, "changes are refused when a page of another site asks for them"};
  }
  if (token_file.empty()) {
    return {403,
            "changes over HTTP are off: name a file with a token in admin.token_file, or use "
            "room-router ctl"};
  }
  std::string problem;
  const config::Secret token = config::ReadToken(token_file, problem);
  if (!problem.empty()) return {403, "admin.token_file: " + problem};
  if (credentials.authorization.empty()) {
    return {401, "send the token of admin.token_file: Authorization: Bearer <token>"};
  }
  if (IsToken(credentials.authorization, token.view())) return {};
  return {401, "this is not the token that admin.token_file holds now"};
}

}  // namespace room_router::admin
