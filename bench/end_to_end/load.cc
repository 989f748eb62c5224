// SPDX-License-Identifier: Apache-2.0
// bench_load: load generator and backend of the end-to-end benchmark in one spinning thread, so
// that the proxy between the two is never woken from or put to sleep by a slow partner.
#include <sys/resource.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "bench/end_to_end/backend.h"
#include "bench/end_to_end/control_input.h"
#include "bench/end_to_end/measurement.h"
#include "bench/end_to_end/options.h"
#include "bench/end_to_end/poller.h"
#include "bench/end_to_end/report.h"

namespace {

using namespace room_router::bench;

void RaiseDescriptorLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void RunAndPrint(Measurement& measurement, const Options& options) {
  Measured measured = measurement.Run(options);
  std::cout << ToJson(options, measured) << std::endl;
}

void Serve(Measurement& measurement, ControlInput& control, const Options& defaults) {
  while (std::optional<std::string> line = control.WaitForLine()) {
    std::istringstream input(*line);
    std::vector<std::string> words;
    for (std::string word; input >> word;) words.push_back(word);
    Options options = defaults;
    std::string wrong = ParseOptions(words, &options);
    if (wrong.empty() && options.plan.port == 0) wrong = "-p PORT is missing";
    if (wrong.empty()) {
      RunAndPrint(measurement, options);
    } else {
      std::cout << R"({"error": ")" << wrong << "\"}" << std::endl;
    }
  }
}

int Fail(const std::string& message) {
  std::cerr << "bench_load: " << message << "\n" << kUsage;
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string wrong = ParseOptions({argv + 1, argv + argc}, &options);
  if (!wrong.empty()) return Fail(wrong);
  RaiseDescriptorLimit();
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  auto poller = std::make_unique<Poller>();
  Backend backend(*poller);
  for (uint16_t port : options.listen) {
    if (!backend.Listen(port)) return Fail("cannot listen on port " + std::to_string(port));
  }
  ControlInput control(*poller);
  Measurement measurement(*poller, backend, control);
  if (options.plan.port != 0) {
    RunAndPrint(measurement, options);
  } else {
    Serve(measurement, control, options);
  }
  return 0;
}
