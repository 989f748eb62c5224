// SPDX-License-Identifier: Apache-2.0
// What children of this process may still do once they are in the sandbox, or are another user.
#include "router/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "router/privileges.h"

namespace room_router {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kUser = 54321;  // nobody's
constexpr gid_t kGroup = 54322;

// What `act` returns in a child: 0 is good, the rest is the line that failed.
int InChild(const std::function<int()>& act) {
  const pid_t child = fork();
  if (child == 0) _exit(act());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// Ends the child's work with the line, which the test then shows (below 256: keep this file short).
#define CHECK_HERE(condition) \
  if (!(condition)) return __LINE__ & 0xff

class Sandbox : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "sandbox-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    fs::create_directories(directory_ / "log");
    fs::create_directories(directory_ / "run");
    fs::create_directories(directory_ / "other");
    std::ofstream(directory_ / "other/file") << "content";
    std::ofstream(directory_ / "run/socket") << "";
    rules_ = {.written = {directory_ / "log/access.log"}, .removed = {directory_ / "run/socket"}};
  }
  void TearDown() override { fs::remove_all(directory_); }

  // Of a child that enters it and ends.
  SandboxReport Report() const {
    SandboxReport report;
    report.system_calls = Why(&SandboxReport::system_calls);
    report.files = Why(&SandboxReport::files);
    return report;
  }

  std::string Path(const char* name) const { return directory_ / name; }

  fs::path directory_;
  FileRules rules_;

 private:
  std::string Why(std::string SandboxReport::*part) const {
    int ends[2];
    if (pipe(ends) != 0) return "no pipe";
    InChild([&] {
      const std::string why = EnterSandbox(rules_).*part;
      return write(ends[1], why.data(), why.size()) < 0;
    });
    close(ends[1]);
    char text[256];
    const ssize_t size = read(ends[0], text, sizeof text);
    close(ends[0]);
    return {text, static_cast<size_t>(std::max<ssize_t>(size, 0))};
  }
};

bool Fails(int result, int error) { return result == -1 && errno == error; }

