// SPDX-License-Identifier: Apache-2.0
#include "router/admin/haproxy_metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <span>

#include "router/admin/haproxy_metric_names.h"
#include "router/admin/show_info.h"
#include "router/admin/stat_fields.h"
#include "router/admin/stat_rows.h"

namespace room_router {
namespace {

using admin::AdminView;
using admin::StatColumn;
using admin::StatRow;

constexpr auto kCounter = MetricType::Counter;
constexpr auto kGauge = MetricType::Gauge;
constexpr std::array<std::string_view, 3> kKinds = {"frontend", "backend", "server"};  // by type
constexpr std::array<std::string_view, 6> kCodes = {"1xx", "2xx", "3xx", "4xx", "5xx", "other"};
constexpr std::array<std::string_view, 2> kProxyStates = {"DOWN", "UP"};
constexpr std::array<std::string_view, 5> kServerStates = {"DOWN", "UP", "MAINT", "DRAIN", "NOLB"};
constexpr std::array<std::string_view, 16> kCheckStates = {
    "HANA",   "SOCKERR", "L4OK", "L4TOUT", "L4CON", "L6OK",    "L6TOUT",   "L6RSP",
    "L7TOUT", "L7RSP",   "L7OK", "L7OKC",  "L7STS", "PROCERR", "PROCTOUT", "PROCOK"};

std::string FullName(int type, std::string_view name) {
  return "haproxy_" + std::string(kKinds.at(static_cast<size_t>(type))) + "_" + std::string(name);
}

Family Foreign(std::string name, MetricType type, std::string_view help) {
  return Family::Foreign(std::move(name), type, std::string(help));
}

std::optional<double> Number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

MetricLabels LabelsOf(const StatRow& row) {
  MetricLabels labels = With({}, "proxy", row.proxy);
  if (row.type != admin::kServer) return labels;
  return With(std::move(labels), "server", row.columns[StatColumn("svname")]);
}

// "UP 2/3" → "UP"; a frontend is up until it is stopped.
std::string_view StateOf(const StatRow& row) {
  const std::string_view status = row.status();
  if (row.type == admin::kFrontend) return status == "STOP" ? "DOWN" : "UP";
  return status.substr(0, status.find(' '));
}

std::string_view CheckOf(const StatRow& row) { return row.columns[StatColumn("check_status")]; }

void AddOneHot(Family& family, const MetricLabels& labels, std::span<const std::string_view> states,
               std::string_view state) {
  for (const std::string_view each : states) {
    family.Add(With(labels, "state", each), each == state ? 1 : 0);
  }
}

class Rows {
 public:
  Rows(MetricFamilies& out, const std::vector<StatRow>& all, int type) : out_(out), type_(type) {
    std::ranges::copy_if(all, std::back_inserter(rows_),
                         [type](const StatRow& row) { return row.type == type; });
    for (const StatRow& row : rows_) labels_.push_back(LabelsOf(row));
  }

  void AddColumns() {
    for (const StatMetric& metric : StatMetrics()) {
      if ((metric.rows & (1U << type_)) == 0) continue;
      AddFamily(metric.name, metric.type, metric.help, [&](Family& family, size_t i) {
        const auto value = Number(rows_[i].columns[metric.column]);
        if (value) family.Add(labels_[i], *value * metric.unit);
      });
    }
  }

  void AddStates() {
    AddFamily("status", kGauge, "1 for the state it is in.", [&](Family& family, size_t i) {
      const auto states = type_ == admin::kServer ? std::span<const std::string_view>(kServerStates)
                                                  : std::span<const std::string_view>(kProxyStates);
      AddOneHot(family, labels_[i], states, StateOf(rows_[i]));
    });
    AddFamily("http_responses_total", kCounter, "Responses by status class.",
              [&](Family& family, size_t i) {
                for (size_t code = 0; code < kCodes.size(); ++code) {
                  const auto value = Number(rows_[i].columns[StatColumn("hrsp_1xx") + code]);
                  family.Add(With(labels_[i], "code", kCodes.at(code)), value.value_or(0));
                }
              });
  }

