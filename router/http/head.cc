// SPDX-License-Identifier: Apache-2.0
#include "router/http/head.h"

namespace room_router::http {

std::string_view ToString(HeadError error) {
  switch (error) {
    case HeadError::kNone:
      return "none";
    case HeadError::kBadFirstLine:
      return "bad_first_line";
    case HeadError::kBadMethod:
      return "bad_method";
    case HeadError::kBadTarget:
      return "bad_target";
    case HeadError::kBadVersion:
      return "bad_version";
    case HeadError::kUnsupportedVersion:
      return "unsupported_version";
    case HeadError::kBadField:
      return "bad_field";
    case HeadError::kBareLineFeed:
      return "bare_line_feed";
    case HeadError::kBareCarriageReturn:
      return "bare_carriage_return";
    case HeadError::kObsFold:
      return "obs_fold";
    case HeadError::kMissingHost:
      return "missing_host";
    case HeadError::kDuplicateHost:
      return "duplicate_host";
    case HeadError::kBadHost:
      return "bad_host";
    case HeadError::kBadContentLength:
      return "bad_content_length";
    case HeadError::kBadTransferEncoding:
      return "bad_transfer_encoding";
    case HeadError::kLengthAndTransferEncoding:
      return "length_and_transfer_encoding";
    case HeadError::kFirstLineTooLong:
      return "first_line_too_long";
    case HeadError::kHeadTooLarge:
      return "head_too_large";
    case HeadError::kTooManyFields:
      return "too_many_fields";
  }
  return "unknown";
}

int StatusFor(HeadError error) {
  switch (error) {
    case HeadError::kUnsupportedVersion:
      return 505;
    case HeadError::kFirstLineTooLong:
      return 414;
    case HeadError::kHeadTooLarge:
    case HeadError::kTooManyFields:
      return 431;
    default:
      return 400;
  }
}

}  // namespace room_router::http
