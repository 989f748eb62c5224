// SPDX-License-Identifier: Apache-2.0
// Print and Load are inverse: over handwritten and over seeded random configurations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "config/load.h"
#include "tests/config/support.h"

namespace room_router::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Random = std::mt19937;

template <class Value>
Value OneOf(Random& random, std::initializer_list<Value> values) {
  return values.begin()[random() % values.size()];
}

Duration AnyPeriod(Random& random) {
  return OneOf<Duration>(random, {1ms, 999ms, 1s, 90s, 2min, 61min, 24h, 36h});
}

std::string AnyText(Random& random) {
  return OneOf<std::string>(random, {"",
                                     "eu",
                                     "5142",
                                     "1e5",
                                     "0x10",
                                     "true",
                                     "No",
                                     "~",
                                     "null",
                                     "a: b",
                                     "- a",
                                     "#",
                                     "[",
                                     "{a}",
                                     "\"quoted\"",
                                     "it's",
                                     "back\\slash",
                                     "${HOSTNAME}",
                                     "$${x}",
                                     "$1",
                                     "*",
                                     "&a",
                                     "!t",
                                     "|",
                                     ">",
                                     "%",
                                     "@",
                                     "`",
                                     "a #b",
                                     "ends:",
                                     "Zürich",
                                     "\xE2\x80\xA8",
                                     "a\tb",
                                     "1:30",
                                     "0600",
                                     ".5",
                                     "-",
                                     "---",
                                     "<<",
                                     "=",
                                     "12:30:45",
                                     "2026-01-01",
                                     "?",
                                     "a,b"});
}

std::string AnyName(Random& random) {
  return OneOf<std::string>(
      random, {"shard-0", "5142", "0x1", "yes", "null", "a.b", "_x", "-a", ".", "1.5", "1_000"});
}

SocketAddress AnyAddress(Random& random) {
  const auto port = static_cast<uint16_t>(random() % 65535 + 1);
  return *SocketAddress::FromIp(OneOf<const char*>(random, {"127.0.0.1", "::1", "10.1.2.3"}), port);
}

HeaderEdits AnyEdits(Random& random) {
  HeaderEdits edits;
  if (random() % 2) edits.set.emplace_back("X-Set", AnyText(random));
  if (random() % 2) edits.set.emplace_back(OneOf<std::string>(random, {"~", "1", "X", "*"}), "v");
  if (random() % 2) edits.remove = {"X-Remove", "'"};
  return edits;
}

HealthCheck AnyCheck(Random& random) {
  HealthCheck check;
  if (random() % 2) {
    check.type = HealthCheck::Type::kHttp;
    check.url = OneOf<std::string>(random, {"http://{address}/", "http://h:1/a?b={shard}&c=%20"});
    check.header.emplace_back("X-Check", AnyText(random));
  }
  if (check.type == HealthCheck::Type::kTcp && random() % 2) {
    check.host = OneOf<std::string>(random, {"{address}", "{shard}.x", "::1", "10.0.0.7"});
    check.port = static_cast<uint16_t>(random());
  }
  if (random() % 2) check.expect = {{200, 204}, {404, 404}};
  if (random() % 2) check.soft = {503, 429};
  return check;
}

void FillEdge(Random& random, Config& config) {
  config.node = {.name = AnyName(random),
                 .region = AnyText(random),
                 .threads = static_cast<int>(random() % 4)};
  config.listeners[0].address = *SocketAddress::FromIp("0.0.0.0", uint16_t(random() % 2));
  config.listeners[0].tls.min_version = OneOf<const char*>(random, {"1.2", "1.3"});
  if (random() % 2) config.trusted_proxies = {*AddressRange::Parse("fd00::/8")};
  if (random() % 2) config.admin.http = {};
  config.admin.sockets = {{.path = OneOf<std::string>(random, {"/a b", "relative", "@x"}),
                           .address = {},
                           .mode = static_cast<unsigned>(random() % 0777 + 1),
                           .level = AdminLevel::kUser}};
  if (random() % 2)
    config.admin.sockets.push_back({.path = "", .address = *SocketAddress::Parse("127.0.0.1:0")});
  config.admin.dashboard.enabled = random() % 2;
  config.admin.dashboard.room_names = RoomNames::kHashed;
  config.timeouts = {AnyPeriod(random), AnyPeriod(random), AnyPeriod(random), AnyPeriod(random),
                     AnyPeriod(random), AnyPeriod(random), AnyPeriod(random)};
  config.limits.connections = random() % 100;
  config.limits.request_line = 256 + random() % 1000;
  config.limits.header_bytes = OneOf<size_t>(random, {4096, 5001, 1 << 20});
  config.limits.header_fields = 8 + random() % 900;
  config.retries = static_cast<int>(random() % 11);
}