  void AddChecks() {
    AddFamily("check_status", kGauge, "1 for what the last check found.",
              [&](Family& family, size_t i) {
                const std::string_view check = CheckOf(rows_[i]);
                if (!check.empty()) AddOneHot(family, labels_[i], kCheckStates, check);
              });
  }

  // How many servers are in each state; `labels` are the backend's.
  void CountStates(const MetricLabels& labels) {
    const char* const help = "Servers by state.";
    for (const char* name : {"agg_server_status", "agg_server_check_status"}) {
      Family family = Foreign(FullName(admin::kBackend, name), kGauge, help);
      Count(family, labels, kServerStates, StateOf);
      out_.push_back(family.Take());
    }
    Family family = Foreign(FullName(admin::kBackend, "agg_check_status"), kGauge,
                            "Servers by what their last check found.");
    Count(family, labels, kCheckStates, CheckOf);
    out_.push_back(family.Take());
  }

  const std::vector<MetricLabels>& labels() const { return labels_; }

 private:
  void AddFamily(std::string_view name, MetricType type, std::string_view help, auto add) {
    Family family = Foreign(FullName(type_, name), type, help);
    for (size_t i = 0; i < rows_.size(); ++i) add(family, i);
    out_.push_back(family.Take());
  }

  void Count(Family& family, const MetricLabels& labels, std::span<const std::string_view> states,
             std::string_view (*state_of)(const StatRow&)) const {
    for (const std::string_view each : states) {
      family.Add(With(labels, "state", each), std::ranges::count(rows_, each, state_of));
    }
  }

  MetricFamilies& out_;
  const int type_;
  std::vector<StatRow> rows_;
  std::vector<MetricLabels> labels_;
};

void AddProcess(MetricFamilies& out, const AdminView& view) {
  const std::vector<std::string> values = admin::InfoValues(view);
  for (const InfoMetric& metric : InfoMetrics()) {
    const auto fields = admin::InfoFields();
    const auto field = std::ranges::find(
        fields, metric.line, [](const auto& each) { return std::string_view(each.field.name); });
    Family family = Foreign("haproxy_process_" + std::string(metric.name), metric.type,
                            std::string(field->field.description) + ".");
    family.Add({}, Number(values.at(static_cast<size_t>(field - fields.begin()))).value_or(0));
    out.push_back(family.Take());
  }
  Family build = Foreign("haproxy_process_build_info", kGauge, "What is running; always 1.");
  build.Add(With({}, "version", view.versions.empty() ? "" : view.versions.front().second), 1);
  out.push_back(build.Take());
}

void AddTable(MetricFamilies& out, const AdminView& view) {
  const MetricLabels labels =
      With(With({}, "name", view.config->stick_table.name), "type", "string");
  Family size = Foreign("haproxy_sticktable_size", kGauge, "Entries the table can hold.");
  size.Add(labels, view.table_size);
  out.push_back(size.Take());
  Family used = Foreign("haproxy_sticktable_used", kGauge, "Entries in the table.");
  used.Add(labels, view.table.entries);
  out.push_back(used.Take());
}

}  // namespace

void AddHaproxyNames(MetricFamilies& out, const AdminView& view) {
  AddProcess(out, view);
  const std::vector<StatRow> all = admin::StatRows(view);
  Rows frontends(out, all, admin::kFrontend), backends(out, all, admin::kBackend),
      servers(out, all, admin::kServer);
  for (Rows* rows : {&frontends, &backends, &servers}) {
    rows->AddColumns();
    rows->AddStates();
  }
  servers.AddChecks();
  servers.CountStates(backends.labels().front());
  AddTable(out, view);
}

}  // namespace room_router