TEST_F(Sandbox, StartsThreadsAndNothingElse) {
  if (const auto why = Report().system_calls; !why.empty()) GTEST_SKIP() << why;
  const int failed = InChild([this] {
    EnterSandbox(rules_);
    CHECK_HERE(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    CHECK_HERE(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2);
    bool ran = false;
    std::thread([&ran] { ran = true; }).join();
    CHECK_HERE(ran);
    CHECK_HERE(Fails(fork(), EPERM));
    CHECK_HERE(Fails(execl("/bin/true", "true", nullptr), EPERM));
    CHECK_HERE(std::system("true") != 0);
    CHECK_HERE(popen("true", "r") == nullptr);
    CHECK_HERE(Fails(chroot("/"), EPERM));
    CHECK_HERE(Fails(setuid(0), EPERM));
    CHECK_HERE(mmap(nullptr, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
               MAP_FAILED);
    CHECK_HERE(Fails(socket(AF_PACKET, SOCK_RAW, 0), EAFNOSUPPORT));
    CHECK_HERE(socket(AF_INET, SOCK_STREAM, 0) >= 0);
    return 0;
  });
  EXPECT_EQ(failed, 0) << "line";
}

TEST_F(Sandbox, ReadsEverythingAndWritesWhatIsNamed) {
  if (const auto why = Report().files; !why.empty()) GTEST_SKIP() << why;
  const int failed = InChild([this] {
    EnterSandbox(rules_);
    const auto opens = [this](const char* name, int flags) {
      return open(Path(name).c_str(), flags | O_CLOEXEC, 0600);
    };
    CHECK_HERE(opens("other/file", O_RDONLY) >= 0);
    CHECK_HERE(Fails(opens("other/file", O_WRONLY), EACCES));
    CHECK_HERE(Fails(opens("other/new", O_WRONLY | O_CREAT), EACCES));
    CHECK_HERE(Fails(unlink(Path("other/file").c_str()), EACCES));
    CHECK_HERE(Fails(mkdir(Path("log/new").c_str(), 0700), EACCES));
    CHECK_HERE(opens("log/access.log", O_WRONLY | O_CREAT | O_APPEND) >= 0);
    CHECK_HERE(Fails(opens("run/new", O_WRONLY | O_CREAT), EACCES));
    CHECK_HERE(unlink(Path("run/socket").c_str()) == 0);
    return 0;
  });
  EXPECT_EQ(failed, 0) << "line";
}

TEST_F(Sandbox, ALogThatIsAPipeIsOpenedAgain) {
  ASSERT_EQ(mkfifo(Path("log/pipe").c_str(), 0600), 0);
  rules_.written = {Path("log/pipe")};
  if (const auto why = Report().files; !why.empty()) GTEST_SKIP() << why;
  const int failed = InChild([this] {
    EnterSandbox(rules_);
    CHECK_HERE(open(Path("log/pipe").c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK) >= 0);
    CHECK_HERE(Fails(open(Path("log/new").c_str(), O_WRONLY | O_CREAT, 0600), EACCES));
    return 0;
  });
  EXPECT_EQ(failed, 0) << "line";
}

TEST_F(Sandbox, DumpsNoCore) {
  if (const auto why = Report().system_calls; !why.empty()) GTEST_SKIP() << why;
  const int failed = InChild([this] {
    EnterSandbox(rules_);
    rlimit limit{};
    CHECK_HERE(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0);
    CHECK_HERE(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    return 0;
  });
  EXPECT_EQ(failed, 0) << "line";
}

// A folder that is gone: told, and the rest is on.
TEST_F(Sandbox, TellsWhatItCouldNotDo) {
  if (const auto why = Report().files; !why.empty()) GTEST_SKIP() << why;
  rules_.written = {Path("nowhere/access.log")};
  const SandboxReport report = Report();
  EXPECT_NE(report.files.find("nowhere/access.log"), std::string::npos) << report.files;
  EXPECT_EQ(report.system_calls, "");
}

class Privileges : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
    ASSERT_EQ(chmod(directory_.c_str(), 0711), 0);
    ASSERT_EQ(chown(Path("log").c_str(), kUser, kGroup), 0);
    ASSERT_EQ(chmod(Path("other").c_str(), 0700), 0);
  }
  const config::Account account_{.user = kUser, .group = kGroup};
};

TEST_F(Privileges, FilesAreTheUsersWhileTheProcessIsRoot) {
  const int failed = InChild([this] {
    CHECK_HERE(TakeFilesOf(account_).empty());
    CHECK_HERE(geteuid() == 0);
    CHECK_HERE(Fails(open(Path("other/file").c_str(), O_RDONLY | O_CLOEXEC), EACCES));
    CHECK_HERE(open(Path("log/access.log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0);
    return 0;
  });
  EXPECT_EQ(failed, 0) << "line";
  struct stat facts {};
  ASSERT_EQ(stat(Path("log/access.log").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_uid, kUser);
  EXPECT_EQ(facts.st_gid, kGroup);
}

TEST_F(Privileges, RootIsGoneForGood) {
  const int failed = InChild([this] {
    CHECK_HERE(TakeFilesOf(account_).empty());
    CHECK_HERE(Become(account_).empty());
    CHECK_HERE(getuid() == kUser && geteuid() == kUser && getgid() == kGroup);
    CHECK_HERE(Fails(setuid(0), EPERM));
    CHECK_HERE(getgroups(0, nullptr) == 0);
    CHECK_HERE(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    CHECK_HERE(prctl(PR_CAPBSET_READ, 0, 0, 0, 0) == 0);
    return 0;
  });
  EXPECT_EQ(failed, 0) << "line";
}

TEST_F(Privileges, WhoIsNotRootIsRefused) {
  const int failed = InChild([this] {
    CHECK_HERE(Become(account_).empty());
    CHECK_HERE(!Become({.user = kUser + 1, .group = kGroup}).empty());
    CHECK_HERE(!TakeFilesOf({.user = 0, .group = 0}).empty());
    return 0;
  });
  EXPECT_EQ(failed, 0) << "line";
}

}  // namespace
}  // namespace room_router
