// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "tests/sticky/haproxy_bytes.h"

namespace room_router::haproxy {
namespace {

using test::Hex;
using Status = Frame::Status;

std::string Varint(uint64_t value) {
  std::string out;
  AppendVarint(value, out);
  return out;
}

TEST(HaproxyVarintTest, IsWrittenAsHaproxyDoes) {
  const std::pair<uint64_t, const char*> cases[] = {
      {0, "00"},
      {239, "ef"},
      {240, "f0 00"},
      {2287, "ff 7f"},
      {2288, "f0 80 00"},
      {264431, "ff ff 7f"},
      {264432, "f0 80 80 00"},
      {33818864, "f0 80 80 80 00"},
      {4328786160, "f0 80 80 80 80 00"},
      {86400000, "f0 b1 ca c8 01"},
      {0x80001, "f1 f1 fe 00"},
      {0x1234, "f4 94 01"},
  };
  for (const auto& [value, bytes] : cases) {
    const std::string written = Varint(value);
    EXPECT_EQ(written, Hex(bytes)) << value;
    ByteReader reader(written);
    EXPECT_EQ(reader.Varint(), value);
    EXPECT_FALSE(reader.failed());
    EXPECT_TRUE(reader.rest().empty());
  }
}

TEST(HaproxyVarintTest, AnyValueSurvives) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  std::vector<uint64_t> values{std::numeric_limits<uint64_t>::max(), 1161999626690365680};
  for (int i = 0; i < 10'000; ++i) values.push_back(random() >> random() % 64);
  for (const uint64_t value : values) {
    const std::string bytes = Varint(value);
    ByteReader reader(bytes);
    ASSERT_EQ(reader.Varint(), value);
    ASSERT_FALSE(reader.failed()) << value;
    for (size_t size = 0; size < bytes.size(); ++size) {
      ByteReader cut(std::string_view(bytes).substr(0, size));
      cut.Varint();
      ASSERT_TRUE(cut.failed()) << value << " cut to " << size;
    }
  }
}

TEST(HaproxyVarintTest, WhatIsOver64BitsFails) {
  for (const char* bytes : {"ff ff ff ff ff ff ff ff ff 7f", "ff ff ff ff ff ff ff ff ff ff 00",
                            "f0 80 80 80 80 80 80 80 80 80 80 80 80 80"}) {
    const std::string raw = Hex(bytes);
    ByteReader reader(raw);
    reader.Varint();
    EXPECT_TRUE(reader.failed()) << bytes;
  }
}

TEST(HaproxyFrameTest, TellsWholeMessagesFromParts) {
  const std::string stream = test::kAlphaOnShard0 + test::kHeartbeat;
  for (size_t size = 0; size < test::kAlphaOnShard0.size(); ++size) {
    EXPECT_EQ(ReadFrame(stream.substr(0, size)).status, Status::kIncomplete) << size;
  }
  const Frame update = ReadFrame(stream);
  EXPECT_EQ(update.status, Status::kComplete);
  EXPECT_EQ(update.message_class, 10);
  EXPECT_EQ(update.type, 0x80);
  EXPECT_EQ(update.body.size(), 0x14U);
  EXPECT_EQ(update.size, test::kAlphaOnShard0.size());
  EXPECT_EQ(ReadFrame(stream.substr(update.size)).size, 2U);
}

TEST(HaproxyFrameTest, RefusesLengthsNobodyUses) {
  std::string just(Hex("0a 80"));
  AppendVarint(kLongestMessage, just);
  EXPECT_EQ(ReadFrame(just).status, Status::kIncomplete);
  std::string over(Hex("0a 80"));
  AppendVarint(kLongestMessage + 1, over);
  EXPECT_EQ(ReadFrame(over).status, Status::kTooLong);
  EXPECT_EQ(ReadFrame(Hex("0a 80 ff ff ff ff ff")).status, Status::kIncomplete);
  EXPECT_EQ(ReadFrame(Hex("0a 80 ff ff ff ff ff ff ff ff ff ff")).status, Status::kMalformed);
}

TEST(HaproxyDefinitionTest, ReadsWhatHaproxySends) {
  const auto table = ReadDefinition(ReadFrame(test::kHaproxyTable).body);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->id, 1U);
  EXPECT_EQ(table->name, "jitsi-meet");
  EXPECT_EQ(table->key_type, 6U);
  EXPECT_EQ(table->key_length, 129U);
  EXPECT_EQ(table->data_types, kHasServerId | kHasServerKey);
  EXPECT_EQ(table->expire, std::chrono::hours(24));
  std::string written;
  Append(*table, written);
  EXPECT_EQ(written, test::kHaproxyTable);
}

TEST(HaproxyDefinitionTest, NeedsAllButTheExpiry) {
  const std::string body(ReadFrame(test::kHaproxyTable).body);
  for (size_t size = 0; size <= body.size(); ++size) {
    const auto table = ReadDefinition(body.substr(0, size));
    EXPECT_EQ(table.has_value(), size >= body.size() - 5) << size;
    if (!table) continue;
    EXPECT_EQ(table->expire.has_value(), size == body.size());
  }
  EXPECT_FALSE(ReadDefinition(Hex("01 00 06 81 f1 00"))) << "no name";
}

class HaproxyUpdateTest : public testing::Test {
 protected:
  TableDefinition table_{.key_type = 6, .key_length = 129, .data_types = 0x80001};
};

TEST_F(HaproxyUpdateTest, ReadsEveryKind) {
  struct {
    TableMessage type;
    const char* body;
    std::optional<uint32_t> id;
    std::optional<Duration> expires;
    const char* key;
    uint64_t server;
    std::optional<std::string_view> text;
  } const cases[] = {
      {TableMessage::kUpdate,
       "00 00 00 02 04 62 65 74 61 02 08 02 06 73 68 61 72 64 31",
       2,
       {},
       "beta",
       2,
       "shard1"},
      {TableMessage::kNextUpdate, "04 62 65 74 61 02 01 02", {}, {}, "beta", 2, {}},
      {TableMessage::kTimedUpdate,
       "80 00 00 01 00 00 d1 c2 03 66 70 34 03 01 02",
       0x80000001,
       Duration(53698),
       "fp4",
       2,
       {}},
      {TableMessage::kNextTimedUpdate,
       "05 26 17 28 04 62 65 74 61 02 01 01",
       {},
       Duration(86382376),
       "beta",
       1,
       {}},
      {TableMessage::kUpdate, "00 00 00 68 03 66 70 35 09 00", 104, {}, "fp5", 0, {}},
  };
  for (const auto& expected : cases) {
    const std::string body = Hex(expected.body);
    const auto update = ReadUpdate(expected.type, body, table_);
    ASSERT_TRUE(update) << expected.body;
    EXPECT_EQ(update->id, expected.id);
    EXPECT_EQ(update->expires_in, expected.expires);
    EXPECT_EQ(update->key, expected.key);
    EXPECT_EQ(update->server.id, expected.server);
    EXPECT_EQ(update->server.text, expected.text);
    for (size_t size = 0; size < body.size(); ++size) {
      EXPECT_FALSE(ReadUpdate(expected.type, body.substr(0, size), table_)) << size;
    }
  }
}

TEST_F(HaproxyUpdateTest, PassesOverOtherData) {
  table_.data_types = 0x80001 | 1 << 3 | 1 << 4 | 1 << 13 | uint64_t{1} << 21;
  // server_id, gpc0_rate (three), conn_cnt, bytes_in, server key, then what comes behind it
  const std::string body = Hex("00 00 00 01 01 61 07 f0 01 02 03 09 f4 94 01 01 05 2a");
  const auto update = ReadUpdate(TableMessage::kUpdate, body, table_);
  ASSERT_TRUE(update);
  EXPECT_EQ(update->key, "a");
  EXPECT_EQ(update->server.id, 5U);
}

TEST_F(HaproxyUpdateTest, RefusesDictionariesOutOfBounds) {
  const char* const cases[] = {
      "00 00 00 01 01 61 01 01 00",        // number 0
      "00 00 00 01 01 61 01 01 81",        // 129
      "00 00 00 01 01 61 01 01 f0",        // a number without its end
      "00 00 00 01 01 61 01 03 01 06 73",  // text longer than its envelope
      "00 00 00 01 01 61 01 08 01 01 73",  // envelope longer than the message
      "00 00 00 01 01 61 01 0c 01 ff ff ff ff ff ff ff ff ff 0e 73",  // a text of 2^64 bytes
      "00 00 00 01 ff ff ff ff ff ff ff ff ff 0e 61 01 00",           // a key of 2^64 bytes
  };
  for (const char* body : cases) {
    EXPECT_FALSE(ReadUpdate(TableMessage::kUpdate, Hex(body), table_)) << body;
  }
}

TEST_F(HaproxyUpdateTest, KnowsTheKeysOfOtherTables) {
  const std::pair<KeyType, const char*> cases[] = {
      {KeyType::kInteger, "00 00 00 01 00 00 00 07 05 00"},
      {KeyType::kIpv4, "00 00 00 01 0a 00 00 01 05 00"},
      {KeyType::kBinary, "00 00 00 01 01 02 03 04 05 00"},
  };
  table_.key_length = 4;
  for (const auto& [type, body] : cases) {
    table_.key_type = static_cast<uint64_t>(type);
    const auto update = ReadUpdate(TableMessage::kUpdate, Hex(body), table_);
    ASSERT_TRUE(update) << body;
    EXPECT_EQ(update->key.size(), 4U);
  }
  table_.key_type = 3;
  EXPECT_FALSE(ReadUpdate(TableMessage::kUpdate, Hex("00 00 00 01 01 61 01 00"), table_));
}

TEST(HaproxyAcknowledgementTest, IsReadAndWritten) {
  const std::string bytes = Hex("0a 84 05 07 00 00 00 64");
  const auto acknowledgement = ReadAcknowledgement(ReadFrame(bytes).body);
  ASSERT_TRUE(acknowledgement);
  EXPECT_EQ(acknowledgement->table, 7U);
  EXPECT_EQ(acknowledgement->update, 100U);
  std::string written;
  Append(*acknowledgement, written);
  EXPECT_EQ(written, bytes);
  EXPECT_FALSE(ReadAcknowledgement(Hex("07 00 00 00")));
}

}  // namespace
}  // namespace room_router::haproxy
