// SPDX-License-Identifier: Apache-2.0
// `show info`, `show stat` and `show schema` in all their formats, against what HAProxy says.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "console.h"
#include "router/admin/admin_pages.h"
#include "router/admin/stat_fields.h"

namespace room_router::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class StatFormats : public Console {
 protected:
  // Lines of haproxy_fields.txt that begin with `list`, without it.
  static std::vector<std::string> Facts(const std::string& list) {
    std::ifstream file(HAPROXY_FIELDS);
    std::vector<std::string> facts;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with(list + " ")) facts.push_back(line.substr(list.size() + 1));
    }
    EXPECT_THAT(facts, testing::SizeIs(testing::Gt(60u)));
    return facts;
  }

  std::vector<std::string> Matches(const std::string& command, const char* pattern,
                                   const std::string& format) {
    std::vector<std::string> found;
    const std::regex expression(pattern);
    for (const std::string& line : Lines(command)) {
      std::smatch match;
      EXPECT_TRUE(std::regex_match(line, match, expression)) << line;
      found.push_back(match.format(format));
    }
    return found;
  }
};

TEST_F(StatFormats, InfoTypedIsHaproxysLineByLine) {
  auto lines = Matches("show info typed", R"((\d+)\.([^.]+)\.1:(\w{3}):(\w+):.*)", "$1 $2 $3 $4");
  for (std::string& line : lines) {
    const size_t name = line.find(' ') + 1, tags = line.rfind(' ', line.rfind(' ') - 1);
    for (size_t i = name; i < tags; ++i) line[i] = line[i] == ' ' ? '_' : line[i];
  }
  EXPECT_EQ(lines, Facts("info"));
}

TEST_F(StatFormats, StatTypedHasHaproxysFieldsForEachKindOfRow) {
  const auto lines = Matches(
      "show stat typed", R"((\w)\.\d+\.\d+\.(\d+)\.([^.]+)\.1:(\w+):(\w+):.*)", "$1 $2 $3 $4 $5");
  const std::vector<std::string> facts = Facts("stat");
  const std::set<std::string> ours(lines.begin(), lines.end());
  std::vector<std::string> lacking;
  for (const std::string& fact : facts) {
    if (!ours.contains(fact)) lacking.push_back(fact);
  }
  EXPECT_THAT(lacking, ElementsAre("S 56 last_chk MOP str"));
  const std::set<std::string> theirs(facts.begin(), facts.end());
  std::vector<std::string> added;
  for (const std::string& line : ours) {
    if (!theirs.contains(line)) added.push_back(line);
  }
  EXPECT_THAT(added, ElementsAre("S 37 check_code MOP u32", "S 45 hanafail MCP u64"));
}

TEST_F(StatFormats, TypedLinesAreFilteredAsRowsAre) {
  EXPECT_THAT(Lines("show stat jitsi-meet 2 -1 typed"), testing::Each(StartsWith("B.3.0.")));
  EXPECT_THAT(Lines("show stat -1 4 2 typed"), testing::Each(StartsWith("S.3.2.")));
}

TEST_F(StatFormats, DescriptionsFollowInQuotes) {
  EXPECT_THAT(Run("show info desc"), HasSubstr("\nNbthread: 2:\"worker threads\"\n"));
  EXPECT_THAT(Run("show info typed desc"),
              HasSubstr("\n3.Nbthread.1:CGS:u32:2:\"worker threads\"\n"));
  EXPECT_THAT(Run("show stat typed desc"), HasSubstr(".4.scur.1:MGP:u32:8:\"sessions now\"\n"));
  EXPECT_EQ(Run("show stat desc"), Run("show stat"));
  for (const Field& field : StatFields()) EXPECT_FALSE(field.description.empty()) << field.name;
  for (const auto& [position, field] : InfoFields()) {
    EXPECT_FALSE(field.description.empty()) << field.name;
  }
}

