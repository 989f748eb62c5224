// SPDX-License-Identifier: Apache-2.0
// One HAProxy as somebody to be taught: what it has been told, what it has yet to hear.
//
// It reads the log of changes from where it last acknowledged, also after a reconnect. A whole
// lesson is due when it asks for one, at the first connection, when the log has forgotten what it
// had not heard, and when all before was in vain (Redo). Changes wait while a lesson runs and, like
// a lesson nobody asked for, until what we asked of it has come. Pure; `session` is borrowed from
// Begin to End. Ids of lessons have the highest bit, as HAProxy's for what it learned itself.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/clock.h"
#include "sticky/haproxy_peers_lesson.h"
#include "sticky/haproxy_peers_log.h"
#include "sticky/haproxy_peers_session.h"
#include "sticky/stick_table.h"

namespace room_router::haproxy {

struct PeerCounters {  // since start
  uint64_t learned = 0, corrected = 0;
  // Entries not learned: the server is no shard; there is none; no room's name; maybe cut.
  uint64_t unknown_servers = 0, without_server = 0, unreadable_names = 0, long_names = 0;
  uint64_t taught = 0;
  // Entries not taught: cut at display_bytes; too long for its table; a shard without endpoint.
  uint64_t cut_names = 0, too_long_names = 0, without_shard = 0;
  uint64_t lessons = 0, forgotten = 0;  // whole tables taught; lessons because the log was full
};

class Pupil {
 public:
  struct Wording {
    std::string room, server_key;
  };
  struct School {
    const StickTable& table;
    const TeachingLog& log;
    Duration expire;  // of our table
    // Empty = not to be told, and counted.
    std::function<std::optional<Wording>(RoomKey key, std::string_view display, ShardId shard,
                                         PeerCounters& counters)>
        word;
  };
  static constexpr Duration kPatience{10'000};   // with an answer to our request
  static constexpr Duration kLessonGap{1'000};   // between starts of lessons
  static constexpr size_t kMostKnown = 1 << 20;  // bindings it is known to have

  void Begin(PeerSession& session, TimePoint now);
  void End();
  bool connected() const { return session_ != nullptr; }
  PeerSession* session() { return session_; }

  void TableKnown();  // session's event
  void LessonRequested() { requested_ = true; }
  void LessonTaken() { behind_ = false; }
  void Acknowledge(uint32_t update);
  void Redo();
  // It told us this itself.
  void Know(RoomKey key, ShardId shard);

  // Teaches while the session has room.
  void Fill(const School& school, bool complete, TimePoint now);

  // What the log must keep for it: everything behind this. Nothing before a lesson that is due.
  std::optional<uint64_t> reads_from() const;
  uint64_t key_length() const { return key_length_; }
  std::optional<Duration> expire() const { return expire_; }

  PeerCounters counters;

 private:
  bool Waiting(TimePoint now) const;
  void StartLesson(const School& school, TimePoint now);
  void TeachLesson(const School& school, bool complete, TimePoint now);
  void TeachChange(const School& school, const LogEntry& entry, TimePoint now);
  bool Tell(const School& school, const Lesson::Item& item, uint32_t update,
            std::optional<Duration> left);
  Duration Left(const School& school, TimePoint expires, TimePoint now) const;

  PeerSession* session_ = nullptr;
  uint64_t key_length_ = kUsualKeyLength;
  std::optional<Duration> expire_;  // of its table
  bool behind_ = true, requested_ = false, answering_ = false, lesson_sent_ = false;
  uint64_t pushed_ = 0, acknowledged_ = 0;  // places in the log
  std::optional<Lesson> lesson_;
  uint32_t lesson_update_ = 0;
  TimePoint begun_, lesson_started_ = TimePoint::min();
  Fingerprints known_;
};

}  // namespace room_router::haproxy
