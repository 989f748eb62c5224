// SPDX-License-Identifier: Apache-2.0
#include "discovery/shard_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace room_router {
namespace {

TEST(ShardName, ComesFromTheTarget) {
  struct Case {
    std::string pattern, replace, target, name;
    bool advice;
  };
  const std::vector<Case> cases = {
      {"^([^.]+)", "$1", "shard-0.web.jitsi.svc.cluster.local", "shard-0", false},
      {"^([^.]+)", "$1", "shard-0", "shard-0", false},
      {R"(^(shard-\d+)-)", "$1", "shard-2-web-0.web.jitsi.svc", "shard-2", false},
      {R"(^(shard-\d+)-)", "$1", "shard-12-web-3.web.jitsi.svc", "shard-12", false},
      {R"(^(shard-\d+)-)", "$1", "other.web.jitsi.svc", "other", true},
      {R"(^web-(\d+)\.)", "shard-$1", "web-7.web", "shard-7", false},
      {R"(\.([^.]+)\.svc)", "$1", "web-0.web.jitsi.svc.cluster.local", "jitsi", false},
      {"^([^.]+)", "$1", "10-0-0-7.web.jitsi.svc", "10-0-0-7", true},
      {"^([^.]+)", "$1", "fd00--7.web.jitsi.svc", "fd00--7", true},
      {"^([^.]+)", "$1", "0a000007.addr.dc1.consul", "0a000007", true},
      {"^([^.]+)", "$1/x", "shard-0.web", "shard-0", true},
      {"^(.*)$", "$1", std::string(60, 'a') + ".bbbb", std::string(60, 'a'), true},
  };
  for (const Case& c : cases) {
    const ShardNaming naming({.pattern = c.pattern, .replace = c.replace});
    const ShardNaming::Name name = naming(c.target);
    EXPECT_EQ(name.text, c.name) << c.target;
    EXPECT_EQ(!name.advice.empty(), c.advice) << name.advice;
    EXPECT_EQ(c.advice, name.advice.find(c.target) != std::string::npos) << name.advice;
  }
}

TEST(TargetLabel, ComesFromTheTargetOrTheServiceAskedFor) {
  using Source = config::ShardLabel::Source;
  const std::string service = "_http._tcp.web.jitsi-eu.svc.cluster.local";
  const std::string target = "shard-0-r5142.web.jitsi-eu.svc.cluster.local";
  const auto label = [&](const config::ShardLabel& rule) {
    return TargetLabel(rule)(service, target);
  };
  EXPECT_EQ(label({}), "");
  EXPECT_EQ(label({.from = Source::kTarget, .pattern = R"(^[^.]*-r(\d+)\.)"}), "5142");
  EXPECT_EQ(label({.from = Source::kSrv, .pattern = R"(\.jitsi-([^.]+)\.)"}), "eu");
  EXPECT_EQ(label({.from = Source::kSrv, .pattern = R"(^[^.]*-r(\d+)\.)"}), "") << "no match";
  EXPECT_EQ(label({.pattern = "shard", .replace = "a b"}), "") << "no header could carry it";
}

TEST(ShardName, LooksLikeAddress) {
  for (const char* label : {"10-0-0-7", "192-168-100-200", "fd00--7", "2001-db8-0-0-0-0-0-1",
                            "0a000007", "3934623037313639", "6bb7cb4f5d8e4b0fa6d0d3f5b6c1e2a7"}) {
    EXPECT_TRUE(LooksLikeAddress(label)) << label;
  }
  for (const char* label : {"shard-0", "10-0-0", "10-0-0-7-1", "1000-0-0-7", "deadbeef", "web",
                            "shard--0", "a-b-c", "shard-10-0-0-7", ""}) {
    EXPECT_FALSE(LooksLikeAddress(label)) << label;
  }
}

TEST(ShardName, Namespace) {
  EXPECT_EQ(NamespaceOf("shard-0.web.jitsi.svc.cluster.local"), "jitsi");
  EXPECT_EQ(NamespaceOf("web.jitsi.svc"), "jitsi");
  EXPECT_EQ(NamespaceOf("shard-0.example.org"), "");
  EXPECT_EQ(NamespaceOf("shard-0.svcs.example.org"), "");
  EXPECT_EQ(NamespaceOf(".svc"), "");
  EXPECT_EQ(NamespaceOf("jitsi.svc"), "");
}

}  // namespace
}  // namespace room_router
