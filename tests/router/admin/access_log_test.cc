// SPDX-License-Identifier: Apache-2.0
#include "router/access_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

namespace room_router {
namespace {

using testing::HasSubstr;

class AccessLog : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "access_log_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    config_.output = File("access.log");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name) const { return folder_ + "/" + name; }

  static AccessRecord Record(std::string_view id) {
    return {.client_ip = "::1",
            .listener = "room-router",
            .method = "GET",
            .target = "/",
            .request_class = RequestClass::kStatic,
            .request_id = id};
  }

  static std::vector<std::string> Lines(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  std::string folder_;
  config::AccessLog config_;
};

TEST_F(AccessLog, WritesEveryRecordOfEveryWorkerInOrder) {
  constexpr size_t kWorkers = 4, kRecords = 3'000;
  uint64_t drops = 0;
  {
    AccessLogWriter writer(config_, "jitsi-meet", kWorkers);
    ASSERT_EQ(writer.Start(), "");
    std::vector<std::thread> workers;
    for (size_t w = 0; w < kWorkers; ++w) {
      workers.emplace_back([&ring = *writer.ring(w), w] {
        for (size_t i = 0; i < kRecords; ++i) {
          ring.Write(Record(std::to_string(w) + ":" + std::to_string(i)));
          if (i % 7 == 0) ring.Flush();
        }
        ring.Flush();
      });
    }
    for (std::thread& worker : workers) worker.join();
    for (size_t w = 0; w < kWorkers; ++w) drops += writer.ring(w)->drops();
    writer.Stop();
    EXPECT_EQ(writer.stats().lost_bytes, 0u);
    EXPECT_EQ(writer.stats().bytes, std::filesystem::file_size(config_.output));
  }
  std::map<char, long> last;  // worker → number of its last record
  const std::vector<std::string> lines = Lines(config_.output);
  EXPECT_EQ(lines.size() + drops, kWorkers * kRecords);
  for (const std::string& line : lines) {
    const std::string id = nlohmann::json::parse(line)["request_id"];
    const long number = std::stol(id.substr(2));
    const auto before = last.try_emplace(id[0], -1).first;
    ASSERT_GT(number, before->second) << "out of order";
    before->second = number;
  }
}

TEST_F(AccessLog, AFullRingDropsAndCounts) {
  AccessLogSignal signal;
  AccessLogRing ring(config_, "jitsi-meet", signal);
  size_t records = 0;
  for (; ring.drops() == 0; ++records) ring.Write(Record("x"));
  const std::string_view readable = ring.Readable();
  EXPECT_GT(readable.size(), AccessLogRing::kSize * 9 / 10);
  EXPECT_EQ(readable.back(), '\n');
  EXPECT_EQ(static_cast<size_t>(std::count(readable.begin(), readable.end(), '\n')), records - 1);
  ring.Consume(readable.size());
  ring.Write(Record("y"));
  EXPECT_EQ(ring.drops(), 1u);
  std::string rest;
  while (!ring.Readable().empty()) {  // in two parts when it runs over the ring's end
    rest.append(ring.Readable());
    ring.Consume(ring.Readable().size());
  }
  EXPECT_THAT(rest, HasSubstr(R"("request_id":"y")"));
  EXPECT_TRUE(nlohmann::json::accept(rest));
}

TEST_F(AccessLog, WakesTheWriterOncePerBatch) {
  AccessLogSignal signal;
  AccessLogRing ring(config_, "jitsi-meet", signal);
  ring.Flush();
  EXPECT_EQ(signal.flushes, 0u) << "nothing was written";
  ring.Write(Record("1"));
  ring.Write(Record("2"));
  ring.Flush();
  ring.Flush();
  EXPECT_EQ(signal.flushes, 1u);
}

TEST_F(AccessLog, SamplesTheConfiguredShare) {
  const std::pair<double, std::pair<size_t, size_t>> cases[] = {
      {0, {0, 0}}, {0.25, {2200, 2800}}, {1, {10'000, 10'000}}};
  for (const auto& [sample, range] : cases) {
    config_.sample = sample;
    AccessLogSignal signal;
    AccessLogRing ring(config_, "jitsi-meet", signal);
    size_t lines = 0;
    for (int i = 0; i < 10'000; ++i) {
      ring.Write(Record(std::to_string(i)));
      while (!ring.Readable().empty()) {
        const std::string_view bytes = ring.Readable();
        lines += static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
        ring.Consume(bytes.size());
      }
    }
    EXPECT_GE(lines, range.first) << sample;
    EXPECT_LE(lines, range.second) << sample;
    EXPECT_EQ(ring.drops(), 0u);
  }
}

// Of the ids 0 … 999, those that are in the log.
std::set<std::string> Chosen(const config::AccessLog& config, int status) {
  AccessLogSignal signal;
  AccessLogRing ring(config, "jitsi-meet", signal);
  std::set<std::string> chosen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = std::to_string(i);
    ring.Write({.status = status, .method = "GET", .target = "/", .request_id = id});
    if (!ring.Readable().empty()) chosen.insert(id);
    ring.Consume(ring.Readable().size());
    ring.Consume(ring.Readable().size());  // what ran over the end
  }
  return chosen;
}

TEST_F(AccessLog, AllWhoShareAnIdChooseTheSameRequests) {
  config_.sample = 0.3;
  const auto third = Chosen(config_, 200);
  EXPECT_GT(third.size(), 200u);
  EXPECT_LT(third.size(), 400u);
  EXPECT_EQ(Chosen(config_, 404), third);
  config_.format = config::AccessFormat::kHttplog;
  EXPECT_EQ(Chosen(config_, 200), third);
  config_.sample = 0.6;
  const auto more = Chosen(config_, 200);
  EXPECT_TRUE(std::ranges::includes(more, third));
}

TEST_F(AccessLog, ErrorsAreInEverySample) {
  config_.sample = 0;
  EXPECT_EQ(Chosen(config_, 503).size(), 1000u);
  EXPECT_EQ(Chosen(config_, 499).size(), 0u);
}

TEST_F(AccessLog, OffHasNoRing) {
  config_.format = config::AccessFormat::kOff;
  AccessLogWriter writer(config_, "jitsi-meet", 4);
  EXPECT_EQ(writer.Start(), "");
  EXPECT_EQ(writer.ring(0), nullptr);
  EXPECT_FALSE(std::filesystem::exists(config_.output));
}

TEST_F(AccessLog, ReopensItsFile) {
  AccessLogWriter writer(config_, "jitsi-meet", 1);
  ASSERT_EQ(writer.Start(), "");
  AccessLogRing& ring = *writer.ring(0);
  ring.Write(Record("before"));
  ring.Flush();
  while (writer.stats().bytes == 0) std::this_thread::yield();
  std::filesystem::rename(config_.output, File("old.log"));
  writer.Reopen();
  while (!std::filesystem::exists(config_.output)) std::this_thread::yield();
  ring.Write(Record("after"));
  ring.Flush();
  writer.Stop();
  ASSERT_EQ(Lines(File("old.log")).size(), 1u);
  ASSERT_EQ(Lines(config_.output).size(), 1u);
  EXPECT_THAT(Lines(config_.output)[0], HasSubstr("after"));
}

TEST_F(AccessLog, SaysWhyAFileCannotBeOpened) {
  config_.output = File("nowhere/access.log");
  AccessLogWriter writer(config_, "jitsi-meet", 1);
  EXPECT_THAT(writer.Start(), HasSubstr(config_.output + ": No such file or directory"));
}

// A reader that takes nothing stops neither the workers nor the process.
TEST_F(AccessLog, EndsThoughNobodyReads) {
  ASSERT_EQ(mkfifo(config_.output.c_str(), 0600), 0);
  const int reader = open(config_.output.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  AccessLogWriter writer(config_, "jitsi-meet", 1);
  ASSERT_EQ(writer.Start(), "");
  AccessLogRing& ring = *writer.ring(0);
  while (ring.drops() == 0) {
    ring.Write(Record("x"));
    ring.Flush();
  }
  writer.Stop();
  EXPECT_GT(writer.stats().lost_bytes, 0u);
  close(reader);
}

TEST_F(AccessLog, OutlivesItsReader) {
  ASSERT_EQ(mkfifo(config_.output.c_str(), 0600), 0);
  const int reader = open(config_.output.c_str(), O_RDONLY | O_NONBLOCK);
  AccessLogWriter writer(config_, "jitsi-meet", 1);
  ASSERT_EQ(writer.Start(), "");
  close(reader);
  writer.ring(0)->Write(Record("x"));
  writer.ring(0)->Flush();
  writer.Stop();
  EXPECT_GT(writer.stats().lost_bytes, 0u);
}

}  // namespace
}  // namespace room_router
