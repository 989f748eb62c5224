// SPDX-License-Identifier: Apache-2.0
#include "sticky/bridge_target.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

#include "discovery/bridge_set.h"

namespace room_router {
namespace {

using namespace std::string_literals;

std::string Repeated(size_t count, char c) { return std::string(count, c); }

struct Accepted {
  std::string target, id;
};

const Accepted kAccepted[] = {
    {"/colibri-ws/jvb-0/1a2b/3c4d?pwd=secret", "jvb-0"},
    {"/colibri-ws/10.0.0.7/1a2b/3c4d?pwd=x", "10.0.0.7"},
    {"/colibri-ws/a/0/0?pwd=", "a"},
    {"/colibri-ws/A.b_C-9/0123456789abcdef/Ab-9?pwd=x", "A.b_C-9"},
    {"/colibri-ws/jvb/1/abcdef01-2345-6789-abcd-ef0123456789?pwd=x", "jvb"},
    {"/colibri-ws/jvb/1/2?pwd=a+b/c=d?e;f:@!$'()*,%41", "jvb"},
    {"/colibri-ws/" + Repeated(63, 'j') + "/1/2?pwd=x", Repeated(63, 'j')},
    {"/colibri-ws/jvb/1/2?pwd=" + Repeated(4000, 'p'), "jvb"},
    // Well-formed, and for the map to refuse: other spellings of hosts and addresses.
    {"/colibri-ws/localhost/1/2?pwd=x", "localhost"},
    {"/colibri-ws/2130706433/1/2?pwd=x", "2130706433"},
    {"/colibri-ws/0x7f000001/1/2?pwd=x", "0x7f000001"},
    {"/colibri-ws/0177.0.0.1/1/2?pwd=x", "0177.0.0.1"},
    {"/colibri-ws/127.1/1/2?pwd=x", "127.1"},
    {"/colibri-ws/10.0.0.7./1/2?pwd=x", "10.0.0.7."},
    {"/colibri-ws/.10.0.0.7/1/2?pwd=x", ".10.0.0.7"},
    {"/colibri-ws/010.0.0.7/1/2?pwd=x", "010.0.0.7"},
    {"/colibri-ws/10.0.0.07/1/2?pwd=x", "10.0.0.07"},
    {"/colibri-ws/10.0.0.70/1/2?pwd=x", "10.0.0.70"},
    {"/colibri-ws/10.0.0/1/2?pwd=x", "10.0.0"},
    {"/colibri-ws/JVB-0/1/2?pwd=x", "JVB-0"},
    {"/colibri-ws/jvb-0.evil.example/1/2?pwd=x", "jvb-0.evil.example"},
    {"/colibri-ws/169.254.169.254/1/2?pwd=x", "169.254.169.254"},
    {"/colibri-ws/.../1/2?pwd=x", "..."},
};

const std::string kRefused[] = {
    // Dots and slashes
    "/colibri-ws/./1/2?pwd=x",
    "/colibri-ws/../1/2?pwd=x",
    "/colibri-ws/jvb/../1/2?pwd=x",
    "/colibri-ws/jvb/1/..?pwd=x",
    "/colibri-ws/jvb/1/.?pwd=x",
    "/colibri-ws/../colibri-ws/jvb/1/2?pwd=x",
    "/./colibri-ws/jvb/1/2?pwd=x",
    "/x/../colibri-ws/jvb/1/2?pwd=x",
    "//colibri-ws/jvb/1/2?pwd=x",
    "/colibri-ws//jvb/1/2?pwd=x",
    "/colibri-ws/jvb//1/2?pwd=x",
    "/colibri-ws/jvb/1//2?pwd=x",
    "/colibri-ws/jvb/1/2/?pwd=x",
    "\\colibri-ws\\jvb\\1\\2?pwd=x",
    "/colibri-ws/jvb\\1\\2?pwd=x",
    // Escapes
    "/%63olibri-ws/jvb/1/2?pwd=x",
    "/colibri-ws%2fjvb/1/2?pwd=x",
    "/colibri-ws/jvb%2f1/2?pwd=x",
    "/colibri-ws/jvb%2F1/1/2?pwd=x",
    "/colibri-ws/10%2e0%2e0%2e7/1/2?pwd=x",
    "/colibri-ws/%2e%2e/1/2?pwd=x",
    "/colibri-ws/%2e%2e%2fjvb/1/2?pwd=x",
    "/colibri-ws/jvb%00/1/2?pwd=x",
    "/colibri-ws/jvb%0d%0aHost:x/1/2?pwd=x",
    "/colibri-ws/%256a/1/2?pwd=x",
    "/colibri-ws/jvb/%31/2?pwd=x",
    "/colibri-ws/jvb/1/%32?pwd=x",
    "/colibri-ws/jvb/1/2%3fpwd=x",
    "/colibri-ws/jvb/1/2?p%77d=x",
    "/colibri-ws/jvb/1/2?pwd%3dx",
    // Authorities
    "/colibri-ws/user@host/1/2?pwd=x",
    "/colibri-ws/user:word@host/1/2?pwd=x",
    "/colibri-ws/jvb:9090/1/2?pwd=x",
    "/colibri-ws/10.0.0.7:80/1/2?pwd=x",
    "/colibri-ws/[::1]/1/2?pwd=x",
    "/colibri-ws/::1/1/2?pwd=x",
    "/colibri-ws/[::ffff:10.0.0.7]/1/2?pwd=x",
    "/colibri-ws/fe80::1%25eth0/1/2?pwd=x",
    "/colibri-ws/http://evil.example/1/2?pwd=x",
    "/colibri-ws/jvb#@evil.example/1/2?pwd=x",
    "/colibri-ws/jvb?@evil.example/1/2?pwd=x",
    "/colibri-ws/jvb;evil/1/2?pwd=x",
    "/colibri-ws/jvb,evil/1/2?pwd=x",
    "/colibri-ws/*/1/2?pwd=x",
    "/colibri-ws/$1/1/2?pwd=x",
    "/colibri-ws/${jvb}/1/2?pwd=x",
    "http://evil.example/colibri-ws/jvb/1/2?pwd=x",
    "http://jvb:9090/colibri-ws/jvb/1/2?pwd=x",
    "//evil.example/colibri-ws/jvb/1/2?pwd=x",
    "evil.example:9090",
    "*",
    "",
    "/",
    // Bytes
    "/colibri-ws/jvb\0/1/2?pwd=x"s,
    "/colibri-ws/jvb/1/2\0?pwd=x"s,
    "/colibri-ws/jvb/1/2?pwd=x\0y"s,
    "/colibri-ws/jvb/1/2?pwd=x\r\nHost: evil",
    "/colibri-ws/jvb\r\n/1/2?pwd=x",
    "/colibri-ws/jvb /1/2?pwd=x",
    "/colibri-ws/jvb\t/1/2?pwd=x",
    "/colibri-ws/jvb/1/2?pwd=a b",
    "/colibri-ws/jvb/1/2?pwd=\x7f",
    "/colibri-ws/10\u30020\u30020\u30027/1/2?pwd=x",  // ideographic full stops
    "/colibri-ws/\uff11\uff10.0.0.7/1/2?pwd=x",       // full-width digits
    "/colibri-ws/jvb\u2024x/1/2?pwd=x",               // one dot leader
    "/colibri-ws/jvb\u2215x/1/2?pwd=x",               // division slash
    "/colibri-ws/\xff/1/2?pwd=x",
    "/colibri-ws/jvb/1/2?pwd=\u00e9",
    // Parts
    "/colibri-ws",
    "/colibri-ws/",
    "/colibri-ws/jvb",
    "/colibri-ws/jvb/1",
    "/colibri-ws/jvb/1/2",
    "/colibri-ws//1/2?pwd=x",
    "/colibri-ws/jvb//2?pwd=x",
    "/colibri-ws/jvb/1/?pwd=x",
    "/colibri-ws/" + Repeated(64, 'j') + "/1/2?pwd=x",
    "/colibri-ws/jvb/" + Repeated(17, '1') + "/2?pwd=x",
    "/colibri-ws/jvb/1/" + Repeated(37, '2') + "?pwd=x",
    "/colibri-ws/jvb/1A/2?pwd=x",
    "/colibri-ws/jvb/1g/2?pwd=x",
    "/colibri-ws/jvb/-1/2?pwd=x",
    "/colibri-ws/jvb/1/2_3?pwd=x",
    "/colibri-ws/jvb/1/2/3?pwd=x",
    "/colibri-ws/evil/jvb/1/2?pwd=x",
    "/acme/colibri-ws/jvb/1/2?pwd=x",
    "/Colibri-ws/jvb/1/2?pwd=x",
    "/colibri-wss/jvb/1/2?pwd=x",
    "/colibri-relay-ws/jvb/1/2?pwd=x",
    // Queries
    "/colibri-ws/jvb/1/2?",
    "/colibri-ws/jvb/1/2?pwd",
    "/colibri-ws/jvb/1/2?PWD=x",
    "/colibri-ws/jvb/1/2??pwd=x",
    "/colibri-ws/jvb/1/2&pwd=x",
    "/colibri-ws/jvb/1/2?pwd=x&host=evil",
    "/colibri-ws/jvb/1/2?pwd=x&",
    "/colibri-ws/jvb/1/2?host=evil&pwd=x",
    "/colibri-ws/jvb/1/2?&pwd=x",
    "/colibri-ws/jvb/1/2?pwd=x#y",
    "/colibri-ws/jvb/1/2#?pwd=x",
    " /colibri-ws/jvb/1/2?pwd=x",
    "/colibri-ws/jvb/1/2?pwd=x ",
};

TEST(BridgeTarget, ChannelsNameTheirBridge) {
  static_assert(std::size(kAccepted) + std::size(kRefused) >= 100);
  for (const Accepted& c : kAccepted) {
    const auto id = BridgeOf(c.target);
    ASSERT_TRUE(id.has_value()) << c.target;
    EXPECT_EQ(*id, c.id);
  }
}

TEST(BridgeTarget, EverythingElseIsNoChannel) {
  for (const std::string& target : kRefused) EXPECT_EQ(BridgeOf(target), std::nullopt) << target;
}

TEST(BridgeTarget, WhatServersCouldTakeForBridgesConcernsThem) {
  const std::string concerned[] = {"/colibri-ws",
                                   "/colibri-ws/",
                                   "/colibri-ws/jvb/1/2",
                                   "/colibri-relay-ws/jvb/1/2",
                                   "//colibri-ws/jvb",
                                   "/acme/colibri-ws/jvb",
                                   "/a/b/c/colibri-ws/jvb",
                                   "/http-bind/colibri-ws/jvb",
                                   "/static/../colibri-ws/jvb",
                                   "/./colibri-ws/jvb",
                                   "/colibri-ws;v=1/jvb",
                                   "/%63olibri-ws/jvb",
                                   "/%2563olibri-ws/jvb",
                                   "/%25%36%33olibri%252Dws",
                                   "%2fcolibri-ws/jvb",
                                   "/a%2Fcolibri-relay-ws%2fjvb",
                                   "/colibri-ws%2fjvb",
                                   "/colibri-ws%00",
                                   "/colibri-x/colibri-ws"};
  for (const auto& path : concerned) EXPECT_TRUE(ConcernsBridges(path)) << path;
  const std::string others[] = {"",
                                "/",
                                "*",
                                "/colibri",
                                "/colibri-",
                                "/colibri-wss",
                                "/colibri-ws-1",
                                "/colibri-ws.js",
                                "/my-colibri-ws",
                                "/colibri-relay",
                                "/Colibri-ws",
                                "/http-bind",
                                "/%c3%a9t%c3%a9",
                                "/100%",
                                "/%zz/%",
                                "/colibri%-ws"};
  for (const auto& path : others) EXPECT_FALSE(ConcernsBridges(path)) << path;
}

TEST(BridgeTarget, EscapesOfEscapesTakeLinearTime) {
  std::string path = "/%";
  for (int i = 0; i < 500'000; ++i) path += "25";
  EXPECT_TRUE(ConcernsBridges(path + "2fcolibri-ws"));
  EXPECT_FALSE(ConcernsBridges(path));
}

TEST(BridgeTarget, RelaysAreTold) {
  EXPECT_TRUE(IsRelayTarget("/colibri-relay-ws/jvb/1/2?pwd=x"));
  EXPECT_TRUE(IsRelayTarget("/colibri-relay-ws/"));
  EXPECT_FALSE(IsRelayTarget("/colibri-ws/colibri-relay-ws/1/2?pwd=x"));
  EXPECT_FALSE(IsRelayTarget("/acme/colibri-relay-ws/x"));
}

// Whatever bytes are changed in a good target: what is still accepted stands in it, between its
// second and third slash, and reaches a bridge only by being exactly its id.
TEST(BridgeTarget, MutatedTargetsReachNothingButTheMap) {
  const char* given = std::getenv("TEST_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  SCOPED_TRACE("TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  BridgeSet set;
  for (const char* id : {"10.0.0.7", "jvb-0", "jvb-1"}) {
    set.bridges.push_back({.id = kBridgeEndpoint, .name = id, .address = {}});
  }
  const std::string alphabet = "/.%:@?#&=-_[]\\ jvb-017aF25\r\n\0\xc3\xa9"s;
  int accepted = 0, found = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string target = "/colibri-ws/jvb-0/1a/2b?pwd=x";
    for (uint64_t edits = random() % 4; edits > 0; --edits) {
      const size_t at = random() % target.size();
      const char byte = alphabet[random() % alphabet.size()];
      if (random() % 3 == 0) target.erase(at, 1);
      if (random() % 2 == 0) target.insert(at, 1, byte);
      if (random() % 2 == 0) target[at] = byte;
    }
    const auto id = BridgeOf(target);
    if (!id) continue;
    ++accepted;
    const size_t slash = target.find('/', 12);
    ASSERT_EQ(id->data(), target.data() + 12) << target;
    ASSERT_EQ(*id, target.substr(12, slash - 12)) << target;
    ASSERT_TRUE(ConcernsBridges(target.substr(0, target.find('?')))) << target;
    const Endpoint* bridge = set.Find(*id);
    found += bridge != nullptr;
    ASSERT_EQ(bridge != nullptr, *id == "10.0.0.7" || *id == "jvb-0" || *id == "jvb-1") << target;
    if (bridge != nullptr) {
      ASSERT_EQ(bridge->name, *id);
    }
  }
  EXPECT_GT(accepted, found);
  EXPECT_GT(found, 0);
}

}  // namespace
}  // namespace room_router
