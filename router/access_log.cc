// SPDX-License-Identifier: Apache-2.0
#include "router/access_log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

namespace room_router {
namespace {

constexpr std::chrono::milliseconds kLastWait{1000};  // for a reader, while stopping
constexpr int kPollMs = 100;

// A record is logged when the hash of its id is below it.
uint64_t Threshold(double sample) {
  if (sample >= 1) return ~uint64_t{0};
  return sample <= 0 ? 0 : static_cast<uint64_t>(sample * 0x1p64);
}

}  // namespace

AccessLogRing::AccessLogRing(const config::AccessLog& config, std::string_view backend,
                             AccessLogSignal& signal)
    : format_(config.format, config.room_names, backend),
      signal_(signal),
      bytes_(std::make_unique<char[]>(kSize + AccessLogFormat::kMaxLine)),
      threshold_(Threshold(config.sample)) {}

bool AccessLogRing::Sampled(const AccessRecord& record) const {
  if (threshold_ == ~uint64_t{0} || record.status >= 500) return true;
  return XXH3_64bits(record.request_id.data(), record.request_id.size()) < threshold_;
}

void AccessLogRing::Write(const AccessRecord& record) {
  if (!Sampled(record)) return;
  const size_t bound = format_.Bound(record);
  assert(bound <= AccessLogFormat::kMaxLine);
  const uint64_t used = written_ - tail_.load(std::memory_order_acquire);
  if (kSize - used < bound) {
    ++drops_;
    return;
  }
  const size_t at = written_ % kSize;
  const char* end = format_.Write(record, clock_, &bytes_[at]);
  const auto size = static_cast<size_t>(end - &bytes_[at]);
  assert(size <= bound);
  if (at + size > kSize) std::memcpy(&bytes_[0], &bytes_[kSize], at + size - kSize);
  written_ += size;
  head_.store(written_, std::memory_order_release);
}

std::string_view AccessLogRing::Readable() const {
  const uint64_t tail = tail_.load(std::memory_order_relaxed);
  const uint64_t size = head_.load(std::memory_order_acquire) - tail;
  const size_t at = tail % kSize;
  return {&bytes_[at], std::min<size_t>(size, kSize - at)};
}

void AccessLogRing::Consume(size_t bytes) {
  tail_.store(tail_.load(std::memory_order_relaxed) + bytes, std::memory_order_release);
}

// The descriptor and the thread that writes to it.
struct AccessLogWriter::Output {
  explicit Output(const std::string& output_name) : name(output_name) {}
  ~Output() {
    Close();
    Offer(-1);
  }

  bool is_file() const { return name != "stdout" && name != "stderr"; }

  // A descriptor, -1 when there is none to be had.
  int Open() const {
    if (!is_file()) return name == "stdout" ? STDOUT_FILENO : STDERR_FILENO;
    return open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640);
  }

  // For the writer thread to go on with, instead of one that it has not taken yet.
  void Offer(int opened) {
    const int unused = offered.exchange(opened, std::memory_order_acq_rel);
    if (is_file() && unused >= 0) close(unused);
  }

  void Use(int opened) {
    Close();
    descriptor = opened;
    struct stat facts {};
    regular = fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
  }

  void Close() {
    if (is_file() && descriptor >= 0) close(descriptor);
    descriptor = -1;
  }

  // Waits until something can be written; false when there is no use in trying.
  bool Wait() {
    while (!regular) {
      pollfd wanted{.fd = descriptor, .events = POLLOUT, .revents = 0};
      const int ready = poll(&wanted, 1, kPollMs);
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return false;
      if (stopping.load(std::memory_order_acquire) &&
          int64_t{++polls_while_stopping} * kPollMs > kLastWait.count()) {
        return false;
      }
    }
    return true;
  }

  void Write(std::string_view bytes) {
    while (!bytes.empty()) {
      // A pipe that polls writable takes this much without blocking (PIPE_BUF).
      const size_t chunk = regular ? bytes.size() : std::min<size_t>(bytes.size(), 4096);
      const ssize_t n = Wait() ? write(descriptor, bytes.data(), chunk) : -1;
      if (n < 0 && (errno == EINTR || errno == EAGAIN) && polls_while_stopping == 0) continue;
      if (n < 0) {
        lost.fetch_add(bytes.size(), std::memory_order_relaxed);
        return;
      }
      written.fetch_add(static_cast<uint64_t>(n), std::memory_order_relaxed);
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }

  const std::string name;
  int descriptor = -1;
  bool regular = false;
  int polls_while_stopping = 0;
  std::atomic<bool> stopping{false};
  std::atomic<int> offered{-1};
  std::atomic<uint64_t> written{0}, lost{0};
  std::thread thread;
};

AccessLogWriter::AccessLogWriter(const config::AccessLog& config, std::string_view backend,
                                 size_t workers)
    : config_(config), output_(std::make_unique<Output>(config.output)) {
  if (config.format == config::AccessFormat::kOff) return;
  for (size_t i = 0; i < workers; ++i) {
    rings_.push_back(std::make_unique<AccessLogRing>(config, backend, signal_));
  }
}

AccessLogWriter::~AccessLogWriter() { Stop(); }

std::string AccessLogWriter::Start() {
  if (rings_.empty()) return {};
  const int opened = output_->Open();
  if (opened < 0) return Problem();
  output_->Use(opened);
  // Signals belong to the main thread; a reader that has gone is an error value here.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  output_->thread = std::thread([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return {};
}

void AccessLogWriter::Stop() {
  if (!output_->thread.joinable()) return;
  output_->stopping.store(true, std::memory_order_release);
  signal_.Raise();
  output_->thread.join();
  output_->Close();
}

std::string AccessLogWriter::Reopen() {
  if (rings_.empty() || !output_->is_file()) return {};
  const int opened = output_->Open();
  if (opened < 0) return Problem();
  output_->Offer(opened);
  signal_.Raise();
  return {};
}

std::string AccessLogWriter::Problem() const {
  return "can't open the access log " + config_.output + ": " + std::strerror(errno) +
         "; logging.access.output names a file this user can write, stdout or stderr";
}

AccessLogRing* AccessLogWriter::ring(size_t worker) {
  return worker < rings_.size() ? rings_[worker].get() : nullptr;
}

AccessLogWriter::Stats AccessLogWriter::stats() const {
  return {.bytes = output_->written.load(std::memory_order_relaxed),
          .lost_bytes = output_->lost.load(std::memory_order_relaxed)};
}

void AccessLogWriter::Run() {
  for (;;) {
    const uint32_t seen = signal_.flushes.load(std::memory_order_acquire);
    const bool stopping = output_->stopping.load(std::memory_order_acquire);
    const int offered = output_->offered.exchange(-1, std::memory_order_acq_rel);
    if (offered >= 0) output_->Use(offered);
    for (const auto& ring : rings_) {
      for (std::string_view bytes = ring->Readable(); !bytes.empty(); bytes = ring->Readable()) {
        output_->Write(bytes);
        ring->Consume(bytes.size());
      }
    }
    if (stopping) return;
    signal_.flushes.wait(seen, std::memory_order_acquire);
  }
}

}  // namespace room_router
