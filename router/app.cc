// SPDX-License-Identifier: Apache-2.0
#include "router/app.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <random>
#include <thread>

#include "config/load.h"
#include "discovery/bridge_discovery.h"
#include "discovery/discovery.h"
#include "router/admin/admin_plane.h"
#include "router/log.h"
#include "router/replication.h"
#include "router/restart_needed.h"
#include "router/rule_keeper.h"
#include "router/version.h"
#include "router/worker_group.h"

namespace room_router {
namespace {

namespace asio = boost::asio;
using config::LogLevel;

constexpr auto kSweepInterval = std::chrono::milliseconds(200);
constexpr auto kDrainPoll = std::chrono::milliseconds(50);

// Clients choose the names in the stick table; its index must not be theirs to crowd.
uint64_t RandomSeed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

}  // namespace

struct App::Parts {
  Parts(config::Config loaded, std::string path);

  std::string Start();
  std::vector<std::string> Reload();
  std::vector<std::string> Take(config::Loaded loaded);  // on the control thread
  void Drain(std::function<void()> on_stopped);
  void PollDrain();
  void Stop();
  void ArmSweep();
  void TakeShards(ShardSetPtr set);
  void TakeRules(RoomRulesPtr changed);
  void Route();
  void MoveRooms(const std::vector<EntryView>& rooms, ShardId shard);
  admin::AdminSources Sources();
  std::function<std::vector<std::string>()> ReloadDoor();
  Replication::Doors Doors();
  TableEnvironment Environment();
  void Note(const Event& event) {
    log.Write(event.level, ToString(event.kind),
              {{"shard", event.shard}, {"endpoint", event.endpoint}, {"detail", event.detail}});
  }
  admin::Readiness Ready() const;

  // Runs `order` on the control thread and waits for its result.
  template <class Order>
  auto OnControl(Order order) {
    std::packaged_task<decltype(order())()> task(std::move(order));
    auto result = task.get_future();
    asio::post(io, [&task] { task(); });
    return result.get();
  }

  const std::string config_path;
  std::shared_ptr<const ConfigSnapshot> config;
  ShardSetPtr shards = std::make_shared<ShardSet>();
  RoomRulesPtr rules = std::make_shared<RoomRules>();
  admin::ReloadState reload;
  const TimePoint started = Clock::now();
  const std::chrono::system_clock::time_point started_at = std::chrono::system_clock::now();
  bool checked = false;  // every shard known at the start has been found up or down
  bool draining = false;
  TimePoint drain_begun;
  std::function<void()> on_drained;

