// SPDX-License-Identifier: Apache-2.0
#include "router/access_log_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "router/access_log_target.h"

namespace room_router {
namespace {

using config::AccessFormat;
using config::RoomNames;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

AccessRecord Sample() {
  using namespace std::chrono_literals;
  return {.client_ip = "127.0.0.1",
          .client_port = 57980,
          .start = std::chrono::system_clock::time_point(1'795'197'214s + 452ms),
          .listener = "room-router",
          .shard = "shard-0",
          .endpoint = {},
          .request_ms = 0,
          .queue_ms = 0,
          .connect_ms = 0,
          .response_ms = 1,
          .total_ms = 1,
          .status = 200,
          .bytes = 103,
          .connections = 1,
          .listener_connections = 1,
          .method = "GET",
          .target = "/http-bind?room=abc",
          .request_class = RequestClass::kSignalling,
          .key = {.high = 0x0123456789abcdef, .low = 1},
          .room = "abc",
          .tenant = {},
          .request_id = "00000000000000ff"};
}

std::string Format(AccessFormat format, RoomNames names, const AccessRecord& record) {
  const AccessLogFormat writer(format, names, "jitsi-meet");
  AccessClock clock;
  std::string line(writer.Bound(record), '\0');
  const char* end = writer.Write(record, clock, line.data());
  line.resize(static_cast<size_t>(end - line.data()));
  return line;
}

class LocalTime : public testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
  }
};

// HAProxy 2.6's own line for such a request, backend and frontend names aside.
TEST_F(LocalTime, HttplogIsHaproxys) {
  EXPECT_EQ(Format(AccessFormat::kHttplog, RoomNames::kPlain, Sample()),
            "127.0.0.1:57980 [20/Nov/2026:17:53:34.452] room-router jitsi-meet/shard-0 "
            "0/0/0/1/1 200 103 - - ---- 1/1/0/0/0 0/0 \"GET /http-bind?room=abc HTTP/1.1\"\n");
}

TEST_F(LocalTime, HttplogOfARefusedRequest) {
  AccessRecord record = Sample();
  record.shard = {};
  record.method = {};
  record.target = {};
  record.status = 400;
  record.connect_ms = record.response_ms = -1;
  record.termination = "PR--";
  EXPECT_THAT(Format(AccessFormat::kHttplog, RoomNames::kPlain, record),
              HasSubstr("jitsi-meet/<NOSRV> 0/0/-1/-1/1 400 103 - - PR-- 1/1/0/0/0 0/0 "
                        "\"<BADREQ>\"\n"));
}

TEST_F(LocalTime, HttplogEscapesAsHaproxy) {
  AccessRecord record = Sample();
  record.target = "/a\"b?#c\x01\xc3\xa9";
  record.endpoint = "web-1";
  const std::string line = Format(AccessFormat::kHttplog, RoomNames::kPlain, record);
  EXPECT_THAT(line, HasSubstr("\"GET /a#22b?#23c#01#C3#A9 HTTP/1.1\""));
  EXPECT_THAT(line, HasSubstr(" jitsi-meet/shard-0_web-1 "));
}

TEST_F(LocalTime, HttplogNamesTheBridge) {
  AccessRecord record = Sample();
  record.shard = {};
  record.endpoint = "jvb-0";
  const std::string target = "/colibri-ws/jvb-0/1a/2b?pwd=" + std::string(3000, 'p');
  record.target = target;
  record.request_class = RequestClass::kBridge;
  const std::string line = Format(AccessFormat::kHttplog, RoomNames::kPlain, record);
  EXPECT_THAT(line, HasSubstr(" jitsi-meet/jvb-0 0/0/"));
  EXPECT_THAT(line, HasSubstr("\"GET /colibri-ws/jvb-0/1a/2b?pwd=*** HTTP/1.1\""));
}

TEST_F(LocalTime, JsonHasEveryField) {
  const json line = json::parse(Format(AccessFormat::kJson, RoomNames::kPlain, Sample()));
  const json expected = {{"time", "2026-11-20T17:53:34.452Z"},
                         {"client", "127.0.0.1"},
                         {"client_port", 57980},
                         {"listener", "room-router"},
                         {"shard", "shard-0"},
                         {"endpoint", ""},
                         {"class", "signalling"},
                         {"tenant", ""},
                         {"room", "abc"},
                         {"method", "GET"},
                         {"target", "/http-bind?room=abc"},
                         {"version", "1.1"},
                         {"status", 200},
                         {"bytes", 103},
                         {"termination", "----"},
                         {"request_ms", 0},
                         {"queue_ms", 0},
                         {"connect_ms", 0},
                         {"response_ms", 1},
                         {"total_ms", 1},
                         {"retries", 0},
                         {"tunnel", false},
                         {"request_id", "00000000000000ff"}};
  EXPECT_EQ(line, expected);
}

TEST_F(LocalTime, ClockFollowsTheSecond) {
  AccessClock clock;
  EXPECT_EQ(clock.Utc(1'795'197'214), "2026-11-20T17:53:34");
  EXPECT_EQ(clock.Utc(1'795'197'215), "2026-11-20T17:53:35");
  EXPECT_EQ(clock.Local(1'795'197'214), "20/Nov/2026:17:53:34");
}

struct MaskCase {
  const char* target;
  RequestClass request_class;
  const char* plain;
  const char* hashed;
  const char* absent;
};

TEST(MaskTarget, HidesSecretsAlwaysAndRoomsWhenTold) {
  constexpr auto kSignalling = RequestClass::kSignalling, kPage = RequestClass::kPage;
  constexpr auto kBridge = RequestClass::kBridge;
  const MaskCase cases[] = {
      {"/t/http-bind?room=abc&token=s3cret", kSignalling, "/t/http-bind?room=abc&token=***",
       "/t/http-bind?room=***&token=***", "/t/http-bind?room=***&token=***"},
      {"/x?previd=s3cret&jwt=s3cret;pwd=s3cret?a=1", kSignalling,
       "/x?previd=***&jwt=***;pwd=***?a=1", "/x?previd=***&jwt=***;pwd=***?a=***",
       "/x?previd=***&jwt=***;pwd=***?a=***"},
      {"/x?%6Aw%74=s3cret&JWT=s3cret&Token=s3cret", kSignalling, "/x?%6Aw%74=***&JWT=***&Token=***",
       "/x?%6Aw%74=***&JWT=***&Token=***", "/x?%6Aw%74=***&JWT=***&Token=***"},
      {"/x?jwt%3Ds3cret&u=https://a/?jwt=s3cret", kSignalling, "/x?***&u=https://a/?jwt=***",
       "/x?***&u=***?jwt=***", "/x?***&u=***?jwt=***"},
      {"/x?u=a%3Fjwt%3Ds3cret&v=1", kSignalling, "/x?u=***&v=1", "/x?u=***&v=***",
       "/x?u=***&v=***"},
      {"/x?s=eyJs3cret", kSignalling, "/x?s=***", "/x?s=***", "/x?s=***"},
      {"/x;jwt=s3cret?a=1", kSignalling, "/x***?a=1", "/x***?a=***", "/x***?a=***"},
      {"/x%3Fjwt%3Ds3cret", kSignalling, "/x***", "/x***", "/x***"},
      {"/eyJs3cret.s3cret/x", kPage, "***", "/0123456789abcdef", "/***"},
      {"/Tenant/Abc", kPage, "/Tenant/Abc", "/0123456789abcdef", "/***"},
      {"/Abc?abc", kPage, "/Abc?abc", "/0123456789abcdef?***", "/***?***"},
      {"/socket.io/?room=abc", RequestClass::kOwnNamespace, "/socket.io/?room=abc",
       "/0123456789abcdef?room=***", "/***?room=***"},
      {"/libs/app.js?v=1", RequestClass::kStatic, "/libs/app.js?v=1", "/libs/app.js?v=***",
       "/libs/app.js?v=***"},
      {"/colibri-ws/jvb-0/1a/2b?pwd=s3cret", kBridge, "/colibri-ws/jvb-0/1a/2b?pwd=***",
       "/colibri-ws/jvb-0/1a/2b?pwd=***", "/colibri-ws/jvb-0/1a/2b?pwd=***"},
      {"/colibri-ws/jvb-0/1a/2b?pwd=s3cret&x=1", kBridge, "/***", "/***", "/***"},
      {"/colibri-ws/jvb-0/1a/2b%3fpwd=s3cret", kBridge, "/***", "/***", "/***"},
      {"/colibri-ws/jvb-0/1a/2b?pwd%3ds3cret", kBridge, "/***", "/***", "/***"},
      {"/SecretRoom/colibri-ws/s3cret", kBridge, "/***", "/***", "/***"},
      {"/x?", kSignalling, "/x?", "/x?", "/x?"},
      {"/x?&&=&a=", kSignalling, "/x?&&=&a=", "/x?&&=***&a=***", "/x?&&=***&a=***"},
  };
  for (const MaskCase& each : cases) {
    AccessRecord record = Sample();
    record.target = each.target;
    record.request_class = each.request_class;
    const std::pair<RoomNames, const char*> expectations[] = {{RoomNames::kPlain, each.plain},
                                                              {RoomNames::kHashed, each.hashed},
                                                              {RoomNames::kAbsent, each.absent}};
    for (const auto& [names, expected] : expectations) {
      MaskedTarget masked;
      MaskTarget(record, names, masked);
      EXPECT_EQ(masked.view(), expected);
      EXPECT_THAT(std::string(masked.view()), Not(HasSubstr("s3cret")));
    }
  }
}

TEST(AccessLogFormat, HidesTheRoomEverywhere) {
  for (const auto format : {AccessFormat::kJson, AccessFormat::kHttplog}) {
    for (const auto request_class : {RequestClass::kPage, RequestClass::kOther}) {
      AccessRecord record = Sample();
      record.target = "/acme/SecretRoom?room=SecretRoom&x=SecretRoom";
      record.room = "secretroom";
      record.request_class = request_class;
      for (const auto names : {RoomNames::kHashed, RoomNames::kAbsent}) {
        const std::string line = Format(format, names, record);
        EXPECT_THAT(line, Not(HasSubstr("ecret"))) << line;
        const bool hashed = line.find("0123456789abcdef") != std::string::npos;
        EXPECT_EQ(hashed, names == RoomNames::kHashed) << line;
      }
    }
  }
}

// Whatever bytes come, a record is one line, within its bound, and JSON where it says so.
TEST(AccessLogFormat, AnyBytesGiveOneBoundedLine) {
  const unsigned seed = std::random_device()();
  RecordProperty("seed", static_cast<int>(seed));
  std::mt19937 random(seed);
  const auto bytes = [&random](size_t longest) {
    std::string text(random() % (longest + 1), '\0');
    const bool nasty = random() % 2 == 0;
    for (char& c : text)
      c = nasty ? "\"\\\n\x01\xff=&;?%"[random() % 10] : static_cast<char>(random());
    return text;
  };
  for (int round = 0; round < 300; ++round) {
    const std::string target = "/" + bytes(4000), room = bytes(2000), tenant = bytes(300),
                      shard = bytes(300), method = bytes(80);
    AccessRecord record = Sample();
    record.target = target;
    record.room = room;
    record.tenant = tenant;
    record.shard = shard;
    record.method = method;
    record.bytes = ~uint64_t{0};
    record.total_ms = INT64_MIN;
    for (const auto names : {RoomNames::kPlain, RoomNames::kHashed, RoomNames::kAbsent}) {
      for (const auto format : {AccessFormat::kJson, AccessFormat::kHttplog}) {
        const AccessLogFormat writer(format, names, "jitsi-meet");
        EXPECT_LE(writer.Bound(record), AccessLogFormat::kMaxLine);
        const std::string line = Format(format, names, record);
        ASSERT_LE(line.size(), writer.Bound(record)) << "seed " << seed;
        ASSERT_EQ(line.find('\n'), line.size() - 1) << "seed " << seed;
        if (format == AccessFormat::kJson) {
          ASSERT_TRUE(json::accept(line)) << "seed " << seed << ": " << line;
        }
      }
    }
  }
}

}  // namespace
}  // namespace room_router
