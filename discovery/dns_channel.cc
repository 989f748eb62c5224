// SPDX-License-Identifier: Apache-2.0
#include "discovery/dns_channel.h"

#include <ares.h>
#include <ares_nameser.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <span>
#include <utility>

#include "discovery/search_list.h"

namespace room_router {
namespace {

namespace asio = boost::asio;
using Wait = asio::posix::stream_descriptor;

constexpr int kUdpPayload = 1232;

int TypeNumber(RecordType type) {
  switch (type) {
    case RecordType::kA:
      return ns_t_a;
    case RecordType::kAaaa:
      return ns_t_aaaa;
    case RecordType::kSrv:
      return ns_t_srv;
  }
  return ns_t_invalid;
}

DnsReply MakeReply(int status, std::span<const uint8_t> message) {
  DnsReply reply;
  if (status == ARES_ENOTFOUND || status == ARES_ENODATA) {
    reply.outcome = LookupOutcome::kAbsent;
  } else if (status != ARES_SUCCESS) {
    reply.error = ares_strerror(status);
  } else if (auto answer = ParseDnsAnswer(message)) {
    reply.outcome = LookupOutcome::kFound;
    reply.answer = std::move(*answer);
  } else {
    reply.error = "the DNS server's answer is malformed";
  }
  return reply;
}

void Count(int status, int timeouts, LookupOutcome outcome, LookupCounts& counts) {
  counts.timeouts += static_cast<uint64_t>(std::max(timeouts, 0));
  if (outcome == LookupOutcome::kFound) {
    ++counts.found;
  } else if (outcome == LookupOutcome::kAbsent) {
    ++counts.absent;
  } else if (status == ARES_SUCCESS || status == ARES_EBADRESP) {
    ++counts.malformed;
  } else if (status == ARES_ECONNREFUSED || status == ARES_EREFUSED || status == ARES_ESERVFAIL) {
    ++counts.refused;
  } else if (status != ARES_ETIMEOUT) {
    ++counts.other;
  }
}

}  // namespace

class DnsChannel::Driver {
 public:
  Driver(asio::io_context& io, const Settings& settings);
  ~Driver();
  void Ask(std::string name, RecordType type, std::function<void(DnsReply)> done);

 private:
  struct Question {
    Driver* driver;
    std::deque<std::string> names;  // to ask for in turn until one is found
    RecordType type;
    std::function<void(DnsReply)> done;
    DnsReply refusal{};  // of a name asked for before
  };
  // A descriptor that belongs to c-ares while Asio watches it.
  struct Watch {
    explicit Watch(asio::io_context& io) : descriptor(io) {}
    Wait descriptor;
    bool want_read = false, want_write = false;
    bool reading = false, writing = false;  // a wait is pending
    bool released = false;
  };

  static void OnSocketState(void* self, ares_socket_t socket, int readable, int writable);
  static void OnAnswer(void* question, int status, int timeouts, unsigned char* data, int size);
  int Open(const Settings& settings);
  int UseServers(const std::vector<SocketAddress>& servers);
  void LearnSearchList();
  void StartQuestions();
  void Conclude(std::unique_ptr<Question> question, int status, DnsReply reply);
  void AskNext(std::unique_ptr<Question> question);
  void Finish(std::unique_ptr<Question> question, DnsReply reply);
  void SetWatch(ares_socket_t socket, bool readable, bool writable);
  void Arm(ares_socket_t socket, const std::shared_ptr<Watch>& watch);
  void Process(ares_socket_t readable, ares_socket_t writable);
  void ArmTimer();

