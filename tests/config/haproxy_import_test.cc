// SPDX-License-Identifier: Apache-2.0
// HAProxy configurations as ours: whole ones beside what they become, and directive by directive.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "config/haproxy/import.h"
#include "tests/config/support.h"

namespace room_router::config::haproxy {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string ReadData(const std::string& name) {
  std::ifstream file(std::string(CONFIG_TEST_DATA) + "/haproxy/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<std::string> PodEnvironment(std::string_view name) {
  if (name == "HOSTNAME") return "edge-0";
  if (name == "OTHER_HOSTNAME") return "edge-1";
  if (name == "MY_POD_IP") return "10.0.0.10";
  if (name == "OTHER_IP") return "10.0.0.11";
  return std::nullopt;
}

std::vector<std::string> FixedAddress(const std::string& host) {
  if (host == "web-0") return {"10.9.0.1"};
  return {};
}

Imported ImportText(const std::string& text, const std::string& backend = "",
                    const std::string& local_peer = "") {
  return Import({{.name = "h.cfg", .text = text}}, {.backend = backend,
                                                    .local_peer = local_peer,
                                                    .resolve = FixedAddress,
                                                    .environment = TestEnvironment});
}

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, BecomesWhatStandsBesideIt) {
  const std::string name = GetParam();
  const std::string cfg = ReadData(name + ".cfg");
  ASSERT_FALSE(cfg.empty());
  const Imported imported = Import(
      {{.name = name + ".cfg", .text = cfg}},
      {.backend = {}, .local_peer = {}, .resolve = FixedAddress, .environment = TestEnvironment});
  ASSERT_TRUE(imported.mistakes.empty()) << imported.mistakes[0].ToString();
  EXPECT_EQ(imported.yaml, ReadData(name + ".yaml"))
      << "if that is right now: cd tests/config/haproxy && room-router import-haproxy " << name
      << ".cfg >" << name << ".yaml";
  const Loaded loaded = LoadText(imported.yaml, "room-router.yaml", PodEnvironment);
  EXPECT_TRUE(loaded.ok()) << AllMistakes(loaded);
}

INSTANTIATE_TEST_SUITE_P(Known, Golden,
                         testing::Values("kubernetes", "compose", "releases", "minimal"),
                         [](const auto& one) { return std::string(one.param); });

// Every directive stands behind a value, in a comment, or in a section explained as a whole.
TEST_P(Golden, LosesNoDirective) {
  const std::string name = GetParam();
  const std::string yaml = ReadData(name + ".yaml");
  std::istringstream lines(ReadData(name + ".cfg"));
  std::string line;
  bool explained = false;
  for (int number = 1; std::getline(lines, line); ++number) {
    const size_t start = line.find_first_not_of(' ');
    if (start == std::string::npos || line[start] == '#') continue;
    const std::string place = name + ".cfg:" + std::to_string(number);
    if (start == 0) {
      explained =
          yaml.find(place + ": " + line + "\n#   not the room router's") != std::string::npos;
    } else {
      EXPECT_TRUE(explained || yaml.find(place + ":") != std::string::npos ||
                  yaml.find(place + "\n") != std::string::npos ||
                  yaml.find(place + ",") != std::string::npos)
          << place << ": " << line;
    }
  }
}

constexpr const char* kServer = "  server shard-0 10.0.0.1:80 check\n";

struct Row {
  const char* name;
  std::string frontend, backend;  // lines added to them
  std::vector<std::string> holds;
  std::vector<std::string> lacks;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class Lines : public testing::TestWithParam<Row> {};

TEST_P(Lines, AreCarriedOverOrExplained) {
  const Row& row = GetParam();
  const Imported imported = ImportText(
      "frontend f\n  default_backend b\n" + row.frontend + "backend b\n" + row.backend +
      "  stick-table type string len 128 size 1m expire 1h\n  stick on urlp(room)\n" + kServer);
  ASSERT_TRUE(imported.mistakes.empty()) << imported.mistakes[0].ToString();
  for (const std::string& text : row.holds) EXPECT_THAT(imported.yaml, HasSubstr(text));
  for (const std::string& text : row.lacks) EXPECT_THAT(imported.yaml, Not(HasSubstr(text)));
  const Loaded loaded = LoadText(imported.yaml, "room-router.yaml", TestEnvironment);
  EXPECT_TRUE(loaded.ok()) << AllMistakes(loaded) << imported.yaml;
}

const std::vector<Row> kRows{
    {"ports",
     "  bind 10.0.0.9:8000-8002,:9000\n",
     "",
     {"- {address: \"10.0.0.9:8002\"}  # h.cfg:3", "- {address: \"0.0.0.0:9000\"}"},
     {}},
    {"both_families", "  bind [::]:80\n  bind *:81 v4v6\n", "", {"\"[::]:80\"", "\"[::]:81\""}, {}},
    {"unix_bind",
     "  bind /run/x.sock\n",
     "",
     {"h.cfg:3: bind /run/x.sock\n#   not an IP and a port"},
     {"listeners:\n"}},
    {"bind_name",
     "  bind web-0:80\n  bind nowhere:80\n",
     "",
     {"\"10.9.0.1:80\"", "web-0 was 10.9.0.1 when this was written",
      "bind nowhere:80\n#   listeners[]"},
     {}},
    {"variable",
     "  bind \"${NUMBER}:80\"\n",
     "",
     {"bind ${NUMBER}:80\n#   listeners[].address"},
     {}},
    {"idle",
     "  timeout client 1m\n  timeout http-keep-alive 5s\n",
     "",
     {"client_idle: 5s  # h.cfg:4", "timeout client 1m\n#   replaced by h.cfg:4"},
     {}},
    {"idle_other_order",
     "  timeout http-keep-alive 5s\n  timeout client 1m\n",
     "",
     {"client_idle: 5s", "#   timeouts.client_idle is that of h.cfg:3"},
     {}},
    {"endless", "  timeout client 0\n", "", {"#   0 means never in HAProxy"}, {"client_idle"}},
    {"no_time",
     "  timeout client \"$T\"\n",
     "",
     {"#   not a time that can be read"},
     {"client_idle"}},
    {"too_many_retries", "  retries 30\n", "", {"retries 30\n#   retries: "}, {"\nretries: 30"}},
    {"static_header",
     "  http-request set-header X-A \"b c\"\n  http-request add-header x-a d\n",
     "",
     {"X-A: \"b c\"  # h.cfg:3", "#   a field is set once, see h.cfg:3"},
     {}},
    {"percent", "  http-response set-header X-A 50%%\n", "", {"X-A: \"50%\""}, {}},
    {"computed_header",
     "  http-request set-header X-A %[src]\n",
     "",
     {"#   its value is computed"},
     {}},
    {"conditional_header",
     "  http-response set-header X-A b if { path / }\n",
     "",
     {"#   it has a condition"},
     {"X-A: b"}},
    {"framing_header",
     "  http-request set-header Host b\n",
     "",
     {"#   headers.request.set.Host: \"Host\" belongs to the connection"},
     {"Host: b"}},
    {"del_header",
     "  http-request del-header X-A\n  http-response del-header ^X -m reg\n",
     "",
     {"remove: [X-A]", "#   headers removes fields by their full name"},
     {}},
    {"region", "  http-request set-header X-Proxy-Region eu\n", "", {"region: eu"}, {"set:"}},
    {"shard_header",
     "  http-response set-header X-Which %[srv_name]\n",
     "",
     {"shard: X-Which"},
     {}},
    {"room_header", "", "  http-request set-header X-R %[urlp(room),lower]\n", {"room: X-R"}, {}},
    {"no_room_header", "", "", {"room: \"\""}, {}},
    {"bans",
     "  acl bad urlp(room) -i one two\n  acl bad path_beg /evil/\n  http-request deny if bad\n",
     "",
     {"{room: one, action: \"403\"}", "{room: two", "{tenant: evil",
      "#   see the rules that name it"},
     {}},
    {"ban_prefix",
     "  http-request redirect location / if { urlp(room) -m beg coin } || { path /A }\n",
     "",
     {"- {prefix: coin}  # h.cfg:3", "- {room: A}"},
     {"action"}},
    {"ban_by_file",
     "  acl bad urlp(room) -f /x\n  http-request deny if bad\n",
     "",
     {"#   its condition is not a list", "#   belongs to rules that are not carried over"},
     {"bans:\n"}},
    {"ban_not",
     "  http-request deny if !{ urlp(room) a }\n  http-request deny if { urlp(room) a } { src "
     "10.0.0.1 }\n  http-request deny unless { urlp(room) a }\n  http-request deny\n",
     "",
     {},
     {"bans:\n"}},
    {"elsewhere",
     "  use_backend other if { path_beg /x }\n",
     "",
     {"#   backend other holds no rooms"},
     {}},
    {"leastconn", "", "  balance leastconn\n", {"algorithm: least-rooms"}, {}},
    {"roundrobin",
     "",
     "  balance roundrobin\n",
     {"#   new rooms are placed by a hash"},
     {"algorithm: "}},
    {"hash", "", "  balance url_param room\n", {"algorithm: rendezvous"}, {}},
    {"bounded",
     "",
     "  hash-balance-factor 125\n  balance hash urlp(room)\n",
     {"algorithm: bounded-rendezvous", "balance_factor: 1.25"},
     {}},
    {"old_check",
     "",
     "  option httpchk HEAD /x?y HTTP/1.1\\r\\nHost:\\ a\\r\\nX-P:\\ q\n",
     {"url: \"http://{address}/x?y\", header: {X-P: q}", "#   checks are GET requests, not HEAD"},
     {}},
    {"expect",
     "",
     "  option httpchk\n  http-check expect status 200-299,404\n  http-check "
     "disable-on-404\n",
     {"expect: [200-299, 404], soft: [404]"},
     {}},
    {"expect_text",
     "",
     "  option httpchk\n  http-check expect string ok\n",
     {"#   checks look at the status"},
     {"expect:"}},
    {"no_check", "", "  option httpchk\n  no option httpchk\n", {}, {"checks:"}},
    {"check_options",
     "",
     "  default-server inter 3s fastinter 1s rise 5 fall 7\n",
     {"interval: 3s", "timeout: 3s", "rise: 5", "fall: 7",
      "#   fastinter: one shards.health.interval"},
     {}},
    {"check_timeout",
     "",
     "  timeout check 700ms\n  default-server inter 3s\n",
     {"interval: 3s", "timeout: 700ms"},
     {}},
    {"second_server",
     "",
     "  server b [2001:db8::1]:80 weight 50 backup slowstart 10s\n",
     {"{name: b, address: \"[2001:db8::1]:80\", priority: 1, weight: 50}",
      "{name: shard-0, address: \"10.0.0.1:80\", weight: 1}", "#   slowstart: "},
     {}},
    {"server_name",
     "",
     "  server w web-0:80\n  server v nowhere:80\n  server odd:name 10.0.0.4:80\n",
     {"{name: w, address: \"10.9.0.1:80\"}", "#   nowhere has no address here", "{name: odd_name"},
     {}},
    {"server_twice", "", "  server shard-0 10.0.0.7:80\n", {"#   another shard has its name"}, {}},
    {"server_without_port",
     "",
     "  server p 10.0.0.7\n  server q 10.0.0.8:+100\n",
     {"#   its port follows the client's"},
     {}},
    {"service_template",
     "",
     "  server-template s 3 web.jitsi.svc.cluster.local:80 check\n",
     {"srv: [_http._tcp.web.jitsi.svc.cluster.local]", "_http is a guess"},
     {}},
    {"address_template",
     "",
     "  server-template s 3 web.example.org:80 check\n",
     {"#   a template over addresses"},
     {"srv:"}},
    {"logs",
     "  option httplog\n  log stdout format raw local0\n",
     "",
     {"format: httplog", "output: stdout"},
     {}},
    {"errors",
     "  errorfile 503 /x.http\n",
     "",
     {"#   errors takes bodies without a head"},
     {"errors:\n"}},
    {"unknown", "  frobnicate on\n", "", {"h.cfg:3: frobnicate on\n#   not known here"}, {}},
    {"table_size", "", "", {"size: 1048576", "expire: 1h", "display_bytes: 128"}, {}},
};

INSTANTIATE_TEST_SUITE_P(All, Lines, testing::ValuesIn(kRows),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(HaproxyImport, MembersOfPeers) {
  const std::string text =
      "peers p\n  peer a 10.0.0.1:1024\n  peer b 10.0.0.2:1025\n"
      "backend b\n  stick-table type string len 128 size 1k expire 1h peers p\n"
      "  stick on urlp(room)\n";
  const std::string unknown = ImportText(text + kServer).yaml;
  EXPECT_THAT(unknown, HasSubstr("tell it with --local-peer NAME"));
  EXPECT_THAT(unknown, Not(HasSubstr("listen:")));
  const std::string told = ImportText(text + kServer, "", "b").yaml;
  EXPECT_THAT(told, HasSubstr("listen: 10.0.0.2:1025  # h.cfg:3\n    local_name: b"));
  EXPECT_THAT(told, HasSubstr("- {name: a, address: \"10.0.0.1:1024\"}"));
  EXPECT_THAT(told, HasSubstr("from_path: false"));
}

TEST(HaproxyImport, PeersWithBindAndTheirOwnTable) {
  const std::string yaml = ImportText(
                               "peers p\n  bind :1024\n  server me\n  server b 10.0.0.2:1024\n"
                               "  table rooms type string len 64 size 300k expire 2h\n"
                               "backend b\n  stick on urlp(room) table p/rooms\n" +
                               std::string(kServer))
                               .yaml;
  EXPECT_THAT(yaml, HasSubstr("name: rooms"));
  EXPECT_THAT(yaml, HasSubstr("size: 307200"));
  EXPECT_THAT(yaml, HasSubstr("display_bytes: 128"));
  EXPECT_THAT(yaml, HasSubstr("listen: 0.0.0.0:1024  # h.cfg:2\n    local_name: me"));
  EXPECT_THAT(yaml, HasSubstr("- {name: b, address: \"10.0.0.2:1024\"}"));
}

TEST(HaproxyImport, LeavesVariablesThatAreNotSetToTheRun) {
  const std::string yaml =
      ImportText("listen b\n  bind \"${LATER}:80\"\n" + std::string(kServer)).yaml;
  EXPECT_THAT(yaml, HasSubstr("- {address: \"${LATER}:80\"}  # h.cfg:2"));
}

TEST(HaproxyImport, NamesCannotLeaveTheirComment) {
  const std::string yaml =
      ImportText("backend \"a\\nretries: 9\"\n  bogus \"\\nretries: 9\"\n" + std::string(kServer) +
                 "backend \"b\\nretries: 9\"\n  balance url_param room\n" + kServer +
                 "frontend \"f\\nretries: 9\"\n  use_backend \"x\\nretries: 9\" if a\n" +
                 "  default_backend \"b\\nretries: 9\"\n")
          .yaml;
  EXPECT_THAT(yaml, HasSubstr("# From h.cfg by"));
  EXPECT_THAT(yaml, Not(HasSubstr("\nretries")));
}

TEST(HaproxyImport, SeveralFilesAreOneConfiguration) {
  const Imported imported =
      Import({{.name = "1.cfg", .text = "defaults\n  timeout connect 7s\n"},
              {.name = "2.cfg", .text = "listen b\n  bind :80\n" + std::string(kServer)}},
             {.backend = {}, .local_peer = {}, .resolve = nullptr, .environment = TestEnvironment});
  EXPECT_THAT(imported.yaml, HasSubstr("connect: 7s  # 1.cfg:2"));
  EXPECT_THAT(imported.yaml, HasSubstr("# 2.cfg:3"));
}

TEST(HaproxyImport, WithoutAShardIsAMistake) {
  const Imported imported = ImportText("backend b\n  server s nowhere:80\n");
  ASSERT_EQ(imported.mistakes.size(), 1);
  EXPECT_THAT(
      imported.mistakes[0].ToString(),
      HasSubstr("h.cfg:1:1: backend b makes no configuration: shards: nothing to route to"));
  EXPECT_EQ(imported.yaml, "");
}

TEST(HaproxyImport, StaysBounded) {
  std::string text =
      "frontend f\n  default_backend b\n  bind :1-60,:1-60,:1-60,:1-60,:1-60,:1-60\n";
  for (int n = 0; n < 2000; ++n) {
    text += "  http-request set-header X-" + std::to_string(n) + " v\n";
    text += "  acl a urlp(room) r" + std::to_string(n) + "\n  http-request deny if a\n";
  }
  text += "backend b\n";
  for (int n = 0; n < 3000; ++n) text += "  server bad" + std::to_string(n) + "! 10.0.0.1:80\n";
  const Imported imported = ImportText(text + kServer);
  ASSERT_TRUE(imported.mistakes.empty()) << imported.mistakes[0].ToString();
  EXPECT_THAT(imported.yaml, HasSubstr("more than 256 fields"));
  EXPECT_THAT(imported.yaml, HasSubstr("more than 256 listeners"));
  EXPECT_THAT(imported.yaml, HasSubstr("{name: shard-0, "));
}

}  // namespace
}  // namespace room_router::config::haproxy
