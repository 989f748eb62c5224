// SPDX-License-Identifier: Apache-2.0
// Request heads against Boost.Beast's parser. Where the two disagree, one of the two lists below
// must say why; anything else is a finding. What is accepted must also survive its own rewriting.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "router/http/head.h"
#include "router/http/rewrite.h"

namespace {

using namespace room_router::http;
namespace beast = boost::beast::http;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

bool IsToken(std::string_view text) {
  constexpr std::string_view kTokenBytes =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return !text.empty() && text.find_first_not_of(kTokenBytes) == std::string_view::npos;
}

bool HasFoldedLine(std::string_view bytes) {
  return bytes.find("\r\n ") != std::string_view::npos ||
         bytes.find("\r\n\t") != std::string_view::npos;
}

// What Beast 345 accepts and this parser refuses, on purpose:
bool IsKnownLeniency(HeadError error, std::string_view bytes) {
  switch (error) {
    case HeadError::kObsFold:  // it joins the lines
      return true;
    case HeadError::kMissingHost:  // it leaves Host to the caller
    case HeadError::kDuplicateHost:
    case HeadError::kBadHost:
      return true;
    case HeadError::kBadTarget:  // it takes any visible byte and any above 0x7f, in any form
      return true;
    case HeadError::kBadContentLength:  // "5, 5", or "5" on a line of its own
      return bytes.find(',') != std::string_view::npos || HasFoldedLine(bytes);
    case HeadError::kBadTransferEncoding:  // other codings, chunked twice, chunked on 1.0
      return true;
    case HeadError::kTooManyFields:  // its limits are not ours
    case HeadError::kHeadTooLarge:
    case HeadError::kFirstLineTooLong:
      return true;
    default:
      return false;
  }
}

// What Beast 345 refuses and this parser accepts, on purpose:
bool IsKnownStrictness(const boost::system::error_code& error, const RequestHead& head,
                       std::string_view bytes) {
  // HTTP/1.2 and later are to be read as 1.1 (RFC 9110 §2.5).
  if (error == beast::error::bad_version) {
    const size_t version = bytes.find(" HTTP/1.");
    return version != std::string_view::npos && bytes[version + 8] > '1';
  }
  // Empty lines before the request are to be skipped (RFC 9112 §2.2).
  if (bytes.starts_with("\r\n")) return true;
  if (error == beast::error::bad_value) {
    // Connection with an element that is no token: it can nominate nothing, so it is ignored.
    return std::any_of(head.fields.begin(), head.fields.end(), [](const Field& field) {
      const bool list = field.id == FieldId::kConnection || field.id == FieldId::kProxyConnection;
      return list && !IsToken(field.value);
    });
  }
  if (error == beast::error::bad_content_length) {
    // The same length twice says the same thing twice.
    return std::count_if(head.fields.begin(), head.fields.end(), [](const Field& field) {
             return field.id == FieldId::kContentLength;
           }) > 1;
  }
  return false;
}

bool Has(const RequestHead& head, FieldId id) {
  return std::any_of(head.fields.begin(), head.fields.end(),
                     [id](const Field& field) { return field.id == id; });
}

using NameAndValue = std::pair<std::string, std::string>;

// Beast keeps fields of one name together; their order among themselves must be the same.
void GroupByName(std::vector<NameAndValue>& fields) {
  const auto less = [](const NameAndValue& a, const NameAndValue& b) {
    return std::lexicographical_compare(a.first.begin(), a.first.end(), b.first.begin(),
                                        b.first.end(), [](char x, char y) {
                                          return std::tolower(static_cast<unsigned char>(x)) <
                                                 std::tolower(static_cast<unsigned char>(y));
                                        });
  };
  std::stable_sort(fields.begin(), fields.end(), less);
}

void Compare(const RequestHead& head, beast::request_parser<beast::empty_body>& oracle) {
  const auto& theirs = oracle.get();
  Require(theirs.method_string() == boost::string_view(head.method.data(), head.method.size()),
          "method");
  const std::string_view target(theirs.target().data(), theirs.target().size());
  Require(head.absolute_form || head.target == target, "target");
  Require(theirs.version() == (head.minor_version == 0 ? 10u : 11u), "version");
  std::vector<NameAndValue> ours, others;
  for (const Field& field : head.fields) ours.emplace_back(field.name, field.value);
  for (const auto& field : theirs) {
    const auto name = field.name_string();
    others.emplace_back(std::string(name.data(), name.size()),
                        std::string(field.value().data(), field.value().size()));
  }
  GroupByName(ours);
  GroupByName(others);
  Require(ours == others, "fields");
  Require(oracle.chunked() == (head.body == BodyKind::kChunked), "chunked");
  if (head.body == BodyKind::kLength) {
    Require(oracle.content_length() && *oracle.content_length() == head.content_length, "length");
  }
  // Beast lets Proxy-Connection count, and keep-alive win over close on 1.0.
  if (head.minor_version > 0 && !Has(head, FieldId::kProxyConnection)) {
    Require(oracle.keep_alive() == head.keep_alive, "keep-alive");
  }
}

void CompareWithBeast(std::string_view bytes, ParseStatus status, const RequestHead& head) {
  beast::request_parser<beast::empty_body> oracle;
  oracle.header_limit(1 << 20);
  oracle.body_limit(boost::none);
  boost::system::error_code error;
  const size_t used = oracle.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  const bool accepted = oracle.is_header_done() && !error;
  const bool refused = error && error != beast::error::need_more;
  if (status == ParseStatus::kComplete) {
    if (refused) {
      Require(IsKnownStrictness(error, head, bytes), "Beast refuses what we accept");
      return;
    }
    Require(accepted, "Beast wants more than we do");
    Require(used == head.size, "size of the head");
    Compare(head, oracle);
  } else if (accepted) {
    Require(status == ParseStatus::kError, "we want more than Beast does");
    Require(IsKnownLeniency(head.error, bytes), ToString(head.error).data());
  }
}

void CheckRewritten(const RequestHead& head, bool trusted) {
  static const HeadRewriter rewriter({}, "region");
  const ClientFacts client{.ip = "::1", .local_port = "80", .trusted = trusted};
  std::string out;
  rewriter.WriteRequest(head, client, "room", out);
  RequestHead again;
  const HeadLimits wide{.first_line = 1 << 20, .head = 1 << 20, .fields = 200};
  if (head.method_id == Method::kConnect) return;  // never forwarded
  Require(ParseRequestHead(out, wide, again) == ParseStatus::kComplete, "rewritten head");
  Require(again.size == out.size(), "rewritten size");
  Require(again.body == head.body && again.content_length == head.content_length, "framing");
  Require(again.websocket == head.websocket, "upgrade");
  Require(again.keep_alive && again.minor_version == 1 && !again.target_needs_escape, "line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static RequestHead head, part;
  const ParseStatus status = ParseRequestHead(bytes, {}, head);
  Require((status == ParseStatus::kError) == (head.error != HeadError::kNone), "error and status");
  CompareWithBeast(bytes, status, head);

  const size_t cut = size == 0 ? 0 : (size * 7 + data[0]) % size;
  const ParseStatus early = ParseRequestHead(bytes.substr(0, cut), {}, part);
  if (early != ParseStatus::kIncomplete) {
    Require(early == status && part.error == head.error, "a prefix contradicts the whole");
  }
  if (status == ParseStatus::kComplete) CheckRewritten(head, size % 2 == 0);
  return 0;
}
