// SPDX-License-Identifier: Apache-2.0
// Texts that are fine, the environment, files and directories.
#include "config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/config/support.h"

namespace room_router::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Config MustLoad(const std::string& text) {
  const Loaded loaded = LoadWithShard(text);
  EXPECT_EQ(AllMistakes(loaded), "") << text;
  return loaded.config;
}

TEST(LoadTest, DefaultsOfAbsentKeys) {
  const Config config = MustLoad("");
  EXPECT_EQ(config.node.name, "router-0");
  ASSERT_EQ(config.listeners.size(), 1U);
  EXPECT_EQ(config.listeners[0].address.ToString(), "0.0.0.0:8080");
  ASSERT_EQ(config.trusted_proxies.size(), 2U);
  EXPECT_EQ(config.trusted_proxies[1].ToString(), "::1/128");
  EXPECT_EQ(config.admin.http.ToString(), "127.0.0.1:9090");
  ASSERT_EQ(config.admin.sockets.size(), 1U);
  EXPECT_EQ(config.admin.sockets[0].path, "/run/room-router/admin.sock");
  EXPECT_EQ(config.timeouts, Timeouts());
  EXPECT_EQ(config.shards.health, Health());
  ASSERT_EQ(config.shards.health.checks.size(), 1U);
  ASSERT_EQ(config.shards.health.checks[0].expect.size(), 1U);
}

TEST(LoadTest, EmptyValuesMeanTheDefault) {
  EXPECT_EQ(MustLoad("timeouts:\nretries: ~\nlisteners: null\nlimits: {connections: }\n"),
            MustLoad(""));
}

TEST(LoadTest, NodeNameWithoutHostnameVariableIsTheHosts) {
  const Loaded loaded = LoadText(kStaticShard, "/t.yaml",
                                 [](std::string_view) { return std::optional<std::string>(); });
  EXPECT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded.config.node.name.empty());
}

TEST(LoadTest, Values) {
  const Config config = MustLoad(R"(
node: {threads: auto, region: "eu-west"}
listeners: [{address: "[::]:0"}, {address: "[::]:0"}]
trusted_proxies: 10.0.0.0/8
admin: {http: "", sockets: []}
timeouts: {connect: 10ms, client_idle: 2m, tunnel_idle: 1d}
limits: {connections: 5, request_line: 1000, header_bytes: 1MiB}
room_key:
  mode: query
  endpoints: {http-bind: signalling, socket.io: whiteboard}
headers:
  shard: ""
  request: {set: {X-A: "a b", X-B: ""}, remove: [X-C, X-D]}
stick_table: {heal: report}
placement: {algorithm: least-rooms, balance_factor: 2}
logging: {access: {format: off}}
)");
  EXPECT_EQ(config.node.threads, 0);
  EXPECT_EQ(config.listeners.size(), 2U);
  EXPECT_EQ(config.trusted_proxies.size(), 1U);
  EXPECT_TRUE(config.admin.http.empty());
  EXPECT_TRUE(config.admin.sockets.empty());
  EXPECT_EQ(config.timeouts.connect, 10ms);
  EXPECT_EQ(config.timeouts.client_idle, 2min);
  EXPECT_EQ(config.timeouts.tunnel_idle, 24h);
  EXPECT_EQ(config.limits.connections, 5U);
  EXPECT_EQ(config.limits.request_line, 1000U);
  EXPECT_EQ(config.limits.header_bytes, 1U << 20);
  EXPECT_THAT(config.room_key.endpoints,
              ElementsAre(Pair("http-bind", EndpointClass::kSignalling),
                          Pair("socket.io", EndpointClass::kWhiteboard)));
  EXPECT_EQ(config.headers.shard, "");
  EXPECT_THAT(config.headers.request.set, ElementsAre(Pair("X-A", "a b"), Pair("X-B", "")));
  EXPECT_THAT(config.headers.request.remove, ElementsAre("X-C", "X-D"));
  EXPECT_FALSE(config.stick_table.heal_close);
  EXPECT_EQ(config.placement.balance_factor, 2);
  EXPECT_EQ(config.logging.access.format, AccessFormat::kOff);
}

