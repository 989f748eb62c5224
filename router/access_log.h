// SPDX-License-Identifier: Apache-2.0
// The access log: what one finished exchange or tunnel was, from the worker that served it to a
// file descriptor, without ever making a worker wait.
//
// Write() formats the record straight into the worker's own byte ring (single producer); Flush()
// at the end of an event batch wakes the writer thread if anything was written. AccessLogWriter
// owns that thread: it drains every ring into stdout, stderr or a file. A full ring drops the
// record and counts it. A sample is chosen by the request's id, so that all who share the id choose
// the same requests; answers of 500 and above are always in it. Secrets in the target (token, jwt,
// previd, pwd) never reach the ring; room names are shown as configured. Nothing here allocates
// after construction.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "router/access_log_format.h"

namespace room_router {

// Wakes the writer; a ring's Flush() is the only caller on the data plane.
struct AccessLogSignal {
  std::atomic<uint32_t> flushes{0};
  void Raise() {
    flushes.fetch_add(1, std::memory_order_release);
    flushes.notify_one();
  }
};

// Used by one worker's thread; the writer thread only consumes.
class AccessLogRing {
 public:
  static constexpr size_t kSize = 1 << 20;  // bytes

  AccessLogRing(const config::AccessLog& config, std::string_view backend, AccessLogSignal& signal);
  AccessLogRing(const AccessLogRing&) = delete;
  AccessLogRing& operator=(const AccessLogRing&) = delete;

  void Write(const AccessRecord& record);
  void Flush() {
    if (written_ == flushed_) return;
    flushed_ = written_;
    signal_.Raise();
  }
  uint64_t drops() const { return drops_; }  // records; the worker copies it into its stats

  // The writer's side: what can be read now (at most up to the ring's end), then how much was.
  std::string_view Readable() const;
  void Consume(size_t bytes);

 private:
  bool Sampled(const AccessRecord& record) const;

  const AccessLogFormat format_;
  AccessLogSignal& signal_;
  const std::unique_ptr<char[]> bytes_;  // kSize, and room for one record running over its end
  uint64_t written_ = 0, flushed_ = 0;   // positions, never wrapped
  uint64_t drops_ = 0;
  const uint64_t threshold_;  // of sample
  AccessClock clock_;
  alignas(64) std::atomic<uint64_t> head_{0};  // published by the worker
  alignas(64) std::atomic<uint64_t> tail_{0};  // published by the writer
};

class AccessLogWriter {
 public:
  struct Stats {
    uint64_t bytes = 0;
    uint64_t lost_bytes = 0;  // the output refused them (disk full, reader gone)
  };

  // `backend` is the name of the stick table. With format `off` there are no rings and no thread.
  AccessLogWriter(const config::AccessLog& config, std::string_view backend, size_t workers);
  ~AccessLogWriter();  // stops
  AccessLogWriter(const AccessLogWriter&) = delete;
  AccessLogWriter& operator=(const AccessLogWriter&) = delete;

  // Opens the output and starts the thread; on failure says which file and why, else empty.
  std::string Start();
  // Drains what the workers have flushed, waiting at most a second for a reader, and ends.
  void Stop();
  // Opens the file again by its name, after a log rotation. When it can't be opened, says why, and
  // the old one goes on. Any thread, after Start().
  std::string Reopen();

  AccessLogRing* ring(size_t worker);  // null when the log is off
  Stats stats() const;

 private:
  struct Output;
  std::string Problem() const;  // with errno
  void Run();

  const config::AccessLog config_;
  AccessLogSignal signal_;
  std::vector<std::unique_ptr<AccessLogRing>> rings_;
  std::unique_ptr<Output> output_;
};

}  // namespace room_router
