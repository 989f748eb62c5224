// SPDX-License-Identifier: Apache-2.0
// The field lines of a head and what they say together about framing and the connection.
//
// Shared by request and response parsing; private to router/http. Lines are read strictly left to
// right and the first refusal wins, so a longer input never changes an error. Pure, no allocation
// beyond the field array.
#pragma once

#include "router/http/field_name.h"
#include "router/http/head.h"

namespace room_router::http {

struct FieldFacts {
  bool is_request = false;  // given: Host counts
  int minor_version = 1;    // given: Transfer-Encoding needs 1.1

  bool has_content_length = false, chunked = false;
  uint64_t content_length = 0;
  bool close = false, keep_alive = false, upgrade_option = false;  // of Connection
  bool nominates = false;                                          // Connection names fields
  unsigned connection_options = 0;
  bool upgrade_websocket = false, te_trailers = false, expect_continue = false;
  unsigned hosts = 0, websocket_keys = 0, websocket_versions = 0;
  bool websocket_key_present = false, websocket_version_13 = false;
  std::string_view host, request_id;

  // Takes one known field into account.
  HeadError Note(const Field& field);

 private:
  HeadError NoteConnection(std::string_view value);
  HeadError NoteContentLength(std::string_view value);
  HeadError NoteTransferEncoding(std::string_view value);
};

// Bytes still to be read; what is consumed is taken from the front.
struct Cursor {
  const char* p;
  const char* end;
};

// Reads field lines up to and including the empty line, and marks those Connection names.
ParseStatus ReadFields(Cursor& in, size_t max_fields, std::vector<Field>& fields, FieldFacts& facts,
                       HeadError& error);

// The end of a line at in.p: CRLF, nothing else.
ParseStatus ReadLineEnd(Cursor& in, HeadError& error, HeadError otherwise);

// "HTTP/1.x": sets minor_version to 0 or 1 (RFC 9110 §2.5: a later minor version is read as ours).
ParseStatus ReadVersion(Cursor& in, int& minor_version, HeadError& error);

// host [":" port]; reg-names are limited to letters, digits and "-._~" so that the value can be
// written into any field without quoting.
bool IsValidAuthority(std::string_view authority, bool port_required = false);

}  // namespace room_router::http