TEST(LoadTest, Shards) {
  const Loaded loaded = LoadText(R"(
shards:
  discovery: {srv: _http._tcp.web.jitsi, resolvers: [10.96.0.10, "10.96.0.11:5353", "::1"]}
  static:
    - {name: a, address: 127.0.0.1:1, weight: 0.5, release: 5142}
    - {name: a, address: 127.0.0.1:2}
  name: {pattern: '^(shard-\d+)-', replace: '$1'}
  health:
    checks:
      - {type: http, url: "http://{address}/x?n={namespace}", expect: [200, 300-404], soft: 503}
      - {type: http, url: "http://{shard}.web:5280/http-bind", header: {Authorization: Basic x}}
      - {type: tcp, port: 5222}
      - {type: agent, port: 9777, host: "{shard}-agent.{namespace}", send: "{shard}"}
    timeout: 5s
)",
                                 "/t.yaml", TestEnvironment);
  ASSERT_EQ(AllMistakes(loaded), "");
  const Shards& shards = loaded.config.shards;
  EXPECT_THAT(shards.discovery.srv, ElementsAre("_http._tcp.web.jitsi"));
  ASSERT_EQ(shards.discovery.resolvers.size(), 3U);
  EXPECT_EQ(shards.discovery.resolvers[0].ToString(), "10.96.0.10:53");
  EXPECT_EQ(shards.discovery.resolvers[1].ToString(), "10.96.0.11:5353");
  EXPECT_EQ(shards.discovery.resolvers[2].ToString(), "[::1]:53");
  ASSERT_EQ(shards.static_shards.size(), 2U);
  EXPECT_EQ(shards.static_shards[0].weight, 0.5);
  EXPECT_EQ(shards.static_shards[0].release, "5142");
  ASSERT_EQ(shards.health.checks.size(), 4U);
  EXPECT_EQ(shards.health.checks[2].port, 5222);
  EXPECT_EQ(shards.health.checks[3].type, HealthCheck::Type::kAgent);
  EXPECT_EQ(shards.health.checks[3].host, "{shard}-agent.{namespace}");
  EXPECT_EQ(shards.health.checks[3].send, "{shard}");
  ASSERT_EQ(shards.health.checks[0].expect.size(), 2U);
  EXPECT_EQ(shards.health.checks[0].expect[1], (StatusRange{300, 404}));
  EXPECT_THAT(shards.health.checks[0].soft, ElementsAre(503));
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_THAT(loaded.warnings[0].ToString(), HasSubstr("/t.yaml:14:14: shards.health.timeout:"));
}

TEST(LoadTest, Environment) {
  const struct {
    const char* text;
    const char* region;
  } table[] = {
      {"${NUMBER}", "3"},
      {"a${NUMBER}b${NUMBER}", "a3b3"},
      {"\"${NUMBER}\"", "3"},
      {"${UNSET:-eu}", "eu"},
      {"${UNSET:-}", ""},
      {"${EMPTY}", ""},
      {"${EMPTY:-eu}", "eu"},
      {"${NUMBER:-eu}", "3"},
      {"$${NUMBER}", "${NUMBER}"},
      {"$$${NUMBER}", "$${NUMBER}"},
      {"$NUMBER $ $$", "$NUMBER $ $$"},
  };
  for (const auto& row : table) {
    EXPECT_EQ(MustLoad("node:\n  region: " + std::string(row.text) + "\n").node.region, row.region)
        << row.text;
  }
  EXPECT_EQ(MustLoad("# ${UNSET}\nretries: ${NUMBER}\n").retries, 3);
}

TEST(LoadTest, ChecksMayAskAnotherPort) {
  const Loaded loaded = LoadText(
      "shards:\n"
      "  static: [{name: a, address: \"[::1]:80\"}]\n"
      "  health: {checks: [{type: http, url: \"http://{address}:8888/about/health\"}]}\n",
      "/t.yaml", TestEnvironment);
  EXPECT_TRUE(loaded.ok()) << AllMistakes(loaded);
}

TEST(LoadTest, AliasesAreExpanded) {
  const Config config =
      MustLoad("timeouts: {connect: &t 7s, half_closed: *t}\ndrain: {accept_for: *t}\n");
  EXPECT_EQ(config.timeouts.half_closed, 7s);
  EXPECT_EQ(config.drain.accept_for, 7s);
}

TEST(LoadTest, ByteOrderMarkAndCrlf) {
  EXPECT_EQ(MustLoad("\xEF\xBB\xBFretries: 5\r\nversion: 1\r\n").retries, 5);
}

