// SPDX-License-Identifier: Apache-2.0
#include "discovery/probe.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string_view>
#include <utility>

namespace room_router {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr size_t kMaxStatusLine = 1024;

tcp::endpoint ToAsio(const SocketAddress& address) {
  tcp::endpoint endpoint;
  const auto* bytes = reinterpret_cast<const char*>(address.data());
  std::copy_n(bytes, address.size(), reinterpret_cast<char*>(endpoint.data()));
  endpoint.resize(address.size());
  return endpoint;
}

}  // namespace

Probe::Probe(asio::io_context& io, std::shared_ptr<Resolver> resolver, CheckSubject subject)
    : resolver_(std::move(resolver)),
      subject_(std::move(subject)),
      socket_(io),
      deadline_(io),
      resolved_(io, Clock::time_point::max()) {}

void Probe::Close() {
  closed_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  deadline_.cancel();
  resolved_.cancel();
}

void Probe::StartDeadline(const std::shared_ptr<Probe>& self, Duration timeout) {
  timed_out_ = false;
  ++round_;
  deadline_.expires_after(timeout);
  deadline_.async_wait([self, round = round_](const auto& error) {
    if (error || self->round_ != round) return;
    self->timed_out_ = true;
    boost::system::error_code ignored;
    self->socket_.close(ignored);
    self->resolved_.cancel();
  });
}

asio::awaitable<void> Probe::Run(std::shared_ptr<Probe> probe,
                                 std::shared_ptr<const config::Health> health,
                                 std::function<void(ProbeResult)> done) {
  ProbeResult result;
  result.endpoint = probe->subject_.endpoint;
  result.health = Health::kGood;
  for (const config::HealthCheck& check : health->checks) {
    const bool agent = check.type == config::HealthCheck::Type::kAgent;
    if (!agent && result.health == Health::kBad) continue;
    probe->StartDeadline(probe, health->timeout);
    const TimePoint start = Clock::now();
    Verdict verdict{.health = Health::kGood, .status = {}};
    if (agent) {
      co_await probe->Ask(check, result.agent);
    } else {
      verdict = co_await probe->Check(check);
    }
    ++probe->round_;
    boost::system::error_code ignored;
    probe->socket_.close(ignored);
    if (probe->closed_) co_return;
    if (agent || verdict.health > result.health) continue;
    result.health = verdict.health;
    result.status = std::move(verdict.status);
    result.ms =
        static_cast<int>(std::chrono::duration_cast<Duration>(Clock::now() - start).count());
  }
  probe->deadline_.cancel();
  done(std::move(result));
}

asio::awaitable<Probe::Verdict> Probe::Check(const config::HealthCheck& check) {
  CheckTarget target;
  Verdict verdict;
  verdict.status = co_await Connect(check, target);
  if (!verdict.status.empty()) co_return verdict;
  if (check.type == config::HealthCheck::Type::kHttp) {
    verdict = co_await Talk(check, target);
  } else {
    verdict.health = Health::kGood;
    verdict.status = "L4OK";
  }
  co_return verdict;
}

asio::awaitable<std::string> Probe::Connect(const config::HealthCheck& check, CheckTarget& target) {
  std::optional<CheckTarget> filled = FillIn(check, subject_);
  if (!filled) co_return "SOCKERR";  // as HAProxy calls a check it cannot even start
  target = std::move(*filled);
  if (target.address.empty()) co_await Resolve(target);
  bool connected = false;
  if (!closed_ && !timed_out_ && !target.address.empty()) {
    const tcp::endpoint endpoint = ToAsio(target.address);
    const auto [error] = co_await socket_.async_connect(endpoint, kAwait);
    connected = !error;
  }
  if (connected) co_return "";
  co_return timed_out_ ? "L4TOUT" : "L4CON";
}

asio::awaitable<void> Probe::Ask(const config::HealthCheck& agent, AgentReply& reply) {
  CheckTarget target;
  const std::string problem = co_await Connect(agent, target);
  if (!problem.empty()) co_return;
  const auto question = asio::buffer(target.request);
  co_await asio::async_write(socket_, question, kAwait);
  std::string heard(AgentReply::kLongest, ' ');
  size_t size = 0;
  while (size < heard.size()) {
    const auto room = asio::buffer(heard.data() + size, heard.size() - size);
    const auto [error, count] = co_await socket_.async_read_some(room, kAwait);
    size += count;
    auto said = ParseAgentReply(std::string_view(heard).substr(0, size));
    if (said) reply = *std::move(said);
    if (said || error) co_return;
  }
}

// Parks on a timer that never expires until the resolver's answer cancels it.
asio::awaitable<void> Probe::Resolve(CheckTarget& target) {
  auto answer = std::make_shared<HostAnswer>();
  auto answered = std::make_shared<bool>(false);
  std::weak_ptr<bool> waiting = answered;
  resolver_->FindHost(target.host, [this, answer, waiting](HostAnswer found) {
    if (waiting.expired()) return;  // and this probe with it
    *answer = std::move(found);
    resolved_.cancel();
  });
  co_await resolved_.async_wait(kAwait);
  if (!answer->addresses.empty()) target.address = answer->addresses.front().WithPort(target.port);
}

asio::awaitable<Probe::Verdict> Probe::Talk(const config::HealthCheck& check,
                                            const CheckTarget& target) {
  Verdict verdict;
  const auto request = asio::buffer(target.request);
  co_await asio::async_write(socket_, request, kAwait);  // a refusal may precede its end
  std::string line;
  auto buffer = asio::dynamic_buffer(line, kMaxStatusLine);
  const auto [error, size] = co_await asio::async_read_until(socket_, buffer, "\r\n", kAwait);
  const auto status = StatusOf(std::string_view(line).substr(0, error ? 0 : size));
  if (timed_out_) {
    verdict.status = "L7TOUT";
  } else if (!status) {
    verdict.status = "L7RSP";
  } else {
    verdict.health = Judge(check, *status);
    verdict.status =
        (verdict.health == Health::kGood ? "L7OK/" : "L7STS/") + std::to_string(*status);
  }
  co_return verdict;
}

}  // namespace room_router
