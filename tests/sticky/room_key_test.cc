// SPDX-License-Identifier: Apache-2.0
#include "sticky/room_key.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace room_router {
namespace {

using enum RequestClass;

struct Case {
  std::string target;
  RequestClass request_class;
  std::string canonical;
  std::string shard;
};

const Case kCases[] = {
#include "tests/sticky/room_key_cases.inc"
};

RoomRequest Read(const config::RoomKey& config, std::string_view target,
                 std::string_view host = "meet.test", std::string_view method = "GET",
                 bool upgrade = false) {
  RoomRequest request;
  RoomKeyReader(config).Read(method, target, host, upgrade, request);
  return request;
}

RoomRequest Read(std::string_view target) { return Read(config::RoomKey{}, target); }

std::string Hex(RoomKey key) { return fmt::format("{:016x}{:016x}", key.high, key.low); }

TEST(RoomKeyReader, ReadsEveryCaseOfTheTable) {
  static_assert(std::size(kCases) >= 150);
  const RoomKeyReader reader({});
  RoomRequest request;  // reused: nothing of one request may show in the next
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.target);
    reader.Read("GET", c.target, "meet.test", false, request);
    EXPECT_EQ(ToString(request.request_class), ToString(c.request_class));
    EXPECT_EQ(request.canonical, c.canonical);
    EXPECT_EQ(request.has_key, !c.canonical.empty());
    EXPECT_EQ(request.shard, c.shard);
    EXPECT_EQ(request.error, RoomError::kNone);
    EXPECT_FALSE(request.may_name_shard);
  }
}

TEST(RoomKeyReader, MethodChangesNeitherClassNorKey) {
  for (const Case& c : kCases) {
    for (const char* method : {"POST", "OPTIONS", "HEAD", "PUT"}) {
      const RoomRequest request = Read({}, c.target, "meet.test", method);
      EXPECT_EQ(request.request_class, c.request_class) << c.target;
      EXPECT_EQ(request.canonical, c.canonical) << c.target;
    }
  }
}

TEST(RoomKeyReader, SplitsCanonicalNames) {
  const RoomRequest request = Read("/Acme/http-bind?room=Foo");
  EXPECT_EQ(request.tenant, "acme");
  EXPECT_EQ(request.room, "foo");
  EXPECT_EQ(request.key_namespace, KeyNamespace::kRoom);
  EXPECT_EQ(Read("/socket.io/?room=x").key_namespace, KeyNamespace::kWhiteboard);
  EXPECT_EQ(Read("/etherpad/p/x").key_namespace, KeyNamespace::kEtherpad);
}

// Replicas of any version on any machine share these. XXH3-128 of the UTF-8 bytes, seed 0.
TEST(RoomKeyReader, KeysAreAsAlways) {
  const std::pair<const char*, const char*> golden[] = {
      {"/http-bind?room=a", "a96faf705af16834e6c632b61e964e1f"},
      {"/http-bind?room=foo", "79aef92e83454121ab6e5f64077e7d8a"},
      {"/acme/http-bind?room=foo", "c1273ad0b9a30f1b0a972cc6f05aa533"},
      {"/http-bind?room=t%C3%A9st+room", "f9678c1cb9d0feff0eb35b9cf690c89d"},
      {"/http-bind?room=weekly-planning-meeting-0042", "dfbff3b3270b60388aa2fbbe256a9bbf"},
  };
  for (const auto& [target, key] : golden) EXPECT_EQ(Hex(Read(target).key), key) << target;
}

TEST(RoomKeyReader, WhatDiffersStaysApart) {
  const std::string apart[] = {
      "/http-bind?room=foo",         "/acme/http-bind?room=foo", "/acm/http-bind?room=efoo",
      "/http-bind?room=foo1",        "/http-bind?room=fo+o",     "/http-bind?room=f%C3%B6o",
      "/http-bind?room=foo-bar",     "/http-bind?room=foo_bar",  "/other/http-bind?room=foo",
      "/http-bind?room=acmefoo",     "/http-bind?room=%E9",      "/http-bind?room=%E8",
      "/http-bind?room=stra%C3%9Fe", "/http-bind?room=strasse",
  };
  for (const std::string& a : apart) {
    for (const std::string& b : apart) {
      EXPECT_TRUE(&a == &b || Read(a).key != Read(b).key) << a << " " << b;
    }
  }
}

