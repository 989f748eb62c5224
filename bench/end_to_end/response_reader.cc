// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/response_reader.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace room_router::bench {
namespace {

constexpr size_t kMaxHead = 16 << 10;

bool StartsWith(std::string_view line, std::string_view lower_case) {
  return line.size() >= lower_case.size() &&
         strncasecmp(line.data(), lower_case.data(), lower_case.size()) == 0;
}

template <typename Number>
bool ParseNumber(std::string_view text, Number* number) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc{} && (end == text.data() + text.size() || *end == ' ');
}

}  // namespace

ResponseReader::Progress ResponseReader::Feed(std::string_view& bytes) {
  if (!in_body_) {
    Progress head = ReadHead(bytes);
    if (head != Progress::kDone) return head;
  }
  size_t taken = std::min(body_left_, bytes.size());
  bytes.remove_prefix(taken);
  body_left_ -= taken;
  in_body_ = body_left_ > 0;
  return in_body_ ? Progress::kMore : Progress::kDone;
}

ResponseReader::Progress ResponseReader::ReadHead(std::string_view& bytes) {
  std::string_view head = bytes;
  size_t before = partial_head_.size();
  if (before > 0) head = partial_head_.append(bytes);
  size_t end = head.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (before == 0) partial_head_.assign(bytes);
    bytes = {};
    return partial_head_.size() > kMaxHead ? Progress::kBroken : Progress::kMore;
  }
  bool good = ParseHead(head.substr(0, end + 2));
  bytes.remove_prefix(end + 4 - before);
  partial_head_.clear();
  return good ? Progress::kDone : Progress::kBroken;
}

bool ResponseReader::ParseHead(std::string_view head) {
  body_length_ = body_left_ = 0;
  closes_ = false;
  size_t line_end = head.find("\r\n");
  if (!StartsWith(head, "http/1.1 ") || !ParseNumber(head.substr(9, 3), &status_)) return false;
  while (line_end + 2 < head.size()) {
    size_t start = line_end + 2;
    line_end = head.find("\r\n", start);
    if (!ParseField(head.substr(start, line_end - start))) return false;
  }
  body_left_ = body_length_;
  return true;
}

bool ResponseReader::ParseField(std::string_view line) {
  if (StartsWith(line, "content-length:")) return ParseNumber(line.substr(15), &body_length_);
  if (StartsWith(line, "connection: close")) closes_ = true;
  return !StartsWith(line, "transfer-encoding:");
}

}  // namespace room_router::bench