TEST(LoadTest, ErrorPagesAreReadRelativeToTheFile) {
  const TemporaryDirectory directory;
  directory.Write("503.html", "<h1>busy</h1>");
  directory.Write("big.html", std::string((64 << 10) + 1, 'x'));
  const std::string file = directory.Write(
      "r.yaml", "errors: {503: 503.html, 404: ./503.html}\n" + std::string(kStaticShard));
  const Loaded loaded = LoadPath(file, TestEnvironment);
  ASSERT_EQ(AllMistakes(loaded), "");
  EXPECT_EQ(loaded.config.errors.at(503), directory.path() + "/503.html");
  EXPECT_THAT(loaded.config.error_bodies,
              ElementsAre(Pair(404, "<h1>busy</h1>"), Pair(503, "<h1>busy</h1>")));
  directory.Write("r.yaml", "errors: {503: big.html}\n" + std::string(kStaticShard));
  EXPECT_THAT(AllMistakes(LoadPath(file, TestEnvironment)), HasSubstr("is larger than 64 KiB"));
  ASSERT_EQ(mkfifo((directory.path() + "/pipe").c_str(), 0600), 0);
  directory.Write("r.yaml", "errors: {503: pipe}\n" + std::string(kStaticShard));
  EXPECT_THAT(AllMistakes(LoadPath(file, TestEnvironment)), HasSubstr("is not a regular file"));
}

TEST(LoadTest, FilesThatCannotBeRead) {
  const TemporaryDirectory directory;
  const std::string missing = directory.path() + "/none.yaml";
  EXPECT_EQ(AllMistakes(LoadPath(missing, TestEnvironment)),
            missing + ": cannot be read: No such file or directory\n");
  const std::string empty = directory.Write("empty.yaml", "");
  EXPECT_EQ(AllMistakes(LoadPath(empty, TestEnvironment)),
            empty + ": is empty; write at least shards: with discovery.srv or static\n");
  const std::string big = directory.Write("big.yaml", std::string((4 << 20) + 1, '#'));
  EXPECT_EQ(AllMistakes(LoadPath(big, TestEnvironment)), big + ": is larger than 4096 KiB\n");
  if (geteuid() != 0) {
    chmod(empty.c_str(), 0);
    EXPECT_EQ(AllMistakes(LoadPath(empty, TestEnvironment)),
              empty + ": cannot be read: Permission denied\n");
  }
}

TEST(LoadTest, DirectoryMergesItsFilesInNameOrder) {
  const TemporaryDirectory directory;
  directory.Write("20-site.yaml",
                  "timeouts: {connect: 2s}\ntrusted_proxies: [10.0.0.0/8]\nretries:\n");
  directory.Write("10-base.yaml",
                  "timeouts: {connect: 1s, client_idle: 9s}\nretries: 1\n"
                  "trusted_proxies: [10.0.0.1, 10.0.0.2]\n");
  directory.Write("30-shards.yaml", kStaticShard);
  directory.Write("40-empty.yaml", "# nothing yet\n");
  directory.Write("ignored.yml", "nonsense");
  directory.Write(".hidden.yaml", "nonsense");
  const Loaded loaded = LoadPath(directory.path(), TestEnvironment);
  ASSERT_EQ(AllMistakes(loaded), "");
  EXPECT_EQ(loaded.config.timeouts.connect, 2s);
  EXPECT_EQ(loaded.config.timeouts.client_idle, 9s);
  EXPECT_EQ(loaded.config.retries, 3);
  EXPECT_EQ(loaded.config.trusted_proxies.size(), 1U);
  EXPECT_EQ(loaded.config.shards.static_shards.size(), 1U);
}

TEST(LoadTest, MistakesOfADirectoryKeepTheirFiles) {
  const TemporaryDirectory directory;
  EXPECT_EQ(AllMistakes(LoadPath(directory.path(), TestEnvironment)),
            directory.path() + ": the directory has no *.yaml file\n");
  directory.Write("b.yaml", "timeouts: {\n  conect: 1s}\n");
  directory.Write("a.yaml", "\ntimeouts: {connect: 1}\n" + std::string(kStaticShard));
  EXPECT_EQ(AllMistakes(LoadPath(directory.path(), TestEnvironment)),
            directory.path() +
                "/a.yaml:2:21: timeouts.connect: \"1\" has no unit; write a number "
                "and a unit, such as 500ms, 5s, 2m, 1h or 1d\n" +
                directory.path() +
                "/b.yaml:2:3: timeouts.conect: unknown key; did you mean "
                "connect?\n");
  directory.Write("b.yaml", "a: [");
  EXPECT_THAT(AllMistakes(LoadPath(directory.path(), TestEnvironment)),
              HasSubstr("/b.yaml:1:5: YAML: end of sequence"));
}

