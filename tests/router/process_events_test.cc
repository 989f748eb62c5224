// SPDX-License-Identifier: Apache-2.0
#include "router/cli/process_events.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "router/cli/process.h"

namespace room_router::cli {
namespace {

namespace fs = std::filesystem;

class ProcessEventsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "process-events-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ / name) << text;
  }

  fs::path directory_;
};

TEST_F(ProcessEventsTest, TellsSignalsApart) {
  ProcessEvents events("");
  raise(SIGHUP);
  EXPECT_EQ(events.Wait(), ProcessEvent::kReload);
  raise(SIGTERM);
  EXPECT_EQ(events.Wait(), ProcessEvent::kStop);
  raise(SIGINT);
  EXPECT_EQ(events.Wait(), ProcessEvent::kStop);
  events.NotifyEnded();
  EXPECT_EQ(events.Wait(), ProcessEvent::kEnded);
}

TEST_F(ProcessEventsTest, SeesAFileRewritten) {
  Write("room-router.yaml", "version: 1\n");
  ProcessEvents events((directory_ / "room-router.yaml").string());
  ASSERT_TRUE(events.watching());
  Write("room-router.yaml", "version: 1 # changed\n");
  EXPECT_EQ(events.Wait(), ProcessEvent::kConfigChanged);
}

TEST_F(ProcessEventsTest, SeesAFileReplaced) {
  Write("room-router.yaml", "version: 1\n");
  ProcessEvents events((directory_ / "room-router.yaml").string());
  Write("new", "version: 1 # changed\n");
  fs::rename(directory_ / "new", directory_ / "room-router.yaml");
  EXPECT_EQ(events.Wait(), ProcessEvent::kConfigChanged);
}

// A mounted ConfigMap: room-router.yaml → ..data/room-router.yaml, ..data → ..2026_01; an update
// only renames a new link over ..data.
TEST_F(ProcessEventsTest, SeesAConfigMapUpdated) {
  fs::create_directory(directory_ / "..1");
  fs::create_directory(directory_ / "..2");
  fs::create_symlink("..1", directory_ / "..data");
  fs::create_symlink("..data/room-router.yaml", directory_ / "room-router.yaml");
  ProcessEvents events((directory_ / "room-router.yaml").string());
  fs::create_symlink("..2", directory_ / "..data_tmp");
  fs::rename(directory_ / "..data_tmp", directory_ / "..data");
  EXPECT_EQ(events.Wait(), ProcessEvent::kConfigChanged);
}

TEST_F(ProcessEventsTest, WatchesADirectoryOfYamlAndIgnoresTheRest) {
  ProcessEvents events(directory_.string());
  Write("notes.txt", "x");
  Write(".swap", "x");
  events.NotifyEnded();
  EXPECT_EQ(events.Wait(), ProcessEvent::kEnded);
  ProcessEvents others(directory_.string());
  Write("20-shards.yaml", "x");
  EXPECT_EQ(others.Wait(), ProcessEvent::kConfigChanged);
}

TEST_F(ProcessEventsTest, ASignalIsNotHeldUpByAChange) {
  ProcessEvents events(directory_.string());
  Write("a.yaml", "x");
  raise(SIGTERM);
  EXPECT_EQ(events.Wait(), ProcessEvent::kStop);
}

TEST_F(ProcessEventsTest, SaysWhenNothingCanBeWatched) {
  EXPECT_FALSE(ProcessEvents("/nonexistent/room-router.yaml").watching());
}

TEST_F(ProcessEventsTest, TellsTheServiceManager) {
  const std::string path = (directory_ / "notify").string();
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  NotifyServiceManager("READY=1");
  unsetenv("NOTIFY_SOCKET");
  NotifyServiceManager("STOPPING=1");
  char buffer[32];
  const ssize_t size = recv(fd, buffer, sizeof buffer, 0);
  ASSERT_GT(size, 0);
  EXPECT_EQ(std::string_view(buffer, static_cast<size_t>(size)), "READY=1");
  EXPECT_LT(recv(fd, buffer, sizeof buffer, 0), 0);
  close(fd);
}

}  // namespace
}  // namespace room_router::cli