  Log log;
  HybridClock clock;
  RoomDirectory directory;
  ConnectionBudget budget;
  AccessLogWriter access_log;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::steady_timer sweep{io}, drain_timer{io};
  WorkerGroup workers;
  Discovery discovery;
  BridgeDiscovery bridges;
  Replication replication;
  admin::AdminPlane admin;
  std::thread thread;
};

App::Parts::Parts(config::Config loaded, std::string path)
    : config_path(std::move(path)),
      config(std::make_shared<ConfigSnapshot>(std::move(loaded))),
      log(config->config.logging.level, config->config.node.name),
      clock(Replication::MakeClock(config->config.node.name, started_at, started)),
      directory(config->config.placement, config->config.stick_table, config->config.node.region,
                Environment()),
      budget(config->config.limits.connections),
      access_log(config->config.logging.access, config->config.stick_table.name,
                 static_cast<size_t>(config->config.node.threads > 0 ? config->config.node.threads
                                                                     : UsableCores())),
      workers(io, directory, budget),
      discovery(
          io, config->config.shards, [this](ShardSetPtr set) { TakeShards(std::move(set)); },
          [this](const Event& event) { Note(event); }),
      bridges(
          io, [this](const BridgeSetPtr& set) { workers.Publish(set); },
          [this](const Event& event) { Note(event); }),
      replication(io, config->config, started_at, Doors()),
      admin(io, config->config.admin, Sources()) {}

TableEnvironment App::Parts::Environment() {
  const bool replicated = Replication::IsOn(config->config.peers);
  return {.seed = RandomSeed(), .clock = replicated ? &clock : nullptr, .on_change = [this] {
            replication.TableChanged();
          }};
}

Replication::Doors App::Parts::Doors() {
  return {.table = directory.table(),
          .names = discovery.names(),
          .clock = clock,
          .log = log,
          .note = [this](const Event& event) { Note(event); },
          .shards = [this] { return shards; },
          .read_name = [this](auto tenant, auto room,
                              auto& out) { config->keys.ReadName(tenant, room, out); },
          .end_sessions = [this](const auto& moved) { workers.EndSessions(moved); },
          .unknown_shard = [this](ShardId shard) { discovery.Expect(shard); },
          .quorum = [this](auto shard, auto quorum) { discovery.SetQuorum(shard, quorum); },
          .obey = [this](auto& shard, auto& order) { return discovery.Obey(shard, order); },
          .set_rules = [this](RoomRulesPtr changed) { TakeRules(std::move(changed)); },
          .synced =
              [this] {
                log.Write(LogLevel::kInfo, "synced");
                Route();
              }};
}

std::string App::Parts::Start() {
  if (auto mistake = workers.Bind(config->config); !mistake.empty()) return mistake;
  if (auto mistake = access_log.Start(); !mistake.empty()) return mistake;
  auto mistake = admin.Open();
  if (mistake.empty()) mistake = replication.Open();
  if (!mistake.empty()) {
    replication.Stop([this] { admin.Close([this] { io.stop(); }); });
    io.run();
    return mistake;
  }
  discovery.Start();
  bridges.Configure(config->config.bridges, config->config.shards.discovery);
  ArmSweep();
  const auto report = [this](EndpointId endpoint, bool connected) {
    if (endpoint == kBridgeEndpoint) return connected ? void() : bridges.AskSoon();
    connected ? discovery.ReportConnected(endpoint) : discovery.ReportConnectFailure(endpoint);
  };
  workers.Start(config, directory.MakeRouting(shards, rules), access_log, report);
  thread = std::thread([this] { io.run(); });
  for (const SocketAddress& address : workers.listening()) {
    log.Write(LogLevel::kInfo, "listening", {{"address", address.ToString()}});
  }
  return "";
}

void App::Parts::TakeShards(ShardSetPtr set) {
  shards = std::move(set);
  checked = checked || (shards->answered && !shards->shards.empty() &&
                        std::none_of(shards->shards.begin(), shards->shards.end(), [](auto& shard) {
                          return shard.state == ShardState::kStarting && !shard.endpoints.empty();
                        }));
  Route();
  replication.ShardsChanged();
}

void App::Parts::TakeRules(RoomRulesPtr changed) {
  rules = std::move(changed);
  Route();
  const auto banned = std::make_shared<MovedRooms>();
  FindBanned(*rules, directory.table(), Clock::now(), *banned);
  if (banned->size() > 0) workers.EndSessions(banned);
}

void App::Parts::Route() {
  Routing routing = directory.MakeRouting(shards, rules);
  const auto moved = std::make_shared<MovedRooms>();
  if (replication.synced()) MovePinned(routing, directory.table(), Clock::now(), *moved);
  workers.Publish(std::move(routing), replication.synced());
  if (moved->size() > 0) workers.EndSessions(moved);
}

void App::Parts::MoveRooms(const std::vector<EntryView>& rooms, ShardId shard) {
  const TimePoint now = Clock::now();
  const auto moved = std::make_shared<MovedRooms>();
  for (const EntryView& room : rooms) {
    const KeyNamespace ns = room.key_namespace;
    if (shard == kNoShard) {
      directory.table().Erase(ns, room.key);
    } else {
      directory.table().FindOrBind(ns, room.key, room.display, now,
                                   [shard](ShardId) { return shard; });
    }
    moved->Add(ns, room.key, shard);
  }
  workers.EndSessions(moved);
}

void App::Parts::ArmSweep() {
  sweep.expires_after(kSweepInterval);
  sweep.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    directory.table().Sweep(Clock::now());
    ArmSweep();
  });
}

std::vector<std::string> App::Parts::Reload() {
  auto loaded = config::LoadPath(config_path);
  return OnControl([this, &loaded] { return Take(std::move(loaded)); });
}

std::vector<std::string> App::Parts::Take(config::Loaded loaded) {
  std::vector<std::string> mistakes;
  for (const auto& mistake : loaded.mistakes) mistakes.push_back(mistake.ToString());
  reload.last_time = std::chrono::system_clock::now();
  reload.last_succeeded = loaded.ok();
  reload.mistakes = mistakes;
  if (!loaded.ok()) {
    reload.last_result = "refused: " + mistakes.front();
    for (const auto& mistake : mistakes) {
      log.Write(LogLevel::kError, "reload_refused", {{"mistake", mistake}});
    }
    return mistakes;
  }
  // Listeners stay as they were bound; so does everything indexed by them.
  for (const auto& name : RestartNeeded(config->config, loaded.config)) {
    log.Write(LogLevel::kWarning, "reload_needs_restart", {{"setting", name}});
  }
  loaded.config.listeners = config->config.listeners;
  access_log.Reopen();
  config = std::make_shared<ConfigSnapshot>(std::move(loaded.config));
  ++reload.generation;
  reload.last_result = "loaded";
  log.SetLevel(config->config.logging.level);
  directory.table().Resize(config->config.stick_table.size);
  workers.Publish(config);
  discovery.Reconfigure(config->config.shards);
  bridges.Configure(config->config.bridges, config->config.shards.discovery);
  replication.Reconfigure(config->config);
  log.Write(LogLevel::kInfo, "reloaded", {{"generation", std::to_string(reload.generation)}});
  return mistakes;
}

void App::Parts::Drain(std::function<void()> on_stopped) {
  asio::post(io, [this, on_stopped = std::move(on_stopped)]() mutable {
    if (draining) return on_stopped();
    draining = true;
    drain_begun = Clock::now();
    on_drained = std::move(on_stopped);
    log.Write(LogLevel::kInfo, "draining", {{"connections", std::to_string(budget.used())}});
    workers.BeginDrain();
    PollDrain();
  });
}