void FillRouting(Random& random, Config& config) {
  config.room_key.mode = OneOf(random, {RoomKeyMode::kJitsi, RoomKeyMode::kQuery});
  config.room_key.query_parameter = OneOf<std::string>(random, {"room", "on", "1"});
  config.room_key.keepalive = OneOf(random, {Keepalive::kLocal, Keepalive::kForward});
  config.room_key.force_shard = random() % 2;
  config.room_key.tenant = {.from_path = random() % 2 == 0,
                            .from_host = OneOf<std::string>(random, {"", ".meet.example"})};
  if (random() % 2) config.room_key.endpoints["a:b\"[]{}&*!|>'%@`,"] = EndpointClass::kUnlock;
  if (random() % 2) config.room_key.endpoints["null"] = EndpointClass::kStatic;
  config.headers.shard = OneOf<std::string>(random, {"", "X-S", "*", "~"});
  config.headers.request = AnyEdits(random);
  config.headers.response = AnyEdits(random);
  config.placement = {.algorithm = PlacementAlgorithm::kRoundRobin,
                      .balance_factor = 1 + static_cast<double>(random() % 1000) / 333};
  config.stick_table = {.name = AnyName(random),
                        .size = 1 + random() % 1000,
                        .expire = 1s + AnyPeriod(random),
                        .display_bytes = 8 + random() % 1000,
                        .heal_close = random() % 2 == 0};
}

void FillShards(Random& random, Config& config) {
  Shards& shards = config.shards;
  if (random() % 2) shards.discovery.srv = {"_http._tcp.web.jitsi"};
  if (random() % 2) shards.discovery.resolvers = {AnyAddress(random)};
  shards.discovery.refresh_min = 100ms + AnyPeriod(random);
  shards.discovery.refresh_max = shards.discovery.refresh_min + AnyPeriod(random);
  shards.discovery.obsolete = OneOf<Duration>(random, {0ms, 5s});
  for (uint32_t i = 0; i <= random() % 4; ++i) {
    shards.static_shards.push_back({.name = AnyName(random) + std::to_string(i),
                                    .addresses = {AnyAddress(random)},
                                    .weight = static_cast<double>(random() % 2560) / 10,
                                    .region = AnyText(random),
                                    .release = AnyText(random),
                                    .priority = static_cast<int>(random() % 65536)});
  }
  if (random() % 2) shards.name = {.pattern = "(a)\\.(\"[b]\") #", .replace = "$2-$$-'x'"};
  shards.region = {.from = ShardLabel::Source::kSrv, .pattern = "\\.(eu|us)\\."};
  shards.tls = {.enabled = random() % 2 == 0, .verify = false, .server_name = "a.b"};
  shards.health.checks = {AnyCheck(random), AnyCheck(random)};
  if (random() % 2) {
    shards.health.checks.push_back({.type = HealthCheck::Type::kAgent,
                                    .host = OneOf<std::string>(random, {"", "{shard}-agent"}),
                                    .port = static_cast<uint16_t>(1 + random() % 65535),
                                    .send = OneOf<std::string>(random, {"", "{shard} up?"})});
  }
  shards.health.interval = 10ms + AnyPeriod(random);
  shards.health.timeout = AnyPeriod(random);
  shards.health.rise = 1 + static_cast<int>(random() % 100);
  shards.health.soft_down_grace = OneOf<Duration>(random, {0ms, 5s});
  shards.health.agreement = OneOf(random, {Agreement::kMajority, Agreement::kLocal});
}

