// SPDX-License-Identifier: Apache-2.0
// Every block of memory that this program gives back is looked through for the secrets of the test.
#include "config/secret.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "config/key_lines.h"
#include "config/random_secret.h"
#include "tests/config/support.h"
#include "tests/config/test_authority.h"

namespace {

constexpr size_t kBefore = 16;  // of a block: its size; keeps the alignment
std::string_view hunted;        // while looking
size_t sightings = 0;

void Look(const char* block, size_t size) {
  if (hunted.empty()) return;
  if (std::string_view(block, size).find(hunted) != std::string_view::npos) ++sightings;
}

}  // namespace

void* operator new(size_t size) {
  void* block = std::calloc(1, size + kBefore);  // nothing of who had it before
  if (block == nullptr) throw std::bad_alloc();
  *static_cast<size_t*>(block) = size;
  return static_cast<char*>(block) + kBefore;
}

void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  char* block = static_cast<char*>(memory) - kBefore;
  Look(static_cast<char*>(memory), *reinterpret_cast<size_t*>(block));
  std::free(block);
}

void operator delete(void* memory, size_t) noexcept { operator delete(memory); }

// Sanitizers have these of their own, which are no pair of those above.
void* operator new(size_t size, const std::nothrow_t&) noexcept { return operator new(size); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { operator delete(memory); }

namespace room_router::config {
namespace {

const std::string kToken = "0123456789abcdefGHIJKLMNOPQRSTUV";  // also 24 bytes in base64

// How often `secret` was left in memory by what `act` did.
template <class Act>
size_t Left(std::string_view secret, const Act& act) {
  sightings = 0;
  hunted = secret;
  act();
  hunted = {};
  return sightings;
}

TEST(SecretTest, TheHuntFindsWhatIsLeft) {
  const size_t left = Left(kToken, [] { const std::string copy(kToken); });
  EXPECT_EQ(left, 1U);
}

TEST(SecretTest, NothingIsLeftOfCopiesOrOfWhatWasOutgrown) {
  EXPECT_EQ(Left(kToken,
                 [] {
                   Secret one(kToken);
                   Secret two = one;
                   one.push_back('x');
                   two = one;
                   const Secret three = std::move(one);
                   std::vector<Secret> many{two};
                   for (int i = 0; i < 9; ++i) many.push_back(three);
                   two.resize(100'000);
                   two.resize(3);
                   EXPECT_EQ(two.view(), kToken.substr(0, 3));
                 }),
            0U);
}

TEST(SecretTest, ShortOnesAreNotKeptWithinTheObject) {
  alignas(Secret) char place[sizeof(Secret)];
  auto* secret = new (place) Secret("abc");
  EXPECT_EQ(std::string_view(place, sizeof place).find("abc"), std::string_view::npos);
  secret->~Secret();
}

TEST(SecretTest, Compares) {
  EXPECT_EQ(Secret("a"), Secret("a"));
  EXPECT_FALSE(Secret("a") == Secret("b"));
  EXPECT_FALSE(Secret("a") == Secret("ab"));
  EXPECT_EQ(Secret(), Secret(""));
  EXPECT_FALSE(RandomSecret(32) == RandomSecret(32));
  EXPECT_EQ(RandomSecret(33).size(), 33U);
}

// The whole way of the files that hold secrets: read, parsed, copied, printed, dropped.
TEST(SecretTest, NothingIsLeftOfAConfiguration) {
  const TemporaryDirectory directory;
  test::TestAuthority authority("authority");
  const test::Credential credential = authority.Issue("router-0");
  directory.Write("token", kToken + "\n");
  directory.Write("gossip.key", kToken + "\n");
  const std::string ticket_key = kToken + kToken;  // 48 bytes
  directory.Write("tickets", ticket_key + "\n" + ticket_key + "\n");
  directory.Write("c.pem", credential.certificate);
  directory.Write("k.pem", credential.key);
  directory.Write("all.yaml",
                  "admin: {token_file: token}\n"
                  "listeners:\n- address: 127.0.0.1:0\n"
                  "  tls: {certificate: c.pem, key: k.pem, ticket_keys: tickets}\n"
                  "peers: {listen: \"10.0.0.1:7946\", tls: {psk_file: gossip.key}}\n" +
                      std::string(kStaticShard));
  const std::string bytes(DecodeBase64(kToken)->view());
  const std::string pem_line = credential.key.substr(credential.key.find('\n') + 1, 32);
  for (const std::string_view secret :
       {std::string_view(kToken), std::string_view(bytes), std::string_view(pem_line)}) {
    EXPECT_EQ(Left(secret,
                   [&] {
                     const Loaded loaded =
                         LoadPath(directory.path() + "/all.yaml", TestEnvironment);
                     EXPECT_EQ(AllMistakes(loaded), "");
                     const Config copy = loaded.config;
                     EXPECT_EQ(copy, loaded.config);
                     EXPECT_EQ(Print(copy).find(secret), std::string::npos);
                   }),
              0U)
        << secret;
  }
}

}  // namespace
}  // namespace room_router::config
