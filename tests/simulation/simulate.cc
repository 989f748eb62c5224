// SPDX-License-Identifier: Apache-2.0
// Prints how gossip fares with 3, 16, 100 and 500 replicas: a table, and how one new room spreads.
//
//   simulate [--replicas N,N…] [--full-sync ROOMS] [--seed N] [--csv FILE] [--spread FILE]
//
// The CSV files have the table and, for plot.py, the spread. 500 replicas take minutes.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/simulation/measurement.h"

namespace room_router::simulation {
namespace {

struct Options {
  std::vector<size_t> replicas{3, 16, 100, 500};
  uint32_t full_sync = 200'000;
  uint64_t seed = 1;
  std::string csv, spread;
};

struct Column {
  size_t replicas = 0;
  std::vector<Figure> figures;
  std::vector<double> spread;
};

std::vector<size_t> Sizes(const std::string& text) {
  std::vector<size_t> sizes;
  std::istringstream in(text);
  for (std::string size; std::getline(in, size, ',');) {
    sizes.push_back(std::max<size_t>(2, std::strtoull(size.c_str(), nullptr, 10)));
  }
  return sizes;
}

std::string Text(const Figure& figure) {
  if (figure.value < 0) return "never";
  const int digits = figure.value >= 100 || figure.value == std::round(figure.value) ? 0
                     : figure.value >= 10                                            ? 1
                                                                                     : 2;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, figure.value);
  return text;
}

std::string Title(const Figure& figure) {
  return figure.what + (figure.unit.empty() ? "" : ", " + figure.unit);
}

void PrintTable(const std::vector<Column>& columns) {
  std::printf("%-62s", "replicas");
  for (const Column& column : columns) std::printf("%10zu", column.replicas);
  std::printf("\n");
  for (size_t row = 0; row < columns.front().figures.size(); ++row) {
    std::printf("%-62s", Title(columns.front().figures[row]).c_str());
    for (const Column& column : columns) std::printf("%10s", Text(column.figures[row]).c_str());
    std::printf("\n");
  }
}

// Shares of the replicas that know it by then.
void PrintSpread(const std::vector<Column>& columns) {
  constexpr double kTimes[] = {0.2, 0.3, 0.4, 0.5, 0.7, 1, 2, 5, 10, 100, 1000, 5000};
  std::printf("\na new room is known, after ms …, to %% of the replicas\n%8s", "replicas");
  for (const double ms : kTimes) std::printf("%7g", ms);
  for (const Column& column : columns) {
    std::printf("\n%8zu", column.replicas);
    for (const double ms : kTimes) {
      const auto known =
          std::upper_bound(column.spread.begin(), column.spread.end(), ms) - column.spread.begin();
      std::printf("%7.1f",
                  100.0 * static_cast<double>(known) / static_cast<double>(column.replicas));
    }
  }
  std::printf("\n");
}

void WriteTable(const std::string& path, const std::vector<Column>& columns) {
  std::ofstream out(path);
  out << "figure,unit";
  for (const Column& column : columns) out << ',' << column.replicas;
  for (size_t row = 0; row < columns.front().figures.size(); ++row) {
    const Figure& figure = columns.front().figures[row];
    out << "\n\"" << figure.what << "\"," << figure.unit;
    for (const Column& column : columns) out << ',' << column.figures[row].value;
  }
  out << '\n';
}

void WriteSpread(const std::string& path, const std::vector<Column>& columns) {
  std::ofstream out(path);
  out << "replicas,ms,share\n";
  for (const Column& column : columns) {
    for (size_t i = 0; i < column.spread.size(); ++i) {
      out << column.replicas << ',' << column.spread[i] << ','
          << static_cast<double>(i + 1) / static_cast<double>(column.replicas) << '\n';
    }
  }
}

void Run(const Options& options) {
  std::vector<Column> columns;
  for (const size_t replicas : options.replicas) {
    std::fprintf(stderr, "%zu replicas …\n", replicas);
    Measurement measurement(replicas, options.seed);
    std::vector<Figure> figures = measurement.Run();
    columns.push_back(
        {.replicas = replicas, .figures = std::move(figures), .spread = measurement.spread()});
  }
  if (!columns.empty()) {
    PrintTable(columns);
    PrintSpread(columns);
    if (!options.csv.empty()) WriteTable(options.csv, columns);
    if (!options.spread.empty()) WriteSpread(options.spread, columns);
  }
  if (options.full_sync == 0) return;
  std::printf("\n");
  for (const Figure& figure : Measurement::FullSync(options.full_sync, options.seed)) {
    std::printf("%-62s%10s\n", Title(figure).c_str(), Text(figure).c_str());
  }
}

}  // namespace
}  // namespace room_router::simulation

int main(int argc, char** argv) {
  room_router::simulation::Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    if (option == "--replicas") {
      options.replicas = room_router::simulation::Sizes(value);
    } else if (option == "--full-sync") {
      options.full_sync = static_cast<uint32_t>(std::strtoul(value.c_str(), nullptr, 10));
    } else if (option == "--seed") {
      options.seed = std::strtoull(value.c_str(), nullptr, 10);
    } else if (option == "--csv") {
      options.csv = value;
    } else if (option == "--spread") {
      options.spread = value;
    } else {
      std::fprintf(stderr,
                   "usage: simulate [--replicas N,N…] [--full-sync ROOMS] [--seed N]\n"
                   "                [--csv FILE] [--spread FILE]\n");
      return 2;
    }
  }
  room_router::simulation::Run(options);
}