  asio::io_context& io_;
  asio::steady_timer timer_;
  ares_channel channel_ = nullptr;
  int open_status_ = ARES_SUCCESS;
  std::map<ares_socket_t, std::shared_ptr<Watch>> watches_;
  std::deque<std::unique_ptr<Question>> waiting_;
  size_t asked_ = 0;                                        // questions c-ares has
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();  // tells late handlers
  SearchList search_;
  LookupCounts own_counts_;
  LookupCounts& counts_;
};

DnsChannel::Driver::Driver(asio::io_context& io, const Settings& settings)
    : io_(io), timer_(io), counts_(settings.counts != nullptr ? *settings.counts : own_counts_) {
  open_status_ = Open(settings);
}

DnsChannel::Driver::~Driver() {
  alive_.reset();
  if (channel_ != nullptr) ares_destroy(channel_);  // ends every question with ARES_EDESTRUCTION
}

int DnsChannel::Driver::Open(const Settings& settings) {
  ares_options options{};
  options.flags = ARES_FLAG_EDNS | ARES_FLAG_NOALIASES;
  options.ednspsz = kUdpPayload;
  options.timeout = static_cast<int>(settings.timeout.count());
  options.tries = settings.tries;
  options.sock_state_cb = &OnSocketState;
  options.sock_state_cb_data = this;
  int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
             ARES_OPT_SOCK_STATE_CB;
  const bool absolute = !settings.servers.empty();
  if (absolute) mask |= ARES_OPT_DOMAINS;
  const int status = ares_init_options(&channel_, &options, mask);
  if (status != ARES_SUCCESS) return status;
  if (absolute) return UseServers(settings.servers);
  LearnSearchList();
  return ARES_SUCCESS;
}

// Not left to ares_search: it gives up when a server refuses the name as it is, which a server that
// knows nothing but its own zones does.
void DnsChannel::Driver::LearnSearchList() {
  ares_options options{};
  int mask = 0;
  if (ares_save_options(channel_, &options, &mask) == ARES_SUCCESS) {
    search_.ndots = options.ndots;
    search_.domains.assign(options.domains, options.domains + options.ndomains);
  }
  ares_destroy_options(&options);
}

int DnsChannel::Driver::UseServers(const std::vector<SocketAddress>& servers) {
  std::vector<ares_addr_port_node> nodes(servers.size());
  for (size_t i = 0; i < servers.size(); ++i) {
    const SocketAddress& server = servers[i];
    ares_addr_port_node& node = nodes[i];
    node.next = i + 1 < servers.size() ? &nodes[i + 1] : nullptr;
    node.family = server.family();
    node.udp_port = node.tcp_port = server.port();
    if (server.family() == AF_INET) {
      node.addr.addr4 = reinterpret_cast<const sockaddr_in*>(server.data())->sin_addr;
    } else {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(server.data());
      std::copy_n(v6->sin6_addr.s6_addr, 16, reinterpret_cast<uint8_t*>(&node.addr.addr6));
    }
  }
  return ares_set_servers_ports(channel_, nodes.data());
}

void DnsChannel::Driver::Ask(std::string name, RecordType type,
                             std::function<void(DnsReply)> done) {
  const std::vector<std::string> names = CompleteName(name, search_);
  waiting_.push_back(std::make_unique<Question>(
      Question{.driver = this,
               .names = std::deque<std::string>(names.begin(), names.end()),
               .type = type,
               .done = std::move(done)}));
  asio::post(io_, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) StartQuestions();
  });
}

void DnsChannel::Driver::StartQuestions() {
  while (!waiting_.empty() && asked_ < kMaxAtOnce) {
    std::unique_ptr<Question> question = std::move(waiting_.front());
    waiting_.pop_front();
    ++asked_;
    if (open_status_ != ARES_SUCCESS) {
      ++counts_.not_asked;
      Finish(std::move(question), MakeReply(open_status_, {}));
      continue;
    }
    Question* const borrowed = question.release();  // OnAnswer takes it back
    const std::string name = std::move(borrowed->names.front());
    borrowed->names.pop_front();
    ++counts_.sent;
    ares_query(channel_, name.c_str(), ns_c_in, TypeNumber(borrowed->type), &OnAnswer, borrowed);
  }
  if (channel_ != nullptr) ArmTimer();
}

void DnsChannel::Driver::OnAnswer(void* data, int status, int timeouts, unsigned char* message,
                                  int size) {
  std::unique_ptr<Question> question(static_cast<Question*>(data));
  Driver& driver = *question->driver;
  if (status == ARES_EDESTRUCTION) return;
  DnsReply reply = MakeReply(status, std::span(message, static_cast<size_t>(std::max(size, 0))));
  Count(status, timeouts, reply.outcome, driver.counts_);
  driver.Conclude(std::move(question), status, std::move(reply));
}

