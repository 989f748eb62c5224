// SPDX-License-Identifier: Apache-2.0
// The table mistakes.txt, and the bytes a text file cannot hold.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "config/load.h"
#include "config/yaml_tree.h"
#include "tests/config/support.h"

namespace room_router::config {
namespace {

struct Case {
  int line = 0;  // in mistakes.txt
  std::string text;
  bool complete = false;  // no shard is put behind it
  std::string mistakes;
};

std::vector<Case> ReadTable() {
  std::vector<Case> cases;
  std::ifstream file(CONFIG_TEST_DATA "/mistakes.txt");
  std::string line;
  bool open = false;
  for (int number = 1; std::getline(file, line); ++number) {
    const bool text = line.starts_with("|") || line.starts_with("!");
    if (line.empty() || line.starts_with("#")) {
      open = false;
      continue;
    }
    if (!open) cases.push_back({.line = number, .text = "", .mistakes = ""});
    open = true;
    if (text) {
      cases.back().complete |= line.starts_with("!") || line.find("shards:") != std::string::npos;
      cases.back().text += (line.size() > 2 ? line.substr(2) : "") + "\n";
    } else {
      cases.back().mistakes += line + "\n";
    }
  }
  return cases;
}

std::string PlacedMistakes(const Loaded& loaded) {
  std::string all;
  for (const Mistake& mistake : loaded.mistakes) {
    all += std::to_string(mistake.line) + ":" + std::to_string(mistake.column) + ": " +
           mistake.message + "\n";
  }
  return all;
}

TEST(MistakesTest, EveryMistakeOfTheTableIsToldWithItsPlace) {
  const std::vector<Case> cases = ReadTable();
  ASSERT_GE(cases.size(), 140U);
  for (const Case& one : cases) {
    const Loaded loaded =
        one.complete ? LoadText(one.text, "/t.yaml", TestEnvironment) : LoadWithShard(one.text);
    EXPECT_EQ(PlacedMistakes(loaded), one.mistakes) << "mistakes.txt:" << one.line;
    EXPECT_FALSE(loaded.ok());
  }
}

TEST(MistakesTest, BytesThatAreNoText) {
  const struct {
    std::string text, mistakes;
  } table[] = {
      {"", "/t.yaml: is empty; write at least shards: with discovery.srv or static\n"},
      {"# \xe4\n", "/t.yaml:1:3: not UTF-8 text; save the file as UTF-8\n"},
      {"a: b\nc: \xc0\xaf\n", "/t.yaml:2:4: not UTF-8 text; save the file as UTF-8\n"},
      {"\xff\xfe"
       "a",
       "/t.yaml:1:1: not UTF-8 text; save the file as UTF-8\n"},
      {"a: \xed\xa0\x80", "/t.yaml:1:4: not UTF-8 text; save the file as UTF-8\n"},
      {"a: \xe2\x82", "/t.yaml:1:4: not UTF-8 text; save the file as UTF-8\n"},
      {std::string("a: \0", 4), "/t.yaml:1:4: a control character (byte 0); remove it\n"},
      {"a: \x04", "/t.yaml:1:4: a control character (byte 4); remove it\n"},
      {std::string(kMaxFileBytes + 1, ' '),
       "/t.yaml: larger than 4 MiB; this is no configuration file\n"},
  };
  for (const auto& row : table) {
    EXPECT_EQ(AllMistakes(LoadText(row.text, "/t.yaml", TestEnvironment)), row.mistakes);
  }
}

TEST(MistakesTest, DeepNestingAndAliasBombsAreRefused) {
  EXPECT_EQ(AllMistakes(LoadText("a: " + std::string(100, '[') + std::string(100, ']'), "/t.yaml",
                                 TestEnvironment)),
            "/t.yaml:1:35: YAML: nested deeper than 32 levels\n");
  EXPECT_FALSE(LoadText(std::string(200'000, '['), "/t.yaml", TestEnvironment).ok());
  EXPECT_FALSE(LoadText(std::string(200'000, '{'), "/t.yaml", TestEnvironment).ok());
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int n = 1; n < 10; ++n) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_EQ(AllMistakes(LoadText(bomb, "/t.yaml", TestEnvironment)),
            "/t.yaml:5:45: YAML: more than 100000 values, those repeated by aliases included; "
            "remove some\n");
}

TEST(MistakesTest, ManyMistakesAreCounted) {
  std::string text;
  for (int i = 0; i < 1500; ++i) text += "key" + std::to_string(i) + ": 1\n";
  const Loaded loaded = LoadWithShard(text);
  ASSERT_EQ(loaded.mistakes.size(), 1001U);
  EXPECT_EQ(loaded.mistakes.back().ToString(), "/t.yaml: and 500 more mistakes, not shown");
}

TEST(MistakesTest, ValuesInMessagesAreCut) {
  const std::string long_value(5000, 'x');
  const Loaded loaded = LoadWithShard("retries: " + long_value + "\n");
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_LT(loaded.mistakes[0].message.size(), 200U);
}

TEST(MistakesTest, HeaderValuesAreNotRepeated) {
  const Loaded loaded =
      LoadWithShard("headers: {request: {set: {Authorization: \"secret-token \"}}}\n");
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_EQ(loaded.mistakes[0].message.find("secret-token"), std::string::npos);
}

}  // namespace
}  // namespace room_router::config
