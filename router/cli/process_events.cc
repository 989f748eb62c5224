// SPDX-License-Identifier: Apache-2.0
#include "router/cli/process_events.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <optional>

namespace room_router::cli {
namespace {

constexpr int kQuietMilliseconds = 200;
constexpr uint32_t kChanges = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM;

sigset_t Handled() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

std::optional<ProcessEvent> TakeSignal(int fd) {
  signalfd_siginfo info{};
  if (read(fd, &info, sizeof info) != sizeof info) return std::nullopt;
  return info.ssi_signo == SIGHUP ? ProcessEvent::kReload : ProcessEvent::kStop;
}

}  // namespace

ProcessEvents::ProcessEvents(const std::string& config) {
  const sigset_t handled = Handled();
  pthread_sigmask(SIG_BLOCK, &handled, nullptr);
  signals_ = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
  ended_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (config.empty()) return;
  std::error_code ignored;
  const std::filesystem::path path(config);
  if (std::filesystem::is_directory(path, ignored)) {
    directory_ = config;
  } else {
    directory_ = path.has_parent_path() ? path.parent_path().string() : ".";
    file_ = path.filename().string();
  }
  changes_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  watch_ = inotify_add_watch(changes_, directory_.c_str(), kChanges);
}

ProcessEvents::~ProcessEvents() {
  for (const int fd : {signals_, changes_, ended_}) {
    if (fd >= 0) close(fd);
  }
}

void ProcessEvents::WatchFiles(const std::vector<std::string>& files) {
  if (changes_ < 0) return;
  std::map<int, std::set<std::string>> wanted;
  for (const std::string& file : files) {
    const std::filesystem::path path(file);
    const std::string directory = path.has_parent_path() ? path.parent_path().string() : ".";
    const int watch = inotify_add_watch(changes_, directory.c_str(), kChanges);
    if (watch >= 0) wanted[watch].insert(path.filename().string());
  }
  for (const auto& [watch, names] : files_) {
    if (watch != watch_ && !wanted.contains(watch)) inotify_rm_watch(changes_, watch);
  }
  files_ = std::move(wanted);
}

ProcessEvent ProcessEvents::Wait() {
  std::array<pollfd, 3> sources{pollfd{.fd = signals_, .events = POLLIN, .revents = 0},
                                pollfd{.fd = changes_, .events = POLLIN, .revents = 0},
                                pollfd{.fd = ended_, .events = POLLIN, .revents = 0}};
  bool changed = false;
  for (;;) {
    const int ready = poll(sources.data(), sources.size(), changed ? kQuietMilliseconds : -1);
    if (ready == 0) return ProcessEvent::kConfigChanged;
    if (ready < 0) continue;  // EINTR: a debugger, or SIGCONT
    if (sources[2].revents != 0) return ProcessEvent::kEnded;
    if (const auto event = TakeSignal(signals_)) return *event;
    if (sources[1].revents != 0 && TakeChanges()) changed = true;
  }
}

void ProcessEvents::NotifyEnded() const { eventfd_write(ended_, 1); }

bool ProcessEvents::TakeChanges() const {
  alignas(inotify_event) std::array<char, 4096> buffer;
  bool concerned = false;
  for (;;) {
    const ssize_t size = read(changes_, buffer.data(), buffer.size());
    if (size <= 0) return concerned;
    const char* at = buffer.data();
    while (at < buffer.data() + size) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      concerned = concerned || (event->len > 0 && Concerns(event->wd, event->name));
      at += sizeof(inotify_event) + event->len;
    }
  }
}

bool ProcessEvents::Concerns(int watch, const std::string& name) const {
  if (name == "..data") return true;
  const auto others = files_.find(watch);
  if (others != files_.end() && others->second.contains(name)) return true;
  if (watch != watch_) return false;
  return file_.empty() ? name.ends_with(".yaml") : name == file_;
}

}  // namespace room_router::cli
