// SPDX-License-Identifier: Apache-2.0
#include "router/admin/metric_text.h"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <limits>
#include <sstream>

namespace room_router {
namespace {

std::string Written(Family family) {
  MetricFamilies families;
  families.push_back(family.Take());
  return ToText(families);
}

std::string Gauge(double value) {
  Family family("x", MetricType::Gauge, "X.");
  family.Add({}, value);
  return Written(std::move(family)).substr(std::string("# HELP room_router_x X.\n").size());
}

TEST(MetricText, WritesNumbersInFull) {
  const std::string type = "# TYPE room_router_x gauge\nroom_router_x ";
  EXPECT_EQ(Gauge(0), type + "0\n");
  EXPECT_EQ(Gauge(-3), type + "-3\n");
  EXPECT_EQ(Gauge(0.0015), type + "0.0015\n");
  EXPECT_EQ(Gauge(123'456'789'012), type + "123456789012\n");
  EXPECT_EQ(Gauge(1e300), type + "1e+300\n");
  EXPECT_EQ(Gauge(std::nan("")), type + "NaN\n");
  EXPECT_EQ(Gauge(std::numeric_limits<double>::infinity()), type + "+Inf\n");
  EXPECT_EQ(Gauge(-std::numeric_limits<double>::infinity()), type + "-Inf\n");
}

TEST(MetricText, EscapesLabelsAndHelp) {
  Family family("x", MetricType::Counter, "a\\b\nc \"d\"");
  family.Add(With({}, "peer", "a\"b\\c\nd"), 1);
  EXPECT_EQ(Written(std::move(family)),
            "# HELP room_router_x a\\\\b\\nc \"d\"\n# TYPE room_router_x counter\n"
            "room_router_x{peer=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(MetricText, WritesHistogramsCumulatively) {
  Family family("x", MetricType::Histogram, "X.");
  Histogram histogram;
  for (const uint64_t ms : {1, 3, 61'000}) histogram.Observe(ms);
  family.Add(With({}, "shard", "a"), histogram);
  const std::string text = Written(std::move(family));
  for (const char* line :
       {"_count{shard=\"a\"} 3", "_sum{shard=\"a\"} 61.004", "_bucket{shard=\"a\",le=\"0.001\"} 1",
        "_bucket{shard=\"a\",le=\"0.002\"} 1", "_bucket{shard=\"a\",le=\"0.005\"} 2",
        "_bucket{shard=\"a\",le=\"60\"} 2", "_bucket{shard=\"a\",le=\"+Inf\"} 3"}) {
    EXPECT_NE(text.find(std::string("\nroom_router_x") + line + "\n"), std::string::npos) << line;
  }
}

// Series and value of a line; comments are a series without a value.
std::pair<std::string, double> Read(const std::string& line) {
  if (line.starts_with('#')) return {line, 0};
  const size_t space = line.rfind(' ');
  return {line.substr(0, space), std::stod(line.substr(space + 1))};
}

TEST(MetricText, SaysWhatTheSerializerOfPrometheusCppSays) {
  MetricFamilies families;
  Family plain("plain_total", MetricType::Counter, "Plain.");
  Family spread("spread_seconds", MetricType::Histogram, "Spread.");
  for (const char* shard : {"shard-0", "a\"b\\"}) {
    plain.Add(With(With({}, "shard", shard), "class", "5xx"), 1.0 / 3);
    Histogram histogram;
    for (uint64_t ms = 1; ms < 100'000; ms *= 3) histogram.Observe(ms);
    spread.Add(With({}, "shard", shard), histogram);
  }
  Family empty("empty", MetricType::Gauge, "Nothing yet.");
  for (Family* family : {&plain, &spread, &empty}) families.push_back(family->Take());
  std::stringstream theirs;
  prometheus::TextSerializer().Serialize(theirs, families);
  std::istringstream ours(ToText(families));
  size_t lines = 0;
  for (std::string want, line; std::getline(theirs, want); ++lines) {
    ASSERT_TRUE(std::getline(ours, line)) << want;
    EXPECT_EQ(Read(line).first, Read(want).first);
    EXPECT_DOUBLE_EQ(Read(line).second, Read(want).second) << line;
  }
  EXPECT_EQ(lines, 40U);
  EXPECT_TRUE(ours.peek() == EOF);
}

}  // namespace
}  // namespace room_router
