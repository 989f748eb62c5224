// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "console.h"
#include "router/captured_errors.h"

namespace room_router::admin {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class Errors : public Console {
 protected:
  void Capture(size_t worker, bool response, std::string_view bytes) {
    sample_.workers[worker].errors.Add({.response = response,
                                        .endpoint = response ? 1 : kNoEndpoint,
                                        .time = sample_.now,
                                        .ip = "192.0.2.9",
                                        .port = 5000,
                                        .reason = "bad_request"},
                                       bytes);
  }
};

TEST_F(Errors, NoneIsASingleLine) {
  EXPECT_THAT(Run("show errors"),
              MatchesRegex("Total events captured on \\[[^]]+\\.[0-9]{3}\\] : 0\n"));
  EXPECT_EQ(Run("show errors", AdminLevel::kUser), "Permission denied\n");
}

TEST_F(Errors, RequestsAndResponsesAreHeadedAsHaproxyDoes) {
  Capture(0, false, "GET /room?token=secret HTP/1.1\r\nAuthorization: hush\r\n\r\n");
  Capture(1, true, "HTTP/1.1 2x0 Fine\r\n\r\n");
  const std::string text = Run("show errors");
  EXPECT_THAT(text, HasSubstr("] : 2\n \n["));
  EXPECT_THAT(text, HasSubstr("] frontend room-router (#2): invalid request\n"
                              "  backend <NONE> (#-1), server <NONE> (#-1), event #0, src "
                              "192.0.2.9:5000\n  len 55, reason bad_request\n \n"
                              "  00000  GET\\ /room***\n \n"));
  EXPECT_THAT(text, HasSubstr("] backend jitsi-meet (#3): invalid response\n"
                              "  frontend room-router (#2), server shard-1_web-0 (#2), event #0"));
  EXPECT_THAT(text, Not(HasSubstr("\n\n")));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  EXPECT_THAT(text, Not(HasSubstr("hush")));
}

TEST_F(Errors, AreFilteredByProxyAndKind) {
  Capture(0, false, "GET / HTP/1.1\r\n");
  Capture(1, true, "HTTP/9\r\n");
  EXPECT_THAT(Run("show errors request"), Not(HasSubstr("invalid response")));
  EXPECT_THAT(Run("show errors response"), Not(HasSubstr("invalid request")));
  EXPECT_THAT(Run("show errors jitsi-meet"), Not(HasSubstr("invalid request")));
  EXPECT_THAT(Run("show errors room-router request"), HasSubstr("invalid request"));
  EXPECT_THAT(Run("show errors 99"), Not(HasSubstr("invalid")));
}

TEST(CapturedErrors, KeepTheLastOfEachKindAndListener) {
  CapturedErrors errors;
  for (uint16_t i = 0; i < 100; ++i) {
    errors.Add({.listener = static_cast<uint16_t>(i % 50), .reason = "x"}, "GET /a HTTP/1.1\r\n");
  }
  EXPECT_EQ(errors.total(), 100u);
  EXPECT_EQ(errors.last().size(), 2 * CapturedErrors::kMostListeners);
  EXPECT_EQ(errors.last()[0].number, 51u);
}

TEST(CapturedErrors, ShowNoMoreThanALine) {
  const std::pair<const char*, const char*> requests[] = {
      {"GET /room HTTP/1.1\r\nCookie: x\r\n", "GET /room HTTP/1.1"},
      {"GET /room?pwd=1 HTTP/1.1\r\n", "GET /room***"},
      {"GET /room;token=1", "GET /room***"},
      {"GET /room%3ftoken=1", "GET /room***"},
      {"GET /token=1", "GET /token***"},
      {"{\"password\":\"x\"}", ""},
      {"secret words /here", ""},
      {"", ""},
      {" GET /", ""}};
  for (const auto& [bytes, shown] : requests) EXPECT_EQ(ShownLine(bytes, false), shown) << bytes;
  EXPECT_EQ(ShownLine("HTTP/1.1 2x0\r\nSet-Cookie: x\r\n", true), "HTTP/1.1 2x0");
  EXPECT_EQ(ShownLine("HTTP/1.1 jwt=1", true), "HTTP/1.1 jwt***");
  EXPECT_EQ(ShownLine("hush", true), "");
  const std::string longest = ShownLine("GET /" + std::string(1000, 'a'), false);
  EXPECT_EQ(longest.size(), CapturedErrors::kMaxLine + 3);
}

}  // namespace
}  // namespace room_router::admin