TEST(LoadTest, ProcessEnvironmentKnowsTheHostName) {
  const Environment environment = ProcessEnvironment();
  ASSERT_TRUE(environment("HOSTNAME").has_value());
  EXPECT_FALSE(environment("ROOM_ROUTER_SURELY_UNSET").has_value());
}

TEST(LoadTest, ActionsWithoutATokenComeWithAdvice) {
  const Loaded loaded = LoadWithShard("admin: {dashboard: {actions: true}}\n");
  EXPECT_EQ(AllMistakes(loaded), "");
  EXPECT_TRUE(loaded.config.admin.dashboard.actions);
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_THAT(loaded.warnings[0].message, HasSubstr("admin.dashboard: its actions are refused"));
}

TEST(LoadTest, TlsTowardsShardsThatProvesNothingComesWithAdvice) {
  const auto warnings = [](const std::string& shards) {
    const Loaded loaded = LoadText("shards: {discovery: {srv: [_a._tcp.b]}, " + shards + "}\n",
                                   "/t.yaml", TestEnvironment);
    EXPECT_EQ(AllMistakes(loaded), "");
    std::string all;
    for (const Mistake& warning : loaded.warnings) all += warning.message + "\n";
    return all;
  };
  EXPECT_THAT(warnings("tls: {enabled: true, verify: false}"),
              HasSubstr("shards.tls.verify: whoever is on the way"));
  EXPECT_EQ(warnings("tls: {enabled: false, verify: false}"), "");
  const std::string tls =
      "tls: {enabled: true, verify: false}, health: {checks: [{type: http, url: ";
  EXPECT_THAT(warnings(tls + "'http://{address}/'}]}"), HasSubstr("write https://{address}"));
  EXPECT_THAT(warnings(tls + "'http://{address}:80/'}]}"), Not(HasSubstr("health")));
  EXPECT_THAT(warnings(tls + "'https://{address}/'}]}"), Not(HasSubstr("health")));
}

TEST(LoadTest, HaproxyPeersComeWithAdvice) {
  const auto warnings = [](const std::string& rest) {
    const Loaded loaded = LoadWithShard(
        "peers: {haproxy: {listen: 0.0.0.0:1024, local_name: router-0, server_key: address,\n"
        "  peers: [{name: haproxy-0, address: 10.0.0.7:1024}]}}\n" +
        rest);
    EXPECT_EQ(AllMistakes(loaded), "");
    EXPECT_EQ(loaded.config.peers.haproxy_listen.ToString(), "0.0.0.0:1024");
    EXPECT_EQ(loaded.config.peers.haproxy_local_name, "router-0");
    EXPECT_EQ(loaded.config.peers.haproxy_server_key, Peers::ServerKey::kAddress);
    EXPECT_EQ(loaded.config.peers.haproxy_peers.size(), 1U);
    std::string all;
    for (const Mistake& warning : loaded.warnings) all += warning.message + "\n";
    return all;
  };
  EXPECT_THAT(warnings(""), HasSubstr("stick_table: rooms with names over display_bytes"));
  EXPECT_THAT(warnings(""), HasSubstr("peers: HAProxy keeps rooms by ?room= alone"));
  EXPECT_EQ(warnings("stick_table: {display_bytes: 128}\n"
                     "room_key: {tenant: {from_path: false}}\n"),
            "");
  EXPECT_EQ(warnings("stick_table: {display_bytes: 256}\nroom_key: {mode: query}\n"), "");
  const Loaded mute =
      LoadWithShard("peers: {haproxy: {peers: [{name: h, address: 10.0.0.7:1}]}}\n");
  EXPECT_EQ(AllMistakes(mute), "");
  ASSERT_EQ(mute.warnings.size(), 3U);
  EXPECT_THAT(mute.warnings[2].message, HasSubstr("HAProxy cannot call this replica"));
}

}  // namespace
}  // namespace room_router::config
