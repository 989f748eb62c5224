// SPDX-License-Identifier: Apache-2.0
#include "config/ticket_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace room_router {
namespace {

using config::Secret;
using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr TimePoint kStart{};

TicketKeys::Random Seeded() {
  return [engine = std::mt19937(7)](size_t size) mutable {
    Secret bytes;
    while (bytes.size() < size) bytes.push_back(static_cast<char>(engine()));
    return bytes;
  };
}

bool Opens(const TicketKeys& keys, const TicketKeys::KeyPtr& key) {
  const TicketKeys::KeyPtr found = keys.Find(key->name).key;
  return found && found->aes == key->aes && found->mac == key->mac;
}

TEST(TicketKeysTest, ANewKeyComesEveryTwelveHours) {
  TicketKeys ring(Seeded(), kStart);
  std::set<std::string> names;
  for (int day = 0; day < 4; ++day) {
    for (const hours at : {hours(0), hours(6), hours(11)}) {
      ring.Tick(kStart + hours(12) * day + at);
      names.insert(ring.ForNew()->name);
      EXPECT_FALSE(ring.Find(ring.ForNew()->name).renew);
    }
    EXPECT_EQ(names.size(), static_cast<size_t>(day) + 1);
  }
}

TEST(TicketKeysTest, AKeyOpensTicketsAsLongAsTheyLive) {
  TicketKeys ring(Seeded(), kStart);
  const TicketKeys::KeyPtr first = ring.ForNew();
  const TimePoint changed = kStart + TicketKeys::kLifetime;
  ring.Tick(changed - milliseconds(1));
  EXPECT_EQ(ring.ForNew(), first);
  ring.Tick(changed);
  EXPECT_NE(ring.ForNew(), first);
  EXPECT_TRUE(ring.Find(first->name).renew);
  ring.Tick(changed + TicketKeys::kTicketLifetime);
  EXPECT_TRUE(Opens(ring, first));
  ring.Tick(changed + TicketKeys::kTicketLifetime + milliseconds(1));
  EXPECT_FALSE(Opens(ring, first));
}

TEST(TicketKeysTest, AMachineThatSleptHasNoOldKeys) {
  TicketKeys ring(Seeded(), kStart);
  const TicketKeys::KeyPtr first = ring.ForNew();
  ring.Tick(kStart + hours(500));
  ring.Tick(kStart + hours(503));
  EXPECT_FALSE(Opens(ring, first));
}

TEST(TicketKeysTest, KeysAreAsLongAsOpenSslsOwn) {
  const TicketKeys ring(Seeded(), kStart);
  EXPECT_EQ(ring.ForNew()->name.size(), 16U);
  EXPECT_EQ(ring.ForNew()->aes.size(), 32U);
  EXPECT_EQ(ring.ForNew()->mac.size(), 32U);
  EXPECT_FALSE(ring.ForNew()->aes == ring.ForNew()->mac);
}

// 48 bytes: "<letter>…" as name, then 16 of the AES key, then 16 of the other.
std::string Line(char letter) {
  const std::string quarter = {letter, letter, letter, letter};  // three bytes in base64
  std::string line;
  for (int i = 0; i < 16; ++i) line += quarter;
  return line + "\n";
}

std::string NameOf(char letter) { return TicketKeys(Line(letter)).ForNew()->name; }

TEST(TicketKeysTest, OfAFileTheLastButOneSealsAndTheLastThreeOpen) {
  const struct {
    const char* letters;
    char seals;
    const char* open;
  } table[] = {{"A", 'A', "A"},      {"AB", 'A', "AB"},     {"ABC", 'B', "ABC"},
               {"ABCD", 'C', "BCD"}, {"ABCDE", 'D', "CDE"}, {"AAA", 'A', "A"}};
  for (const auto& row : table) {
    std::string file = "# ours\n\n";
    for (const char* letter = row.letters; *letter != '\0'; ++letter) file += Line(*letter);
    ASSERT_EQ(TicketKeys::Problem(file), "") << file;
    TicketKeys keys(file);
    keys.Tick(kStart + hours(1000));
    EXPECT_EQ(keys.ForNew()->name, NameOf(row.seals)) << file;
    EXPECT_FALSE(keys.Find(NameOf(row.seals)).renew) << file;
    for (const char letter : std::string_view("ABCDEF")) {
      const bool opens = std::string_view(row.open).find(letter) != std::string_view::npos;
      const TicketKeys::Found found = keys.Find(NameOf(letter));
      EXPECT_EQ(found.key != nullptr, opens) << letter << " of " << file;
      EXPECT_EQ(found.renew, opens && letter != row.seals) << letter << " of " << file;
    }
  }
}

TEST(TicketKeysTest, FortyEightBytesAreAes128AndEightyAreAes256) {
  std::string bytes;
  for (int i = 0; i < 80; ++i) bytes += static_cast<char>(i);
  const TicketKey longer = TicketKey::From(bytes);
  EXPECT_EQ(longer.name, bytes.substr(0, 16));
  EXPECT_EQ(longer.aes.view(), bytes.substr(16, 32));
  EXPECT_EQ(longer.mac.view(), bytes.substr(48, 32));
  const TicketKey shorter = TicketKey::From(bytes.substr(0, 48));
  EXPECT_EQ(shorter.aes.view(), bytes.substr(16, 16));
  EXPECT_EQ(shorter.mac.view(), bytes.substr(32, 16));
}

TEST(TicketKeysTest, WhatIsWrongWithAFileIsToldWithoutTheKey) {
  const std::string made = "; one is made with: openssl rand 80 | base64 -w 120";
  const struct {
    std::string file, problem;
  } table[] = {
      {"", "holds no key" + made},
      {"\n# " + Line('A'), "holds no key" + made},
      {Line('A') + "\n" + "AAAA\n", "line 3 is a key of 3 bytes, it must have 48 or 80" + made},
      {"secret key!\n", "line 1 is not base64" + made},
      {Line('A') + Line('B').substr(0, 63), "line 2 is not base64" + made},
      {Line('A').substr(0, 60) + "\n", "line 1 is a key of 45 bytes, it must have 48 or 80" + made},
  };
  for (const auto& row : table) {
    EXPECT_EQ(TicketKeys::Problem(row.file), row.problem) << row.file;
    EXPECT_THAT(TicketKeys::Problem(row.file), Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace room_router
