// SPDX-License-Identifier: Apache-2.0
// What in a request's target may be a secret, for logs and lists.
//
// Parameters by name: token, jwt, previd, pwd, password, access_token. One of those names, or the
// beginning of a JWT, anywhere in a text makes all of it a secret: it may be an address that holds
// another. Compares without case; a percent-encoded name may be any, as may a text with encoded
// letters. Pure, no allocation.
#pragma once

#include <cstddef>
#include <string_view>

namespace room_router {

// Of a parameter.
bool IsSecretName(std::string_view name);
bool MentionsSecret(std::string_view text);
// How many bytes of a path can be shown: up to where something like a parameter begins.
size_t HarmlessPath(std::string_view path);

}  // namespace room_router
