// SPDX-License-Identifier: Apache-2.0
#include "sticky/entry_calendar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace room_router {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

class EntryCalendarTest : public testing::Test {
 protected:
  Entry& Add(TimePoint expires) {
    Entry& entry = store_.Insert(KeyNamespace::kRoom, {.high = 0, .low = ++keys_});
    entry.expires = expires;
    calendar_.Add(entry);
    return entry;
  }
  void Drop(Entry& entry) {
    calendar_.Remove(entry);
    store_.Remove(entry);
  }
  std::vector<TimePoint> TakeAll() {
    std::vector<TimePoint> times;
    while (Entry* entry = calendar_.First()) {
      times.push_back(entry->expires);
      Drop(*entry);
    }
    return times;
  }

  uint64_t keys_ = 0;
  EntryStore store_{1};
  EntryCalendar calendar_{store_, &Entry::expires, 60s};
};

TEST_F(EntryCalendarTest, KeepsTheOrderOfTimes) {
  const std::vector<Duration> leases{30s, 10s, 60s, 10'001ms, 0s, 59s, 10s, 119s};
  std::vector<TimePoint> expected;
  for (const Duration lease : leases) {
    Add(kStart + lease);
    expected.push_back(kStart + lease);
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(TakeAll(), expected);
  EXPECT_EQ(calendar_.First(), nullptr);
  EXPECT_EQ(calendar_.bound(), EntryCalendar::kNothing);
}

TEST_F(EntryCalendarTest, WhatHasGrownIsLater) {
  Entry& first = Add(kStart + 1s);
  Entry& second = Add(kStart + 1100ms);
  EXPECT_EQ(calendar_.First(), &first);
  first.expires = kStart + 1200ms;
  calendar_.Grown(first);
  EXPECT_EQ(calendar_.First(), &second) << "within the open slice";
  second.expires = kStart + 50s;
  calendar_.Grown(second);
  EXPECT_EQ(calendar_.First(), &first);
  first.expires = kStart + 55s;
  calendar_.Grown(first);
  EXPECT_EQ(calendar_.First(), &second);
}

TEST_F(EntryCalendarTest, EarlierOnesMayComeLater) {
  Add(kStart + 60s);
  EXPECT_NE(calendar_.First(), nullptr);
  Add(kStart + 5s);
  EXPECT_EQ(calendar_.bound(), kStart + 5s);
  Add(kStart - 1h);
  EXPECT_EQ(TakeAll(), (std::vector<TimePoint>{kStart - 1h, kStart + 5s, kStart + 60s}));
}

TEST_F(EntryCalendarTest, GapsLongerThanTheRing) {
  Add(kStart);
  Add(kStart + 24h);
  Add(kStart + 1h);
  EXPECT_EQ(TakeAll(), (std::vector<TimePoint>{kStart, kStart + 1h, kStart + 24h}));
}

TEST_F(EntryCalendarTest, WhatIsTooEarlyForTheRingStaysFirst) {
  constexpr Duration kSlice = 60'000ms / 256;
  std::vector<TimePoint> expected;
  for (const int slice : {10, 515, 3, 5}) {  // the ring has 512
    expected.push_back(Add(kStart + slice * kSlice).expires);
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(TakeAll(), expected);
}

// Against a multimap, over random operations.
TEST(EntryCalendarModel, IsAnOrderedMap) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  EntryStore store(1);
  EntryCalendar calendar(store, &Entry::expires, 60s);
  std::multimap<TimePoint, Entry*> model;
  std::vector<std::multimap<TimePoint, Entry*>::iterator> all;
  TimePoint now = kStart;
  uint64_t keys = 0;
  const auto soon = [&] {
    const auto at = now + std::chrono::milliseconds(random() % (random() % 2 ? 60'000 : 3'000));
    return random() % 500 == 0 ? at + 1h : at;
  };
  const auto drop = [&](size_t index) {
    Entry& entry = *all[index]->second;
    model.erase(all[index]);
    all[index] = all.back();
    all.pop_back();
    calendar.Remove(entry);
    store.Remove(entry);
  };
  for (int i = 0; i < 100'000; ++i) {
    now += std::chrono::milliseconds(random() % (i % 9000 == 0 ? 10'000'000 : 20));
    const auto what = random() % 10;
    const size_t index = all.empty() ? 0 : random() % all.size();
    if (all.empty() || (what < 3 && all.size() < 2000)) {
      Entry& entry = store.Insert(KeyNamespace::kRoom, {.high = 0, .low = ++keys});
      entry.expires = soon();
      calendar.Add(entry);
      all.push_back(model.emplace(entry.expires, &entry));
    } else if (what < 5) {
      drop(index);
    } else if (what < 9) {
      Entry& entry = *all[index]->second;
      model.erase(all[index]);
      entry.expires = std::max(entry.expires, soon());
      calendar.Grown(entry);
      all[index] = model.emplace(entry.expires, &entry);
    }
    if (random() % 3 == 0) {
      Entry* first = calendar.First();
      ASSERT_EQ(first == nullptr, model.empty());
      if (first != nullptr) {
        ASSERT_EQ(first->expires, model.begin()->first);
      }
    }
    if (!model.empty()) {
      ASSERT_LE(calendar.bound(), model.begin()->first);
    }
  }
}

}  // namespace
}  // namespace room_router