TEST(RoomKeyReader, RefusesWhatNoRoomCanBeCalled) {
  const std::pair<std::string, RoomError> cases[] = {
      {"/http-bind?room=foo&room=bar", RoomError::kConflictingRooms},
      {"/http-bind?room=foo&x=1&room=foo&room=bar", RoomError::kConflictingRooms},
      {"/http-bind?room=&room=bar", RoomError::kConflictingRooms},
      {"/join?room=foo&room=bar", RoomError::kConflictingRooms},
      {"/v1/_ws/s/xmpp-websocket?room=foo&room=bar", RoomError::kConflictingRooms},
      {"/http-bind?room=a%00b", RoomError::kControlCharacter},
      {"/http-bind?room=a%2500b", RoomError::kControlCharacter},
      {"/http-bind?room=a%0Ab", RoomError::kControlCharacter},
      {"/http-bind?room=a%7Fb", RoomError::kControlCharacter},
      {"/http-bind?room=a%C2%85b", RoomError::kControlCharacter},
      {"/http-bind?room=a\tb", RoomError::kControlCharacter},
      {"/foo%00", RoomError::kControlCharacter},
      {"/a%01/http-bind?room=foo", RoomError::kControlCharacter},
      {"/http-bind?room=" + std::string(1025, 'a'), RoomError::kTooLong},
      {"/" + std::string(1025, 'a'), RoomError::kTooLong},
      {"/" + std::string(257, 'a') + "/http-bind?room=foo", RoomError::kTooLong},
      {"/http-bind?room=" + std::string(1000, 'a') + "%41" + std::string(24, 'a'),
       RoomError::kTooLong},
  };
  for (const auto& [target, error] : cases) {
    const RoomRequest request = Read(target);
    EXPECT_EQ(request.error, error) << target;
    EXPECT_FALSE(request.has_key) << target;
    EXPECT_EQ(request.local, LocalAnswer::kNone) << target;
  }
}

TEST(RoomKeyReader, LongestNamesAreTaken) {
  const std::string target = "/" + std::string(256, 'T') + "/http-bind?room=";
  const RoomRequest plain = Read(target + std::string(1024, 'a'));
  EXPECT_TRUE(plain.has_key);
  EXPECT_EQ(Read(target + "%41" + std::string(1023, 'a')).key, plain.key);
}

TEST(RoomKeyReader, AnswersKeepalivesItself) {
  struct Keepalive {
    const char *method, *target;
    bool upgrade, local;
  };
  const Keepalive cases[] = {
      {"GET", "/_unlock?room=foo", false, true},
      {"HEAD", "/_unlock?room=foo", false, true},
      {"GET", "/acme/_unlock?room=foo", false, true},
      {"GET", "/xmpp-websocket?room=foo", false, true},
      {"GET", "/acme/xmpp-websocket?token=t&room=foo", false, true},
      {"GET", "/v1/_ws/s/xmpp-websocket?room=foo", false, true},
      {"GET", "/xmpp-websocket?room=foo", true, false},
      {"GET", "/v1/_ws/s/xmpp-websocket?room=foo", true, false},
      {"POST", "/_unlock?room=foo", false, false},
      {"OPTIONS", "/_unlock?room=foo", false, false},
      {"GET", "/_unlock", false, false},
      {"GET", "/xmpp-websocket", false, false},
      {"GET", "/http-bind?room=foo", false, false},
      {"GET", "/foo", false, false},
  };
  config::RoomKey forward;
  forward.keepalive = config::Keepalive::kForward;
  for (const Keepalive& c : cases) {
    const auto local = Read({}, c.target, "meet.test", c.method, c.upgrade).local;
    EXPECT_EQ(local == LocalAnswer::kKeepalive, c.local) << c.method << " " << c.target;
    EXPECT_EQ(Read(forward, c.target, "meet.test", c.method, c.upgrade).local, LocalAnswer::kNone);
  }
}

TEST(RoomKeyReader, TakesTheTenantFromTheHostWhereToldTo) {
  config::RoomKey config;
  config.tenant.from_host = ".meet.example.org";
  const auto canonical = [&](std::string_view target, std::string_view host) {
    return Read(config, target, host).canonical;
  };
  EXPECT_EQ(canonical("/http-bind?room=foo", "Acme.Meet.example.org"), "[acme]foo");
  EXPECT_EQ(canonical("/http-bind?room=foo", "acme.meet.example.org:8443"), "[acme]foo");
  EXPECT_EQ(canonical("/foo", "a.b.meet.example.org"), "[a_b]foo");
  EXPECT_EQ(canonical("/config.js?room=foo", "acme.meet.example.org"), "[acme]foo");
  EXPECT_EQ(canonical("/v1/_ws/s/xmpp-websocket?room=foo", "acme.meet.example.org"), "[acme]foo");
  EXPECT_EQ(canonical("/path/foo", "acme.meet.example.org"), "[path]foo");
  EXPECT_EQ(canonical("/foo", "meet.example.org"), "foo");
  EXPECT_EQ(canonical("/foo", ".meet.example.org"), "foo");
  EXPECT_EQ(canonical("/foo", "acme.meet.example.com"), "foo");
  EXPECT_EQ(canonical("/foo", ""), "foo");
  config.tenant.from_path = false;
  EXPECT_EQ(canonical("/path/foo", "acme.meet.example.org"), "[acme]foo");
  EXPECT_EQ(canonical("/path/http-bind?room=foo", "meet.example.org"), "foo");
}

