// SPDX-License-Identifier: Apache-2.0
#include "router/admin/shard_api.h"

#include <array>
#include <nlohmann/json.hpp>
#include <variant>

#include "config/scalars.h"
#include "router/admin/api_json.h"
#include "router/admin/drain_json.h"

namespace room_router::admin {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kShards = "/api/v1/shards/";
constexpr auto kOk = 200U, kAccepted = 202U, kBad = 400U, kMissing = 404U, kMethod = 405U,
               kConflict = 409U, kBusy = 503U;

struct Action {
  std::string_view name, method;
};
constexpr std::array<Action, 4> kActions = {
    {{"drain", "POST"}, {"ready", "POST"}, {"maint", "POST"}, {"weight", "PUT"}}};

struct Route {
  std::string shard;
  std::string_view action, query;
};

AdminPage Page(unsigned status, const Json& json) {
  return JsonPage(status, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// Where the request goes, or why nowhere.
std::variant<Route, AdminPage> Find(const ChangeRequest& request) {
  const size_t question = std::min(request.target.find('?'), request.target.size());
  const std::string_view path = request.target.substr(0, question);
  const std::string_view query =
      request.target.substr(std::min(question + 1, request.target.size()));
  const size_t slash = path.rfind('/');
  if (!path.starts_with(kShards) || slash < kShards.size()) return WrongMethod(path, "GET, HEAD");
  const std::string_view action = path.substr(slash + 1);
  for (const Action& each : kActions) {
    if (each.name != action) continue;
    if (each.method != request.method) return WrongMethod(path, each.method);
    const std::string_view shard = path.substr(kShards.size(), slash - kShards.size());
    return Route{.shard = DecodeParameter(shard), .action = action, .query = query};
  }
  return ErrorPage(kMissing,
                   "nothing here; a shard takes POST …/drain, …/ready, …/maint and PUT "
                   "…/weight");
}

std::variant<Instruction, std::string> ReadOrder(const Route& route, std::string_view body) {
  if (const auto state = ReadAdminState(route.action)) return Instruction(*state);
  std::string text = FindParameter(route.query, "value").value_or("");
  if (text.empty()) {
    const Json json = Json::parse(body, nullptr, false);
    if (json.is_object() && json.contains("weight")) {
      const Json& weight = json["weight"];
      text = weight.is_string() ? weight.get<std::string>() : weight.dump();
    }
  }
  const auto weight = ReadWeight(text);
  if (const auto* order = std::get_if<WeightOrder>(&weight)) return Instruction(*order);
  return "send {\"weight\": W} or ?value=W; W is 0 to 256, or a share of what was found such as "
         "\"50%\"";
}

// How long a drain is to be waited for; the complaint.
std::string ReadWait(const Route& route, Duration& longest) {
  const auto text = FindParameter(route.query, "wait");
  if (!text || route.action != "drain") return "";
  const config::Period period{.min = Duration(0), .max = kLongestDrainWait};
  const std::string problem = period.Parse(*text, longest);
  return problem.empty() ? "" : "wait " + problem;
}

}  // namespace

ChangeAnswer MakeChange(const ChangeRequest& request, const AdminSources& sources) {
  const auto found = Find(request);
  if (const auto* page = std::get_if<AdminPage>(&found)) return {.page = *page};
  const Route& route = std::get<Route>(found);
  const Denial denial = Authorize(request.credentials, sources.config()->admin.token_file);
  if (denial.status != 0) return {.page = ErrorPage(denial.status, denial.message)};
  const ShardSetPtr shards = sources.shards();
  if (shards->FindByName(route.shard) == nullptr) {
    return {.page = ErrorPage(kMissing, "no shard is named '" + route.shard +
                                            "'; GET /api/v1/shards lists them")};
  }
  DrainWish wish{.shard = route.shard};
  if (auto problem = ReadWait(route, wish.longest); !problem.empty()) {
    return {.page = ErrorPage(kBad, problem)};
  }
  const auto order = ReadOrder(route, request.body);
  if (const auto* problem = std::get_if<std::string>(&order)) {
    return {.page = ErrorPage(kBad, *problem)};
  }
  const Instruction& instruction = std::get<Instruction>(order);
  if (!sources.order || !sources.order(route.shard, instruction)) {
    return {.page = ErrorPage(kConflict, "too many orders are kept already")};
  }
  if (route.action == "drain") return {.page = {}, .wait = std::move(wish)};
  Json json = {{"shard", route.shard}};
  if (const auto* weight = std::get_if<WeightOrder>(&instruction)) {
    json["weight"] = ToString(*weight);
  } else {
    json["admin"] = route.action;
  }
  return {.page = Page(kOk, json)};
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
  return Page(status, json);
}

}  // namespace room_router::admin
