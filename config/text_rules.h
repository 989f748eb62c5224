// SPDX-License-Identifier: Apache-2.0
// What the texts of the configuration may look like: names, header fields, DNS names, URLs, paths.
//
// Each rule returns what is wrong and what to write instead, "" when the text is fine. Control
// characters are refused before any rule runs (substitute.h). Pure.
#pragma once

#include <string>
#include <string_view>

namespace room_router::config {

// A name of a replica, shard, table or cluster: letters, digits, "." "_" "-", 1 to 63 characters.
std::string NameRule(std::string_view text);
std::string OptionalNameRule(std::string_view text);
// A name of a header field (token, RFC 9110 §5.6.2); Optional: or "".
std::string TokenRule(std::string_view text);
std::string OptionalTokenRule(std::string_view text);
// A token the rewriter does not own itself (framing, hop by hop).
std::string EditableHeaderRule(std::string_view text);
std::string HeaderValueRule(std::string_view text);
// A query parameter's name.
std::string ParameterRule(std::string_view text);
// "_service._proto.domain" (RFC 2782).
std::string SrvNameRule(std::string_view text);
std::string HostNameRule(std::string_view text);
std::string OptionalHostNameRule(std::string_view text);
// ".meet.example.org" or "".
std::string HostSuffixRule(std::string_view text);
// "host:port", host a name or an IP.
std::string HostPortRule(std::string_view text);
// A path below the tenant, without leading "/".
std::string EndpointPathRule(std::string_view text);
// A URL of a health check with {address} {shard} {namespace}; "" is left to the section.
std::string CheckUrlRule(std::string_view text);
// A tenant, a room ("[tenant]room" or "room") or the beginning of one; "" is left to the section.
std::string RoomNameRule(std::string_view text);
// The path of a unix socket.
std::string SocketPathRule(std::string_view text);
std::string NotEmptyRule(std::string_view text);
// An ECMAScript regular expression; GroupCount is the number of its groups, -1 when it is none.
std::string RegexRule(std::string_view text);
int GroupCount(const std::string& pattern);

}  // namespace room_router::config
