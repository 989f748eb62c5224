// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/options.h"

#include <cstdlib>
#include <sstream>

namespace room_router::bench {
namespace {

bool ParseNumber(const std::string& text, double* number) {
  char* end = nullptr;
  *number = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && *number >= -1;
}

std::string ParsePorts(const std::string& text, std::vector<uint16_t>* ports) {
  ports->clear();
  std::istringstream list(text);
  for (std::string item; std::getline(list, item, ',');) {
    double port = 0;
    if (!ParseNumber(item, &port) || port < 1 || port > 65535) return "-l: no port: " + item;
    ports->push_back(static_cast<uint16_t>(port));
  }
  return ports->empty() ? "-l: no ports" : "";
}

std::string SetNumber(char letter, double number, Options* options) {
  switch (letter) {
    case 'p':
      options->plan.port = static_cast<uint16_t>(number);
      return "";
    case 'c':
      options->plan.connections = static_cast<size_t>(number);
      return "";
    case 'r':
      options->plan.rate = number;
      return "";
    case 'P':
      options->pid = static_cast<pid_t>(number);
      return "";
    case 'w':
      options->warm_s = number;
      return "";
    case 'd':
      options->seconds = number;
      return "";
    case 'n':
      options->count = static_cast<uint64_t>(number);
      return "";
    case 'k':
      options->core = static_cast<int>(number);
      return "";
    default:
      return std::string("unknown option -") + letter;
  }
}

std::string SetValue(char letter, const std::string& value, Options* options) {
  if (letter == 'l') return ParsePorts(value, &options->listen);
  if (letter == 'm') {
    return ParseMode(value, &options->plan.mode) ? "" : "-m: unknown mode " + value;
  }
  if (letter == 't') {
    options->plan.tls = true;
    options->plan.resumes = value == "resumed";
    return value == "full" || value == "resumed" ? "" : "-t: neither full nor resumed: " + value;
  }
  double number = 0;
  if (!ParseNumber(value, &number)) return std::string("-") + letter + ": no number: " + value;
  return SetNumber(letter, number, options);
}

}  // namespace

const std::string_view kUsage =
    "bench_load -p PORT [-l PORTS] [-m http|big|post|echo|down|up|idle] [-c CONNECTIONS]\n"
    "           [-r RATE] [-P PROXY_PID] [-k PROXY_CORE] [-w WARM_S] [-d SECONDS | -n COUNT] [-s]\n"
    "           [-t full|resumed] [-o]\n"
    "  one run against the proxy on PORT, with the backend on PORTS; prints one line of JSON\n"
    "  -t: with TLS 1.3, resuming sessions or not; -o: a new connection for every request\n"
    "bench_load -l PORTS\n"
    "  keeps the backend up and makes a run for every line of such options on standard input\n";

std::string ParseOptions(const std::vector<std::string>& words, Options* options) {
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() != 2 || word[0] != '-') return "not an option: " + word;
    if (word[1] == 's') {
      options->sleeps = true;
    } else if (word[1] == 'S') {
      options->stepwise = true;
    } else if (word[1] == 'o') {
      options->plan.once = true;
    } else if (i + 1 == words.size()) {
      return word + " needs a value";
    } else {
      std::string wrong = SetValue(word[1], words[++i], options);
      if (!wrong.empty()) return wrong;
    }
  }
  return "";
}

}  // namespace room_router::bench
