// SPDX-License-Identifier: Apache-2.0
#include "router/admin/limit_commands.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "config/scalars.h"

namespace room_router::admin {
namespace {

class Lines {
 public:
  explicit Lines(const AdminView& view) : view_(view) {
    Add("# limit", "value", "used", "refused");
  }

  void Add(std::string_view name, std::string_view value, std::string_view used,
           std::string_view refused) {
    fmt::format_to(std::back_inserter(text_), "{:<24} {:<18} {:<10} {}\n", name, value, used,
                   refused);
  }
  void Add(std::string_view name, std::string_view value, std::string_view used, Refusal refusal) {
    Add(name, value, used, std::to_string(view_.stats.refusals[static_cast<size_t>(refusal)]));
  }
  void Add(std::string_view name, const config::Rate& rate, Refusal refusal) {
    Add(name, config::PerTime{}.Print(rate), "-", refusal);
  }
  std::string Take() { return std::move(text_); }

 private:
  const AdminView& view_;
  std::string text_;
};

std::string OrDash(uint64_t limit) { return limit == 0 ? "-" : std::to_string(limit); }

CliReply ShowLimits(const CliWords&, const CliContext& context) {
  const AdminView& view = *context.view;
  const config::Limits& limits = view.config->limits;
  const LimitFacts& facts = view.limits;
  Lines lines(view);
  lines.Add("connections", std::to_string(view.connection_limit), std::to_string(facts.connections),
            Refusal::kConnectionLimit);
  for (size_t i = 0; i < view.config->listeners.size(); ++i) {
    lines.Add(ListenerName(i), OrDash(view.config->listeners[i].connections),
              std::to_string(ListenerStatsOf(view.stats, i).connections),
              Refusal::kListenerConnections);
  }
  lines.Add("connections_per_ip", OrDash(limits.connections_per_ip), "-",
            Refusal::kAddressConnections);
  lines.Add("connection_rate", limits.connection_rate, Refusal::kConnectionRate);
  lines.Add("request_rate", limits.request_rate, Refusal::kRequestRate);
  lines.Add("conference_request_rate", limits.conference_request_rate,
            Refusal::kConferenceRequestRate);
  lines.Add("upgrade_rate", limits.upgrade_rate, Refusal::kUpgradeRate);
  lines.Add("pipelined_requests", std::to_string(limits.pipelined_requests), "-",
            Refusal::kPipelining);
  lines.Add("addresses", std::to_string(facts.address_capacity), std::to_string(facts.addresses),
            std::to_string(facts.uncounted));
  lines.Add("memory", OrDash(facts.memory_limit), std::to_string(view.process.resident_bytes),
            facts.memory_short ? "paused" : "-");
  return {.text = lines.Take()};
}

constexpr std::array<CliCommand, 1> kCommands = {{
    {.words = "show limits",
     .usage = "show limits",
     .help = "limits on clients, what of them is used and whom they turned away",
     .run = ShowLimits,
     .needs_view = true},
}};

}  // namespace

CliCommands LimitCommands() { return kCommands; }

}  // namespace room_router::admin
