// SPDX-License-Identifier: Apache-2.0
// schema.json, Print of the defaults, docs/configuration.md and config/room-router.yaml agree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "config/load.h"
#include "config/yaml_tree.h"
#include "tests/config/support.h"

namespace room_router::config {
namespace {

using Json = nlohmann::ordered_json;

std::string ReadProjectFile(const std::string& name) {
  std::ifstream file(PROJECT_ROOT "/" + name);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

Json Schema() { return Json::parse(ReadProjectFile("config/schema.json")); }

// A configuration with one item in every list, so that Print shows the keys of each.
YamlNode PrintedWithEveryKey() {
  Config config = LoadWithShard("").config;
  config.pins = {{}};
  config.bans = {{}};
  config.listeners[0].tls.more = {{}};
  config.peers.haproxy_peers = {{"h", *SocketAddress::Parse("10.0.0.7:1024")}};
  config.bridges.static_bridges = {{.id = "b", .address = *SocketAddress::Parse("10.0.0.8:9090")}};
  Report report;
  return ParseYaml(Print(config), report.AddFile("print"), report).value();
}

using Keys = std::set<std::string>;

void CollectPrinted(const YamlNode& node, const std::string& path, Keys& keys) {
  for (const YamlNode& child : node.children) {
    if (node.kind == YamlNode::Kind::kList && child.kind != YamlNode::Kind::kMap) continue;
    const bool item = node.kind == YamlNode::Kind::kList;
    const std::string inner = item ? path + "[]" : JoinKey(path, child.key);
    if (!item) keys.insert(inner);
    CollectPrinted(child, inner, keys);
  }
}

template <class Visit>
void WalkSchema(const Json& key, const std::string& path, const Visit& visit) {
  if (!path.empty() && !path.ends_with("]")) visit(path, key);
  if (key.contains("properties")) {
    for (const auto& [name, inner] : key["properties"].items()) {
      WalkSchema(inner, path.empty() ? name : path + "." + name, visit);
    }
  }
  if (key.contains("items") && key["items"].contains("properties")) {
    WalkSchema(key["items"], path + "[]", visit);
  }
}

TEST(SchemaTest, HasExactlyTheKeysThatArePrinted) {
  Keys printed, in_schema;
  CollectPrinted(PrintedWithEveryKey(), "", printed);
  WalkSchema(Schema(), "", [&](const std::string& path, const Json&) { in_schema.insert(path); });
  EXPECT_EQ(printed, in_schema);
  EXPECT_GT(printed.size(), 130U);
}

// The same configuration whether the defaults of the schema are written out or left out.
void WriteDefaults(const Json& key, Json& out) {
  for (const auto& [name, inner] : key["properties"].items()) {
    if (inner.contains("properties")) {
      WriteDefaults(inner, out[name]);
    } else if (inner.contains("default")) {
      out[name] = inner["default"];
    }
    if (inner.contains("items") && inner["items"].contains("properties")) {
      for (Json& item : out[name]) {
        Json full;
        WriteDefaults(inner["items"], full);
        full.update(item, true);
        item = full;
      }
    }
  }
}

TEST(SchemaTest, DefaultsAreThoseOfTheLoader) {
  Json all;
  WriteDefaults(Schema(), all);
  all["shards"]["static"] = Json::array({{{"name", "a"}, {"address", "127.0.0.1:1"}}});
  const Loaded loaded = LoadText(all.dump(2), "/defaults.yaml", TestEnvironment);
  ASSERT_EQ(AllMistakes(loaded), "");
  EXPECT_EQ(Print(loaded.config), Print(LoadWithShard("").config));
  EXPECT_EQ(loaded.config, LoadWithShard("").config);
}

TEST(SchemaTest, DefaultsOfTheKeysOfItems) {
  Json item;
  WriteDefaults(Schema()["properties"]["shards"]["properties"]["static"]["items"], item);
  item["name"] = "a";
  item["address"] = "127.0.0.1:1";
  Json all;
  all["shards"]["static"] = Json::array({item});
  const Loaded loaded = LoadText(all.dump(), "/defaults.yaml", TestEnvironment);
  ASSERT_EQ(AllMistakes(loaded), "");
  EXPECT_EQ(loaded.config, LoadWithShard("").config);
}

TEST(SchemaTest, EveryKeyIsDescribed) {
  WalkSchema(Schema(), "", [](const std::string& path, const Json& key) {
    EXPECT_FALSE(key.value("description", "").empty()) << path;
  });
}

TEST(SchemaTest, TheManualHasARowForEveryKey) {
  const std::string manual = ReadProjectFile("docs/configuration.md");
  WalkSchema(Schema(), "", [&manual](const std::string& path, const Json& key) {
    if (key.contains("properties")) return;
    std::string row = "\n| `" + path + "` | ";
    row += key.contains("default") ? "`" + std::string() : "required | ";
    EXPECT_NE(manual.find(row), std::string::npos) << row;
    EXPECT_NE(manual.find(key["description"].get<std::string>().substr(0, 20)), std::string::npos);
  });
}

TEST(SchemaTest, TheManualIsWhatItsScriptWrites) {
  const std::string command = "/usr/bin/env python3 " PROJECT_ROOT "/docs/configuration.py --check";
  EXPECT_EQ(std::system(command.c_str()), 0) << "run docs/configuration.py";
}

TEST(SchemaTest, TheInstalledFileLoads) {
  const Loaded loaded = LoadPath(PROJECT_ROOT "/config/room-router.yaml", TestEnvironment);
  EXPECT_EQ(AllMistakes(loaded), "");
  EXPECT_EQ(loaded.warnings.size(), 0U);
  EXPECT_EQ(loaded.config.shards.static_shards.size(), 2U);
}

// What the file shows behind "# " are settings and defaults: it loads with the marks taken away.
TEST(SchemaTest, TheCommentedSettingsOfTheInstalledFileLoad) {
  std::istringstream file(ReadProjectFile("config/room-router.yaml"));
  std::string text, line;
  while (std::getline(file, line)) {
    const size_t mark = line.find_first_not_of(' ');
    if (mark != std::string::npos && line.compare(mark, 2, "# ") == 0) {
      std::string bare = line.substr(0, mark) + line.substr(mark + 2);
      const size_t word = bare.find_first_not_of(' ');
      const size_t colon = bare.find(':');
      const bool setting =
          colon != std::string::npos && bare.find('.') > colon && bare.find(' ', word) > colon;
      const bool item = bare.compare(word, 2, "- ") == 0;
      line = setting || item ? bare : "";
    }
    text += line + "\n";
  }
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path() + "/errors");
  directory.Write("errors/503.html", "busy");
  directory.Write("gossip.key", std::string(64, 'a'));
  const Loaded loaded = LoadPath(directory.Write("room-router.yaml", text), TestEnvironment);
  EXPECT_EQ(AllMistakes(loaded), "") << text;
  Config config = loaded.config;
  EXPECT_EQ(config.error_bodies.at(503), "busy");
  EXPECT_EQ(config.timeouts, Timeouts());
  EXPECT_EQ(config.stick_table, StickTable());
  EXPECT_EQ(config.drain, Drain());
  EXPECT_EQ(config.logging, Logging());
}

}  // namespace
}  // namespace room_router::config
