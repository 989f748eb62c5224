// SPDX-License-Identifier: Apache-2.0
#include "router/cli/admin_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "config/descriptor.h"
#include "config/socket_address.h"

namespace room_router::cli {
namespace {

constexpr std::string_view kSeverityOn = "set severity-output number";
constexpr int kWarning = 4;  // syslog numbers: 3 is an error

std::string Because(int error) { return std::strerror(error); }

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

// At most one buffer; 0 at the end, -1 on error.
ssize_t ReadSome(int fd, std::string& out) {
  std::array<char, 16384> buffer;
  ssize_t n = -1;
  do n = read(fd, buffer.data(), buffer.size());
  while (n < 0 && errno == EINTR);
  if (n > 0) out.append(buffer.data(), static_cast<size_t>(n));
  return n;
}

std::optional<SocketAddress> ParseTcp(std::string socket) {
  constexpr std::string_view kLocalhost = "localhost:";
  if (socket.starts_with(kLocalhost)) socket.replace(0, kLocalhost.size(), "127.0.0.1:");
  return SocketAddress::Parse(socket);
}

// "[3]:text" → 3, and the mark removed.
std::optional<int> TakeSeverity(std::string_view& text) {
  if (text.size() < 4 || text[0] != '[' || text[2] != ']' || text[3] != ':') return std::nullopt;
  if (text[1] < '0' || text[1] > '7') return std::nullopt;
  const int severity = text[1] - '0';
  text.remove_prefix(4);
  return severity;
}

// Moves what can be read from `from` to `to`; false when either is done.
bool Relay(int from, int to) {
  std::string bytes;
  return ReadSome(from, bytes) > 0 && WriteAll(to, bytes);
}

}  // namespace

int AdminClient::Connect(std::string& error) const {
  sockaddr_un local{};
  const sockaddr* address = reinterpret_cast<const sockaddr*>(&local);
  socklen_t size = sizeof local;
  const auto tcp = ParseTcp(socket_);
  if (tcp) {
    address = tcp->data();
    size = tcp->size();
  } else if (socket_.size() < sizeof local.sun_path) {
    local.sun_family = AF_UNIX;
    socket_.copy(local.sun_path, socket_.size());
  } else {
    error = "path of the admin socket is too long: " + socket_;
    return -1;
  }
  const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, address, size) == 0) return fd;
  error = "can't reach the admin socket " + socket_ + ": " + Because(errno) +
          "; is the router running, and is this one of its admin: sockets: (option -s)?";
  if (fd >= 0) close(fd);
  return -1;
}

AdminAnswer AdminClient::Ask(std::string_view line) const {
  AdminAnswer answer{.text = {}, .failed = true};
  const config::Descriptor descriptor(Connect(answer.text));
  if (descriptor.number() < 0) return answer;
  std::string bytes(kSeverityOn);
  bytes.append("; ").append(line).append("\n");
  if (!WriteAll(descriptor.number(), bytes)) {
    answer.text = "the admin socket closed before taking the command: " + Because(errno);
    return answer;
  }
  std::string received;
  ssize_t n = 0;
  do n = ReadSome(descriptor.number(), received);
  while (n > 0);
  if (n < 0) {
    answer.text = "the admin socket broke off while answering: " + Because(errno);
    return answer;
  }
  // The first line answers `set severity-output`.
  if (received.size() < 2 && line != "quit") {
    answer.text = "the router ended the connection before it answered; is it stopping?";
    return answer;
  }
  return ReadAnswer(received);
}

bool AdminClient::Prompt(int input, int output, std::string& error) const {
  const config::Descriptor descriptor(Connect(error));
  if (descriptor.number() < 0 || !WriteAll(descriptor.number(), "prompt\n")) return false;
  std::array<pollfd, 2> ends{pollfd{.fd = descriptor.number(), .events = POLLIN, .revents = 0},
                             pollfd{.fd = input, .events = POLLIN, .revents = 0}};
  for (;;) {
    if (poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) return true;
    if (ends[0].revents != 0 && !Relay(ends[0].fd, output)) return true;
    if (ends[1].revents != 0 && !Relay(input, descriptor.number())) {
      shutdown(descriptor.number(), SHUT_WR);
      ends[1].fd = -1;
      ends[1].revents = 0;
    }
  }
}

std::string JoinWords(const std::vector<std::string>& words) {
  if (words.size() == 1) return words.front();
  constexpr std::string_view kSpecial = " \t;\\\"'#<";
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    for (const char c : word) {
      if (kSpecial.find(c) != std::string_view::npos) line += '\\';
      line += c;
    }
  }
  return line;
}

AdminAnswer ReadAnswer(std::string_view received) {
  if (received.starts_with('\n')) received.remove_prefix(1);  // of `set severity-output`
  AdminAnswer answer;
  bool starts = true;  // an answer begins here: at the front, and after each empty line
  while (!received.empty()) {
    const size_t end = received.find('\n');
    std::string_view line = received.substr(0, end);
    received.remove_prefix(end == std::string_view::npos ? received.size() : end + 1);
    if (starts) {
      const auto severity = TakeSeverity(line);
      if (severity && *severity < kWarning) answer.failed = true;
      if (severity == kWarning) answer.warned = true;
      if (line.starts_with("Unknown command")) answer.failed = true;
    }
    starts = line.empty();
    answer.text.append(line).append("\n");
  }
  while (answer.text.ends_with("\n\n")) answer.text.pop_back();
  if (answer.text == "\n") answer.text.clear();
  return answer;
}

}  // namespace room_router::cli
