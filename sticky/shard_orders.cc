// SPDX-License-Identifier: Apache-2.0
#include "sticky/shard_orders.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace room_router {
namespace {

constexpr std::string_view kInitial = "initial/";
constexpr int64_t kMaxWeight = 256, kMaxPercent = 25'600;  // as HAProxy

std::string StateCell(std::string_view shard) { return "shard/" + std::string(shard) + "/state"; }
std::string WeightCell(std::string_view shard) { return "shard/" + std::string(shard) + "/weight"; }
std::string InitialCell(std::string_view shard) {
  return std::string(kInitial) + std::string(shard);
}

}  // namespace

std::optional<AdminState> ReadAdminState(std::string_view word) {
  for (const auto state : {AdminState::kReady, AdminState::kDrain, AdminState::kMaint}) {
    if (word == ToString(state)) return state;
  }
  return std::nullopt;
}

std::variant<WeightOrder, std::string> ReadWeight(std::string_view text) {
  if (text.empty()) return "Require <weight> or <weight%>.\n";
  int64_t amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (error == std::errc::invalid_argument) {
    return "Empty weight string empty or preceded by garbage\n";
  }
  if (error != std::errc()) amount = text.starts_with('-') ? -1 : kMaxPercent + 1;
  const std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
  if (rest == "%") {
    if (amount < 0) return "Relative weight must be positive.\n";
    return WeightOrder{.amount = static_cast<double>(std::min(amount, kMaxPercent)),
                       .percent = true};
  }
  if (amount < 0 || amount > kMaxWeight) {
    return "Absolute weight can only be between 0 and 256 inclusive.\n";
  }
  if (!rest.empty()) return "Trailing garbage in weight string\n";
  return WeightOrder{.amount = static_cast<double>(amount), .percent = false};
}

std::string ToString(const WeightOrder& weight) {
  return std::to_string(static_cast<int64_t>(weight.amount)) + (weight.percent ? "%" : "");
}

bool ShardOrders::Give(std::string_view shard, const Instruction& instruction, TimePoint now) {
  if (const auto* state = std::get_if<AdminState>(&instruction)) {
    return cells_.Affirm(StateCell(shard), ToString(*state), now);
  }
  return cells_.Affirm(WeightCell(shard), ToString(std::get<WeightOrder>(instruction)), now);
}

ShardOrder ShardOrders::Of(std::string_view shard, bool initial_drain) const {
  ShardOrder order = initial_drain ? Initial(shard) : ShardOrder{};
  const AdminCell* cell = cells_.Cell(StateCell(shard));
  if (const auto state = cell ? ReadAdminState(cell->value) : std::nullopt) {
    order = {.state = *state, .given = true, .since = cells_.SetAt(*cell)};
  }
  const auto weight = ReadWeight(cells_.Find(WeightCell(shard)).value_or(""));
  if (const auto* ordered = std::get_if<WeightOrder>(&weight)) order.weight = *ordered;
  return order;
}

ShardOrder ShardOrders::Initial(std::string_view shard) const {
  const AdminCell* cell = cells_.Cell(InitialCell(shard));
  if (cell == nullptr) return {.state = AdminState::kDrain};
  return {.state = ReadAdminState(cell->value).value_or(AdminState::kDrain),
          .since = cells_.SetAt(*cell)};
}

void ShardOrders::Meet(const ShardSet& shards, TimePoint now) {
  std::vector<std::string> strangers;
  for (const Shard& shard : shards.shards) {
    std::string name = InitialCell(shard.name);
    if (!cells_.Find(name)) strangers.push_back(std::move(name));
  }
  if (strangers.empty()) return;
  bool first = true;
  cells_.ForEach(kInitial, [&first](const AdminCell&) { first = false; });
  const AdminState state = first ? AdminState::kReady : AdminState::kDrain;
  for (const std::string& name : strangers) cells_.Set(name, ToString(state), now);
}

}  // namespace room_router
