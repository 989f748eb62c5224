// SPDX-License-Identifier: Apache-2.0
#include "router/cli/first_load.h"

#include <gtest/gtest.h>

#include <string>

namespace room_router::cli {
namespace {

// Readings one after the other: "+" is one without mistakes, "-" one with a mistake, "~" one with a
// certificate whose time is over. The last one repeats itself.
class Readings {
 public:
  explicit Readings(std::string readings) : left_(std::move(readings)) {}

  config::Loaded Next() {
    const char kind = left_.front();
    if (left_.size() > 1) left_.erase(0, 1);
    config::Loaded loaded;
    loaded.config.node.name = std::to_string(++count_);
    if (kind != '+') loaded.mistakes.push_back({.message = "wrong", .overdue = kind == '~'});
    events_ += kind;
    return loaded;
  }

  // Everything that happened, "w" for the watch.
  std::string Load() {
    const config::Loaded loaded =
        LoadAndWatch([this] { return Next(); }, [this](const config::Config&) { events_ += 'w'; });
    EXPECT_EQ(loaded.config.node.name, std::to_string(count_)) << "not the last one";
    return events_;
  }

 private:
  std::string left_, events_;
  int count_ = 0;
};

TEST(FirstLoad, TheReadingThatCountsComesAfterTheWatch) {
  EXPECT_EQ(Readings("+").Load(), "+w+");
  EXPECT_EQ(Readings("~").Load(), "~w~");
}

TEST(FirstLoad, WhatIsWrongTwiceIsAMistake) { EXPECT_EQ(Readings("-").Load(), "--"); }

TEST(FirstLoad, WhatIsReplacedMeanwhileIsReadAgain) {
  EXPECT_EQ(Readings("+-+").Load(), "+w-+w+");
  EXPECT_EQ(Readings("-+").Load(), "-+w+");
  EXPECT_EQ(Readings("+-").Load(), "+w--");
}

TEST(FirstLoad, WhatKeepsChangingIsTakenAsItIs) {
  EXPECT_EQ(Readings("+-+-+-+-").Load(), "+w-+w-+");
}

}  // namespace
}  // namespace room_router::cli