void FillCluster(Random& random, Config& config) {
  config.peers.cluster = AnyName(random);
  config.peers.srv = {"_g._tcp.x"};
  config.peers.static_peers = {"a.b:1", "[::1]:2", "10.0.0.1:3"};
  config.peers.insecure = random() % 2;
  if (config.peers.insecure) {
    config.peers.listen = AnyAddress(random);
  } else {
    config.peers.psk_file = AnyText(random);  // read only when there is an address to listen on
    config.peers.ca = AnyText(random);
  }
  config.peers.sync_timeout = AnyPeriod(random);
  config.bridges.enabled = random() % 2;
  config.bridges.srv = {"_b._tcp.x"};
  config.bridges.static_bridges = {{.id = AnyName(random), .address = AnyAddress(random)}};
  config.bridges.port = static_cast<uint16_t>(random() % 65536);
  config.drain = {.accept_for = 0ms, .max = OneOf<Duration>(random, {0ms, 5s})};
  config.logging.level = OneOf(random, {LogLevel::kDebug, LogLevel::kError});
  config.logging.access.format = OneOf(random, {AccessFormat::kOff, AccessFormat::kHttplog});
  config.logging.access.output = OneOf<std::string>(random, {"stderr", "/a b", "off"});
  config.logging.access.sample = static_cast<double>(random() % 1000) / 999;
}

TEST(PrintTest, LoadOfPrintIsTheSameForRandomConfigurations) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    Config config = LoadWithShard("").config;
    config.shards.static_shards.clear();
    FillEdge(random, config);
    FillRouting(random, config);
    FillShards(random, config);
    FillCluster(random, config);
    const std::string text = Print(config);
    const Loaded loaded = LoadText(text, "/t.yaml", TestEnvironment);
    ASSERT_EQ(AllMistakes(loaded), "") << "seed " << seed << "\n" << text;
    ASSERT_EQ(Print(loaded.config), text) << "seed " << seed;
    ASSERT_TRUE(loaded.config == config) << "seed " << seed << "\n" << text;
  }
}

TEST(PrintTest, PinsAndBansArePrintedToo) {
  Config config = LoadWithShard("").config;
  config.pins = {{.tenant = "acme", .room = "", .shard = "", .release = "5142", .region = ""}};
  config.bans = {{.room = "x", .tenant = "", .prefix = ""}};
  config.peers.haproxy_peers = {{"haproxy-0", *SocketAddress::Parse("10.0.0.7:1024")}};
  const std::string text = Print(config);
  EXPECT_THAT(text, HasSubstr("pins:\n  - tenant: acme\n    room: \"\"\n"));
  EXPECT_THAT(text, HasSubstr("    release: \"5142\"\n"));
  EXPECT_THAT(text, HasSubstr("bans:\n  - room: x\n"));
  EXPECT_THAT(text, HasSubstr("      - name: haproxy-0\n        address: 10.0.0.7:1024\n"));
  EXPECT_EQ(LoadText(text, "/t.yaml", TestEnvironment).config, config);
}

TEST(PrintTest, ErrorPagesLoadAgainFromAnywhere) {
  const TemporaryDirectory directory;
  directory.Write("a b.html", "busy");
  const std::string file =
      directory.Write("r.yaml", "errors: {503: a b.html}\n" + std::string(kStaticShard));
  const Config config = LoadPath(file, TestEnvironment).config;
  EXPECT_EQ(LoadText(Print(config), "/elsewhere/t.yaml", TestEnvironment).config, config);
}

TEST(PrintTest, SecretsAreMasked) {
  const Loaded loaded = LoadText(R"(
headers:
  request: {set: {Authorization: Basic s3cret, X-Api-Key: s3cret, X-Plain: shown}}
  response: {set: {Set-Cookie: s3cret}}
shards:
  static: [{name: a, address: 127.0.0.1:1}]
  health: {checks: [{header: {X-Auth-Token: s3cret}}]}
)",
                                 "/t.yaml", TestEnvironment);
  ASSERT_EQ(AllMistakes(loaded), "");
  const std::string text = Print(loaded.config);
  EXPECT_THAT(text, Not(HasSubstr("s3cret")));
  EXPECT_THAT(text, HasSubstr("X-Plain: shown"));
  EXPECT_THAT(text, HasSubstr("Authorization: \"***\""));
  EXPECT_EQ(Print(LoadText(text, "/t.yaml", TestEnvironment).config), text);
}

TEST(PrintTest, AShardOfTwoEndpointsIsTwoItems) {
  Config config = LoadWithShard("").config;
  config.shards.static_shards[0].addresses.push_back(*SocketAddress::Parse("127.0.0.1:2"));
  const Loaded loaded = LoadText(Print(config), "/t.yaml", TestEnvironment);
  ASSERT_EQ(AllMistakes(loaded), "");
  ASSERT_EQ(loaded.config.shards.static_shards.size(), 2U);
  EXPECT_EQ(loaded.config.shards.static_shards[1].name, "a");
}

}  // namespace
}  // namespace room_router::config