TEST(RoomKeyReader, EndpointsAreAddedAndOverridden) {
  config::RoomKey config;
  config.endpoints = {{"bosh", config::EndpointClass::kSignalling},
                      {"api/v2/join", config::EndpointClass::kSignalling},
                      {"ping", config::EndpointClass::kUnlock},
                      {"board/", config::EndpointClass::kWhiteboard},
                      {"pads", config::EndpointClass::kEtherpad},
                      {"lobby", config::EndpointClass::kPage},
                      {"assets", config::EndpointClass::kStatic},
                      {"*.wasm", config::EndpointClass::kStatic},
                      {"bridge", config::EndpointClass::kBridge},
                      {"http-bind", config::EndpointClass::kStatic}};
  const Case cases[] = {
      {"/bosh?room=foo", kSignalling, "foo", ""},
      {"/acme/bosh?room=foo", kSignalling, "[acme]foo", ""},
      {"/acme/api/v2/join?room=foo", kSignalling, "[acme]foo", ""},
      {"/api/v2/joins?room=foo", kOther, "foo", ""},
      {"/ping?room=foo", kSignalling, "foo", ""},
      {"/board/x?room=foo", kOwnNamespace, "foo", ""},
      {"/pads/p/notes", kOwnNamespace, "notes", ""},
      {"/lobby?room=foo", kPage, "foo", ""},
      {"/lobby/foo", kPage, "foo", ""},
      {"/assets/x?room=foo", kStatic, "", ""},
      {"/acme/x.wasm?room=foo", kStatic, "", ""},
      {"/bridge/x", kBridge, "", ""},
      {"/http-bind?room=foo", kStatic, "", ""},
      {"/xmpp-websocket?room=foo", kSignalling, "foo", ""},
  };
  for (const Case& c : cases) {
    const RoomRequest request = Read(config, c.target);
    EXPECT_EQ(ToString(request.request_class), ToString(c.request_class)) << c.target;
    EXPECT_EQ(request.canonical, c.canonical) << c.target;
  }
  EXPECT_EQ(Read(config, "/ping?room=foo").local, LocalAnswer::kKeepalive);
}

TEST(RoomKeyReader, BridgesAreToldInEveryModeUnlessTheirPathIsSomethingElse) {
  config::RoomKey config;
  config.mode = config::RoomKeyMode::kQuery;
  for (const char* target : {"/colibri-ws/jvb-1/1/2?room=foo", "/a/%63olibri-relay-ws/x"}) {
    EXPECT_EQ(Read(config, target).request_class, kBridge) << target;
    EXPECT_FALSE(Read(config, target).has_key) << target;
  }
  config.mode = config::RoomKeyMode::kJitsi;
  config.endpoints = {{"colibri-ws", config::EndpointClass::kStatic}};
  EXPECT_EQ(Read(config, "/colibri-ws/jvb-1/1/2?room=foo").request_class, kStatic);
}

TEST(RoomKeyReader, QueryModeKnowsOnlyTheParameter) {
  config::RoomKey config;
  config.mode = config::RoomKeyMode::kQuery;
  config.query_parameter = "conf";
  const std::pair<const char*, const char*> cases[] = {
      {"/?conf=Foo", "foo"},
      {"/acme/http-bind?conf=t%25c3%25a9st", "t\u00e9st"},
      {"/libs/app.js?conf=foo", "foo"},
      {"/foo", ""},
      {"/http-bind?room=foo", ""},
      {"/xmpp-websocket?conf=", ""},
  };
  for (const auto& [target, canonical] : cases) {
    const RoomRequest request = Read(config, target);
    EXPECT_EQ(request.canonical, canonical) << target;
    EXPECT_EQ(request.request_class, *canonical != 0 ? kSignalling : kStatic) << target;
    EXPECT_EQ(request.local, LocalAnswer::kNone) << target;
  }
  EXPECT_EQ(Read(config, "/?conf=a&conf=b").error, RoomError::kConflictingRooms);
}

TEST(RoomKeyReader, ForcedShardsAreLeftToTheDirectory) {
  config::RoomKey config;
  config.force_shard = true;
  EXPECT_TRUE(Read(config, "/shard-1/foo").may_name_shard);
  EXPECT_TRUE(Read(config, "/http-bind?room=foo_shard-1").may_name_shard);
  EXPECT_FALSE(Read(config, "/socket.io/?room=foo_shard-1").may_name_shard);
}

TEST(RoomKeyReader, NamesTypedByPeopleHaveTheKeyOfTheirRequests) {
  RoomRequest typed;
  const RoomKeyReader reader({});
  reader.ReadName("", "T\u00e9st Room", typed);
  EXPECT_EQ(typed.key, Read("/http-bind?room=t%25c3%25a9st%2520room").key);
  reader.ReadName("Acme", "Foo", typed);
  EXPECT_EQ(typed.canonical, "[acme]foo");
  EXPECT_EQ(typed.key, Read("/acme/foo").key);
  reader.ReadName("", "", typed);
  EXPECT_FALSE(typed.has_key);
}

}  // namespace
}  // namespace room_router
