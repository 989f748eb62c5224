// SPDX-License-Identifier: Apache-2.0
#include "router/admin/config_json.h"

#include <nlohmann/json.hpp>

#include "config/load.h"
#include "router/admin/api_text.h"
#include "router/admin/rule_api.h"

namespace room_router::admin {
namespace {

using config::RoomNames;

void Hide(std::string& name, const AdminSources& sources) {
  if (name.empty()) return;
  name = ShownSubject(name, sources);
  if (name.empty()) name = "***";
}

std::string Effective(const config::Config& config, const AdminSources& sources) {
  if (config.admin.dashboard.room_names == RoomNames::kPlain) return config::Print(config);
  config::Config shown = config;
  for (config::Pin& pin : shown.pins) {
    Hide(pin.room, sources);
    Hide(pin.tenant, sources);
  }
  for (config::Ban& ban : shown.bans) {
    Hide(ban.room, sources);
    Hide(ban.prefix, sources);
    Hide(ban.tenant, sources);
  }
  return config::Print(shown);
}

}  // namespace

AdminPage ReadConfig(const ApiCall& call) {
  const AdminView& view = *call.view;
  const ReloadState& reload = view.reload;
  Json last = {{"time", nullptr},
               {"succeeded", reload.last_succeeded},
               {"result", reload.last_result},
               {"mistakes", reload.mistakes}};
  if (reload.last_time != std::chrono::system_clock::time_point{}) {
    last["time"] = TimeText(reload.last_time);
  }
  return JsonPage(200, Dump({{"generation", reload.generation},
                             {"loaded", TimeText(reload.loaded)},
                             {"last_reload", std::move(last)},
                             {"names", ToString(view.config->admin.dashboard.room_names)},
                             {"effective", Effective(*view.config, call.sources)}}));
}

}  // namespace room_router::admin
