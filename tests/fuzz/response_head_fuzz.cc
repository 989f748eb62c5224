// SPDX-License-Identifier: Apache-2.0
// Response heads: prefixes agree with the whole, fields tile the head, rewriting parses again.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "router/http/head.h"
#include "router/http/rewrite.h"

namespace {

using namespace room_router::http;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

void CheckFields(std::string_view bytes, const ResponseHead& head) {
  const char* end = bytes.data() + head.size - 2;
  for (size_t i = head.fields.size(); i-- > 0;) {
    const Field& field = head.fields[i];
    Require(field.line + field.line_size == end, "lines are neighbours");
    Require(field.name.data() == field.line, "name starts the line");
    Require(field.value.data() >= field.name.data() + field.name.size() + 1, "value after colon");
    Require(field.value.data() + field.value.size() <= end - 2, "value inside the line");
    const std::string_view line(field.line, field.line_size);
    Require(line.find_first_of(std::string_view("\r\n\0", 3)) == line.size() - 2, "one CRLF");
    end = field.line;
  }
  Require(std::string_view(end - 2, 2) == "\r\n", "the status line ends before the first");
}

void CheckRewritten(const ResponseHead& head, Method request, bool upgrade) {
  static const HeadRewriter rewriter({}, "region");
  std::string out;
  rewriter.WriteResponse(head, {.shard = "s", .region = "r", .release = ""},
                         {.keep_alive = head.keep_alive,
                          .add_chunked = head.body == BodyKind::kUntilClose,
                          .upgrade = upgrade},
                         out);
  ResponseHead again;
  const HeadLimits wide{.first_line = 1 << 20, .head = 1 << 20, .fields = 200};
  Require(ParseResponseHead(out, wide, request, again) == ParseStatus::kComplete, "rewritten");
  Require(again.size == out.size() && again.status == head.status, "rewritten size and status");
  const BodyKind body = head.body == BodyKind::kUntilClose ? BodyKind::kChunked : head.body;
  Require(again.body == body && again.content_length == head.content_length, "framing");
  Require(again.websocket_accepted == upgrade, "upgrade");
  int shards = 0;
  for (const Field& field : again.fields) shards += field.name == "X-Jitsi-Shard";
  Require(shards == 1, "one shard name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Method request = size % 5 == 0 ? Method::kHead : Method::kGet;
  static ResponseHead head, part;
  const ParseStatus status = ParseResponseHead(bytes, {}, request, head);
  Require((status == ParseStatus::kError) == (head.error != HeadError::kNone), "error and status");
  const size_t cut = (size * 7 + data[size - 1]) % size;
  const ParseStatus early = ParseResponseHead(bytes.substr(0, cut), {}, request, part);
  if (early != ParseStatus::kIncomplete) {
    Require(early == status && part.error == head.error, "a prefix contradicts the whole");
  }
  if (status != ParseStatus::kComplete) return 0;
  CheckFields(bytes, head);
  CheckRewritten(head, request, head.websocket_accepted);
  return 0;
}