TEST_F(StatFormats, InfoJsonSaysTheSame) {
  const auto info = nlohmann::json::parse(Run("show info json"));
  ASSERT_EQ(info.size(), InfoFields().size());
  EXPECT_EQ(info[3].dump(),
            R"({"field":{"name":"Nbthread","pos":3},"processNum":1,"tags":{"nature":"Gauge",)"
            R"("origin":"Config","scope":"Service"},"value":{"type":"u32","value":2}})");
  EXPECT_EQ(info[0]["value"]["value"], "room-router");
}

TEST_F(StatFormats, FloatsMarkRates) {
  EXPECT_THAT(Run("show info float typed"), HasSubstr("\n8.Uptime_sec.1:MDP:flt:51\n"));
  EXPECT_THAT(Run("show info float typed"), HasSubstr("\n15.Maxconn.1:CLP:u32:5000\n"));
}

TEST_F(StatFormats, StatJsonHasAnArrayPerRow) {
  const auto stat = nlohmann::json::parse(Run("show stat json"));
  ASSERT_EQ(stat.size(), 5u);
  EXPECT_EQ(stat[1][0].dump(),
            R"({"field":{"name":"pxname","pos":0},"id":1,"objType":"Server","processNum":1,)"
            R"("proxyId":3,"tags":{"nature":"Name","origin":"Key","scope":"Service"},)"
            R"("value":{"type":"str","value":"jitsi-meet"}})");
  EXPECT_EQ(nlohmann::json::parse(Run("show stat 99 1 1 json")), nlohmann::json::array());
}

TEST_F(StatFormats, NumbersAreNumbersAndTextsAreTexts) {
  for (const auto& row : nlohmann::json::parse(Run("show stat json"))) {
    for (const auto& item : row) {
      const bool text = item["value"]["type"] == "str";
      EXPECT_EQ(item["value"]["value"].is_string(), text) << item.dump();
      EXPECT_EQ(item["value"]["value"].is_number_integer(), !text) << item.dump();
      for (const auto& tag : item["tags"]) EXPECT_FALSE(tag.get<std::string>().empty());
    }
  }
}

TEST_F(StatFormats, HttpPortHasTheJsonToo) {
  const AdminView view = sample_.View();
  const AdminSources sources = sample_.Sources();
  ASSERT_TRUE(PageNeedsView("/stats;json;up"));
  const AdminPage page = MakePage("/stats;json;up", &view, sources);
  EXPECT_THAT(std::string(page.content_type), StartsWith("application/json"));
  EXPECT_EQ(page.body, Run("show stat json up"));
}

TEST_F(StatFormats, SchemaNamesWhatIsUsed) {
  const auto schema = nlohmann::json::parse(Run("show schema json"));
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-04/schema#");
  EXPECT_EQ(schema["oneOf"][0]["title"], "Info");
  EXPECT_EQ(schema["oneOf"][1]["title"], "Stat");
  EXPECT_EQ(schema["oneOf"][1]["items"]["required"],
            nlohmann::json({"objType", "proxyId", "id", "field", "processNum", "tags", "value"}));
  const auto& tags = schema["definitions"]["tags"]["properties"];
  const auto has = [&](const char* tag, std::string_view word) {
    return std::ranges::find(tags[tag]["enum"], word) != tags[tag]["enum"].end();
  };
  for (const Field& field : StatFields()) {
    EXPECT_TRUE(has("origin", OriginWord(field.tags[0]))) << field.name;
    EXPECT_TRUE(has("nature", NatureWord(field.tags[1]))) << field.name;
    EXPECT_TRUE(has("scope", ScopeWord(field.tags[2]))) << field.name;
  }
  EXPECT_EQ(Run("show schema"), "'show schema' only supports 'json'.\n");
}

TEST_F(StatFormats, OnlyProxiesHaveStatistics) {
  EXPECT_EQ(Run("show stat domain proxy"), Run("show stat"));
  EXPECT_EQ(Run("show stat domain nope"), "Invalid statistics domain.\n");
}

}  // namespace
}  // namespace room_router::admin