// A refused name (ARES_ECONNREFUSED: every server said SERVFAIL or REFUSED, or is not there) may be
// none of the servers' business; one that timed out may yet exist, and hides those after it.
void DnsChannel::Driver::Conclude(std::unique_ptr<Question> question, int status, DnsReply reply) {
  const bool refused = status == ARES_ECONNREFUSED;
  const bool may_go_on = refused || reply.outcome == LookupOutcome::kAbsent;
  if (refused) question->refusal = reply;
  if (may_go_on && !question->names.empty()) return AskNext(std::move(question));
  const bool unsure = reply.outcome == LookupOutcome::kAbsent && !question->refusal.error.empty();
  if (unsure) reply = question->refusal;
  Finish(std::move(question), std::move(reply));
}

void DnsChannel::Driver::AskNext(std::unique_ptr<Question> question) {
  --asked_;
  waiting_.push_front(std::move(question));
  asio::post(io_, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) StartQuestions();
  });
}

// Always by way of the loop: c-ares must not be re-entered, and Ask must not call back.
void DnsChannel::Driver::Finish(std::unique_ptr<Question> question, DnsReply reply) {
  asio::post(io_, [this, alive = std::weak_ptr<bool>(alive_), done = std::move(question->done),
                   reply = std::move(reply)]() mutable {
    if (alive.expired()) return;
    --asked_;
    StartQuestions();
    done(std::move(reply));
  });
}

void DnsChannel::Driver::OnSocketState(void* self, ares_socket_t socket, int readable,
                                       int writable) {
  static_cast<Driver*>(self)->SetWatch(socket, readable != 0, writable != 0);
}

void DnsChannel::Driver::SetWatch(ares_socket_t socket, bool readable, bool writable) {
  const auto found = watches_.find(socket);
  if (!readable && !writable) {
    if (found == watches_.end()) return;
    found->second->released = true;
    found->second->descriptor.release();  // c-ares closes it
    watches_.erase(found);
    return;
  }
  std::shared_ptr<Watch>& watch = watches_[socket];
  if (!watch) {
    watch = std::make_shared<Watch>(io_);
    boost::system::error_code error;  // unwatched, its questions time out
    watch->descriptor.assign(socket, error);
  }
  watch->want_read = readable;
  watch->want_write = writable;
  Arm(socket, watch);
}

void DnsChannel::Driver::Arm(ares_socket_t socket, const std::shared_ptr<Watch>& watch) {
  if (watch->want_read && !watch->reading) {
    watch->reading = true;
    watch->descriptor.async_wait(Wait::wait_read, [this, socket, watch](const auto& error) {
      watch->reading = false;
      if (error || watch->released) return;
      Process(socket, ARES_SOCKET_BAD);
      if (!watch->released) Arm(socket, watch);
    });
  }
  if (watch->want_write && !watch->writing) {
    watch->writing = true;
    watch->descriptor.async_wait(Wait::wait_write, [this, socket, watch](const auto& error) {
      watch->writing = false;
      if (error || watch->released) return;
      Process(ARES_SOCKET_BAD, socket);
      if (!watch->released) Arm(socket, watch);
    });
  }
}

void DnsChannel::Driver::Process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel_, readable, writable);
  ArmTimer();
}

void DnsChannel::Driver::ArmTimer() {
  timeval wait{};
  if (ares_timeout(channel_, nullptr, &wait) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec));
  timer_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](const auto& error) {
    if (!error && !alive.expired()) Process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

DnsChannel::DnsChannel(asio::io_context& io, const Settings& settings)
    : driver_(std::make_unique<Driver>(io, settings)) {}

DnsChannel::~DnsChannel() = default;

void DnsChannel::Ask(std::string name, RecordType type, std::function<void(DnsReply)> done) {
  driver_->Ask(std::move(name), type, std::move(done));
}

}  // namespace room_router
