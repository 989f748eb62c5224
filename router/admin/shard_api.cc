// SPDX-License-Identifier: Apache-2.0
#include "router/admin/shard_api.h"

#include <nlohmann/json.hpp>
#include <variant>

#include "config/scalars.h"
#include "router/admin/api_json.h"
#include "router/admin/api_text.h"
#include "router/admin/drain_json.h"

namespace room_router::admin {
namespace {

constexpr auto kOk = 200U, kAccepted = 202U, kBad = 400U, kMissing = 404U, kConflict = 409U,
               kBusy = 503U;

std::string Named(const ApiCall& call) { return DecodePath(call.parts.at(0)); }

AdminPage NoShard(const std::string& name) {
  return ErrorPage(kMissing, "no shard is named '" + name + "'; GET /api/v1/shards lists them");
}

// What is wrong with the order; nullopt: it has been given.
std::optional<AdminPage> Give(const ApiCall& call, const Instruction& instruction) {
  const std::string shard = Named(call);
  const ShardSetPtr shards = call.sources.shards();
  if (shards->FindByName(shard) == nullptr) return NoShard(shard);
  if (call.sources.order && call.sources.order(shard, instruction)) return std::nullopt;
  return ErrorPage(kConflict, "too many orders are kept already");
}

ChangeAnswer OrderState(const ApiCall& call, AdminState state) {
  if (auto problem = Give(call, state)) return {.page = *std::move(problem)};
  return {.page = JsonPage(kOk, Dump({{"shard", Named(call)}, {"admin", ToString(state)}}))};
}

std::string WrittenWeight(const ApiCall& call) {
  if (const auto value = FindParameter(call.query, "value"); value && !value->empty()) {
    return *value;
  }
  const Json json = Json::parse(call.body, nullptr, false);
  if (!json.is_object() || !json.contains("weight")) return "";
  const Json& weight = json["weight"];
  return weight.is_string() ? weight.get<std::string>() : weight.dump();
}

// How long a drain is to be waited for; the complaint.
std::string ReadWait(std::string_view query, Duration& longest) {
  const auto text = FindParameter(query, "wait");
  if (!text) return "";
  const config::Period period{.min = Duration(0), .max = kLongestDrainWait};
  const std::string problem = period.Parse(*text, longest);
  return problem.empty() ? "" : "wait " + problem;
}

}  // namespace

AdminPage ReadShard(const ApiCall& call) {
  const std::string shard = Named(call);
  if (auto json = ShardJson(*call.view, shard, call.sources.journal); !json.empty()) {
    return JsonPage(kOk, std::move(json));
  }
  return NoShard(shard);
}

ChangeAnswer OrderDrain(const ApiCall& call) {
  DrainWish wish{.shard = Named(call)};
  if (call.sources.shards()->FindByName(wish.shard) == nullptr) {
    return {.page = NoShard(wish.shard)};
  }
  if (auto problem = ReadWait(call.query, wish.longest); !problem.empty()) {
    return {.page = ErrorPage(kBad, problem)};
  }
  if (auto problem = Give(call, AdminState::kDrain)) return {.page = *std::move(problem)};
  return {.page = {}, .wait = std::move(wish)};
}

ChangeAnswer OrderReady(const ApiCall& call) { return OrderState(call, AdminState::kReady); }
ChangeAnswer OrderMaint(const ApiCall& call) { return OrderState(call, AdminState::kMaint); }

ChangeAnswer OrderWeight(const ApiCall& call) {
  const auto read = ReadWeight(WrittenWeight(call));
  const auto* weight = std::get_if<WeightOrder>(&read);
  if (weight == nullptr) {
    return {.page = ErrorPage(kBad,
                              "send {\"weight\": W} or ?value=W; W is 0 to 256, or a share of what "
                              "was found such as \"50%\"")};
  }
  if (auto problem = Give(call, *weight)) return {.page = *std::move(problem)};
  return {.page = JsonPage(kOk, Dump({{"shard", Named(call)}, {"weight", ToString(*weight)}}))};
}

AdminPage DrainPage(const DrainWish& wish, const DrainOutcome& outcome) {
  unsigned status = outcome.success() ? kOk : kAccepted;
  if (outcome.end == DrainEnd::kCalledOff) status = kConflict;
  if (outcome.end == DrainEnd::kTooMany || outcome.end == DrainEnd::kLeft) status = kBusy;
  std::string sentence = DrainSentence(wish, outcome);
  sentence.pop_back();  // the line feed
  Json json = {{"shard", wish.shard}, {"finished", outcome.success()}, {"message", sentence}};
  if (outcome.progress) json["drain"] = ProgressJson(*outcome.progress);
  if (status >= kBad) json["error"] = sentence;
  return JsonPage(status, Dump(json));
}

}  // namespace room_router::admin