void App::Parts::PollDrain() {
  const config::Drain& limits = config->config.drain;
  const auto age = Clock::now() - drain_begun;
  if (age >= limits.accept_for) workers.StopAccepting();
  if ((age >= limits.accept_for && budget.used() == 0) || age >= limits.max) {
    log.Write(LogLevel::kInfo, "drained", {{"connections_left", std::to_string(budget.used())}});
    replication.Leave();
    return std::exchange(on_drained, nullptr)();
  }
  drain_timer.expires_after(kDrainPoll);
  drain_timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) PollDrain();
  });
}

void App::Parts::Stop() {
  if (!thread.joinable()) return;
  std::promise<void> drained;
  asio::post(io, [this, &drained] {
    sweep.cancel();
    drain_timer.cancel();
    bridges.Stop();
    discovery.Stop([this, &drained] {
      replication.Stop([this, &drained] { admin.Close([&drained] { drained.set_value(); }); });
    });
  });
  drained.get_future().wait();
  workers.Stop();
  work.reset();
  asio::post(io, [this] { io.stop(); });
  thread.join();
  access_log.Stop();
}

admin::Readiness App::Parts::Ready() const {
  if (draining) return {.draining = true, .reason = "draining"};
  if (!shards->answered) return {.reason = "discovery has not answered yet"};
  if (!replication.synced())
    return {.reason = "waiting for the table of the other replicas and HAProxys"};
  if (!checked) return {.reason = "no shard has been found and checked yet"};
  return {.ready = true};
}

std::function<std::vector<std::string>()> App::Parts::ReloadDoor() {
  if (config_path.empty()) return {};
  return [this] { return Take(config::LoadPath(config_path)); };
}

admin::AdminSources App::Parts::Sources() {
  return {
      .config = [this] { return std::shared_ptr<const config::Config>(config, &config->config); },
      .shards = [this] { return shards; },
      .table = &directory.table(),
      .key_of_name =
          [this](std::string_view name) {
            RoomRequest request;
            config->keys.ReadTyped(name, request);
            return request.key;
          },
      .collect = [this](auto done) { workers.Collect(std::move(done)); },
      .workers = static_cast<size_t>(config->config.node.threads > 0 ? config->config.node.threads
                                                                     : UsableCores()),
      .readiness = [this] { return Ready(); },
      .reload = [this] { return reload; },
      .access_log_lost_bytes = [this] { return access_log.stats().lost_bytes; },
      .replication = [this] { return replication.View(); },
      .order = [this](auto& shard, auto& what) { return replication.Order(shard, what); },
      .move_rooms = [this](auto& entries, auto shard) { MoveRooms(entries, shard); },
      .rules = [this] { return rules; },
      .configured_rules =
          [this] {
            return std::make_shared<const RoomRules>(replication.room_orders().configured());
          },
      .pin =
          [this](auto& subject, auto& target) {
            if (!replication.room_orders().Pin(subject, target, Clock::now())) return false;
            replication.OrdersChanged();
            return true;
          },
      .ban =
          [this](auto& subject, auto action) {
            if (!replication.room_orders().Ban(subject, action, Clock::now())) return false;
            replication.OrdersChanged();
            return true;
          },
      .sessions = [this](auto& order, auto done) { workers.Carry(order, std::move(done)); },
      .reload_now = ReloadDoor(),
      .set_log_level = [this](auto level) { log.SetLevel(level); },
      .lookups = [this] { return discovery.lookups(); },
      .clear_maxima = [this] { workers.ClearMaxima(); },
      .listeners = {.state = [this](size_t listener) { return workers.listener_state(listener); },
                    .close =
                        [this](size_t listener, auto state, auto done) {
                          workers.CloseListener(listener, state, std::move(done));
                        },
                    .open = [this](size_t listener) { return workers.OpenListener(listener); }},
      .connection_limit = [this] { return budget.limit(); },
      .set_connection_limit = [this](uint64_t limit) { budget.SetLimit(limit); },
      .hard_connection_limit = budget.hard_limit(),
      .start_time = started_at,
      .start = started,
      .versions = {{"version", std::string(Version())},
                   {"commit", std::string(Commit())},
                   {"compiler", std::string(Compiler())}}};
}

App::App(config::Config config, std::string config_path)
    : parts_(std::make_unique<Parts>(std::move(config), std::move(config_path))) {}

App::~App() { parts_->Stop(); }

std::string App::Start() { return parts_->Start(); }
std::vector<std::string> App::Reload() { return parts_->Reload(); }
void App::Drain(std::function<void()> on_stopped) { parts_->Drain(std::move(on_stopped)); }
void App::Stop() { parts_->Stop(); }
std::vector<SocketAddress> App::listening() const { return parts_->workers.listening(); }
SocketAddress App::admin_http() const { return parts_->admin.http(); }

}  // namespace room_router
