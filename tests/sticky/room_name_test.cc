// SPDX-License-Identifier: Apache-2.0
// Properties of normalisation over random names; the cases are in room_key_cases.inc.
#include "sticky/room_name.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace room_router {
namespace {

constexpr int kRounds = 4000;

class RoomName : public testing::Test {
 protected:
  RoomName() { std::cout << "ROOM_ROUTER_SEED=" << seed_ << '\n'; }

  static unsigned Seed() {
    const char* given = std::getenv("ROOM_ROUTER_SEED");
    return given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device()();
  }

  size_t Below(size_t limit) { return random_() % limit; }

  std::string Bytes(size_t longest) {
    std::string text(Below(longest), '\0');
    for (char& c : text) c = static_cast<char>(random_());
    return text;
  }

  // Pieces that meet in decoding: escapes, halves of escapes, separators, forms of letters.
  std::string Pieces(size_t most) {
    static const std::vector<std::string> kPieces = {
        "%",      "25",     "4", "41",     "%41",     "%25",    "%2",     "5",      "+",
        " ",      ":",      "/", "\u00e9", "e\u0301", "\uff05", "\uff14", "\ufb01", "\u0130",
        "\u03a3", "\u03c2", "A", "z",      "%C3",     "%a9",    "\xC3",   "\xA9",   "%EF%BC%85",
        "\u00df", "\u3000", "-", "%2B",    "%20",     "_",      "."};
    std::string text;
    for (size_t i = Below(most); i > 0; --i) text += kPieces[Below(kPieces.size())];
    return text;
  }

  std::string Letters() {
    static const std::vector<std::string> kLetters = {
        "a", "b",      "Z",      "0",      "-",      "_",          ".",     "~",
        " ", "\u00e9", "\u00d6", "\u0416", "\u4f1a", "\U0001F600", "\u03b1"};
    std::string text = "r";
    for (size_t i = 1 + Below(24); i > 0; --i) text += kLetters[Below(kLetters.size())];
    return text + "m";
  }

  const unsigned seed_ = Seed();
  std::mt19937 random_{seed_};
};

std::string Normal(std::string_view raw, NameSource source) {
  std::string out;
  const RoomError error = NormaliseRoom(raw, source, out);
  return error == RoomError::kNone ? out : fmt::format("error {}", static_cast<int>(error));
}

std::string Escape(std::string_view text, bool upper, bool all) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain && !all) {
      out += c;
    } else {
      out += upper ? fmt::format("%{:02X}", byte) : fmt::format("%{:02x}", byte);
    }
  }
  return out;
}

TEST_F(RoomName, IsItsOwnNormalForm) {
  for (int i = 0; i < kRounds; ++i) {
    const std::string raw = i % 2 == 0 ? Pieces(14) : Letters();
    for (const NameSource source : {NameSource::kPath, NameSource::kQuery}) {
      std::string once, twice;
      if (NormaliseRoom(raw, source, once) != RoomError::kNone) continue;
      ASSERT_EQ(NormaliseRoom(once, source, twice), RoomError::kNone) << raw;
      ASSERT_EQ(once, twice) << raw;
    }
  }
}

TEST_F(RoomName, AllEncodingsAgree) {
  for (int i = 0; i < kRounds; ++i) {
    const std::string name = Letters();
    const std::string expected = Normal(name, NameSource::kPath);
    std::string plus = Escape(name, true, false);
    for (size_t at = plus.find("%20"); at != std::string::npos; at = plus.find("%20")) {
      plus.replace(at, 3, "+");
    }
    const std::string upper = Escape(name, true, false), lower = Escape(name, false, false);
    const std::string twice = Escape(lower, true, false), thrice = Escape(twice, false, false);
    const std::string four = Escape(thrice, true, false);
    for (const std::string& form : {name, plus, upper, lower, twice, thrice, four,
                                    Escape(name, true, true), Escape(upper, false, true)}) {
      ASSERT_EQ(Normal(form, NameSource::kQuery), expected) << form;
    }
    for (const std::string& form : {upper, lower, twice}) {
      ASSERT_EQ(Normal(form, NameSource::kPath), expected) << form;
    }
  }
}

TEST_F(RoomName, AnyBytesAreTakenOrRefused) {
  for (int i = 0; i < kRounds; ++i) {
    const std::string raw = Bytes(i % 50 == 0 ? 5000 : 60);
    for (const NameSource source : {NameSource::kPath, NameSource::kQuery}) {
      std::string out;
      const RoomError error = NormaliseRoom(raw, source, out);
      ASSERT_LE(out.size(), kLongestRoom);
      ASSERT_EQ(out.find_first_of(std::string_view("\0\t\n:?#[]@!$&'()*+,;=></\"", 23)),
                std::string::npos);
      ASSERT_TRUE(error == RoomError::kNone || out.empty());
      if (!out.empty()) {
        ASSERT_NE(out.front(), ' ');
        ASSERT_NE(out.back(), ' ');
      }
    }
  }
}

TEST_F(RoomName, DeepEncodingIsLinear) {
  std::string deep = "%";
  for (int i = 0; i < 8000; ++i) deep += "25";
  EXPECT_EQ(Normal(deep + "41", NameSource::kQuery), "a");
}

TEST_F(RoomName, TenantsHaveNoDots) {
  std::string tenant;
  EXPECT_EQ(NormaliseTenant("Acme.Corp%2Eorg", NameSource::kPath, tenant), RoomError::kNone);
  EXPECT_EQ(tenant, "acme_corp_org");
}

}  // namespace
}  // namespace room_router
