// SPDX-License-Identifier: Apache-2.0
#include "discovery/probe.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "discovery/proxy_preface.h"

namespace room_router {
namespace {

namespace asio = boost::asio;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr size_t kMaxStatusLine = 1024;

}  // namespace

Probe::Probe(asio::io_context& io, std::shared_ptr<Resolver> resolver, CheckSubject subject)
    : resolver_(std::move(resolver)),
      subject_(std::move(subject)),
      connection_(io),
      deadline_(io),
      resolved_(io, Clock::time_point::max()) {}

void Probe::Close() {
  closed_ = true;
  connection_.Close();
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
    self->connection_.Close();
    self->resolved_.cancel();
  });
}

asio::awaitable<void> Probe::Run(std::shared_ptr<Probe> probe,
                                 std::shared_ptr<const CheckRules> rules,
                                 std::function<void(ProbeResult)> done) {
  ProbeResult result;
  result.endpoint = probe->subject_.endpoint;
  result.health = Health::kGood;
  probe->rules_ = rules;
  for (const config::HealthCheck& check : rules->health.checks) {
    const bool agent = check.type == config::HealthCheck::Type::kAgent;
    if (!agent && result.health == Health::kBad) continue;
    probe->StartDeadline(probe, rules->health.timeout);
    const TimePoint start = Clock::now();
    Verdict verdict{.health = Health::kGood, .status = {}, .why = {}};
    if (agent) {
      result.agent_status = co_await probe->Ask(check, result.agent);
    } else {
      verdict = co_await probe->Check(check);
    }
    ++probe->round_;
    probe->connection_.Close();
    if (probe->closed_) co_return;
    const auto ms =
        static_cast<int>(std::chrono::duration_cast<Duration>(Clock::now() - start).count());
    if (agent) result.agent_ms = ms;
    if (agent || verdict.health > result.health) continue;
    result.health = verdict.health;
    result.status = std::move(verdict.status);
    result.why = std::move(verdict.why);
    result.ms = ms;
  }
  probe->deadline_.cancel();
  done(std::move(result));
}

asio::awaitable<Probe::Verdict> Probe::Check(const config::HealthCheck& check) {
  CheckTarget target;
  Verdict verdict;
  verdict.status = co_await Connect(check, target);
  if (!verdict.status.empty()) co_return verdict;
  const bool http = check.type == config::HealthCheck::Type::kHttp;
  const bool with_tls = http ? target.https : target.own && rules_->with_tls;
  if (target.own && rules_->announced) {
    const std::string preface = LocalProxyPreface();
    co_await connection_.Write(preface);
  }
  if (with_tls) verdict.status = co_await Secure(target);
  if (!verdict.status.empty()) {
    verdict.why = connection_.problem();
  } else if (http) {
    verdict = co_await Talk(check, target);
  } else {
    verdict.health = Health::kGood;
    verdict.status = with_tls ? "L6OK" : "L4OK";
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
    connected = co_await connection_.Connect(target.address);
  }
  if (connected) co_return "";
  co_return timed_out_ ? "L4TOUT" : "L4CON";
}

asio::awaitable<std::string> Probe::Secure(const CheckTarget& target) {
  std::string name = target.host;
  if (target.own_host && rules_->tls) name = rules_->tls->NameOf(subject_.host);
  const bool secured = co_await connection_.ShakeHands(rules_->tls, name);
  if (secured) co_return "";
  co_return timed_out_ ? "L6TOUT" : "L6RSP";
}

asio::awaitable<std::string> Probe::Ask(const config::HealthCheck& agent, AgentReply& reply) {
  CheckTarget target;
  std::string problem = co_await Connect(agent, target);
  if (!problem.empty()) co_return problem;
  co_await connection_.Write(target.request);
  std::string heard(AgentReply::kLongest, ' ');
  size_t size = 0;
  while (size < heard.size()) {
    const std::span<char> room(heard.data() + size, heard.size() - size);
    const size_t count = co_await connection_.Read(room);
    size += count;
    auto said = ParseAgentReply(std::string_view(heard).substr(0, size));
    if (said) {
      reply = *std::move(said);
      co_return reply.down() ? "L7STS" : "L7OK";
    }
    if (count == 0) break;
  }
  co_return timed_out_ ? "L7TOUT" : "L7RSP";
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
  co_await connection_.Write(target.request);  // a refusal may precede its end
  std::string line(kMaxStatusLine, ' ');
  size_t size = 0, end = std::string::npos;
  while (size < line.size() && end == std::string::npos) {
    const std::span<char> room(line.data() + size, line.size() - size);
    const size_t count = co_await connection_.Read(room);
    if (count == 0) break;
    size += count;
    end = std::string_view(line).substr(0, size).find("\r\n");
  }
  const auto status =
      StatusOf(std::string_view(line).substr(0, end == std::string::npos ? 0 : end + 2));
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
