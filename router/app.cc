// SPDX-License-Identifier: Apache-2.0
#include "router/app.h"

#include <algorithm>
#include <random>

#include "config/random_secret.h"
#include "config/referenced_files.h"
#include "router/app_parts.h"
#include "router/restart_needed.h"
#include "router/rule_keeper.h"

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

App::Parts::Parts(config::Config loaded, std::string path)
    : config_path(std::move(path)),
      tickets(std::make_shared<TicketKeys>(config::RandomSecret, Clock::now())),
      config(std::make_shared<ConfigSnapshot>(std::move(loaded), tickets)),
      log(config->config.logging.level, config->config.node.name),
      clock(Replication::MakeClock(config->config.node.name, started_at, started)),
      directory(config->config.placement, config->config.stick_table, config->config.node.region,
                Environment()),
      admission{{config->config.limits.connections, config->config.listeners.size()},
                AddressLimits(RandomSeed())},
      access_log(config->config.logging.access, config->config.stick_table.name,
                 static_cast<size_t>(config->config.node.threads > 0 ? config->config.node.threads
                                                                     : UsableCores())),
      workers(io, directory, admission),
      memory(io, [this](bool is_short) { TakeMemory(is_short); }),
      discovery(
          io, config->config.shards, [this](ShardSetPtr set) { TakeShards(std::move(set)); },
          [this](const Event& event) { Note(event); }),
      bridges(
          io, [this](const BridgeSetPtr& set) { workers.Publish(set); },
          [this](const Event& event) { Note(event); }),
      replication(io, config->config, started_at, Doors()),
      admin(io, config->config.admin, Sources()) {
  reload.loaded = started_at;
}

TableEnvironment App::Parts::Environment() {
  const bool replicated = Replication::IsOn(config->config.peers);
  return {.seed = RandomSeed(),
          .clock = replicated ? &clock : nullptr,
          .on_change = [this] { replication.TableChanged(); },
          .on_displaced = [this](auto ns, auto key) { replication.Displaced(ns, key); }};
}

Replication::Doors App::Parts::Doors() {
  return {.table = directory.table(),
          .names = discovery.names(),
          .clock = clock,
          .log = log,
          .journal = journal,
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
                journal.Add({.kind = "synced"}, Clock::now());
                Route();
              }};
}

// The access log comes last: its file must be one that can be opened again later.
std::string App::Parts::Open(const std::function<std::string(Log&)>& give_up_rights) {
  if (auto mistake = workers.Bind(config->config); !mistake.empty()) return mistake;
  if (auto mistake = admin.Open(); !mistake.empty()) return mistake;
  if (auto mistake = replication.Open(); !mistake.empty()) return mistake;
  if (give_up_rights) {
    if (auto mistake = give_up_rights(log); !mistake.empty()) return mistake;
  }
  return access_log.Start();
}

std::string App::Parts::Start(const std::function<std::string(Log&)>& give_up_rights) {
  if (auto mistake = Open(give_up_rights); !mistake.empty()) {
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
  memory.Configure(config->config.limits.memory);
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
  const bool usable = std::ranges::any_of(shards->shards, &Shard::UsableEndpoints);
  availability.See(checked && !usable, Clock::now());
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

void App::Parts::TakeMemory(bool is_short) {
  admission.connections.Hold(is_short);
  if (!is_short) workers.RetryAccepting();
  log.Write(is_short ? LogLevel::kWarning : LogLevel::kInfo,
            is_short ? "memory_short" : "memory_free",
            {{"used", std::to_string(admin::ResidentBytes())},
             {"limit", std::to_string(memory.limit())}});
}

void App::Parts::Route() {
  Routing routing = directory.MakeRouting(shards, rules);
  const auto moved = std::make_shared<MovedRooms>();
  if (replication.synced()) MovePinned(routing, directory.table(), Clock::now(), *moved);
  workers.Publish(std::move(routing), replication.synced());
  journal.AddRooms(Journal::Cause::kPin, moved->size());
  if (moved->size() > 0) workers.EndSessions(moved);
}

void App::Parts::MoveRooms(const std::vector<EntryView>& rooms, ShardId shard) {
  const TimePoint now = Clock::now();
  const auto moved = std::make_shared<MovedRooms>();
  for (const EntryView& room : rooms) {
    const KeyNamespace ns = room.key_namespace;
    NoteMove(room, shard);
    if (shard == kNoShard) {
      directory.table().Erase(ns, room.key);
    } else {
      directory.table().Set(ns, room.key, room.display, shard, now);
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
    tickets->Tick(Clock::now());
    Chronicle();
    log.Tick(Clock::now());
    ArmSweep();
  });
}

// What nobody tells of when it happens.
void App::Parts::Chronicle() {
  const StickTable& table = directory.table();
  journal.CountMoves(table.stats().moves);
  journal.Tick(
      *shards, [&table](ShardId shard) { return table.RoomsOn(shard); }, Clock::now());
}

void App::Parts::NoteMove(const EntryView& room, ShardId to) {
  const Shard* from = shards->FindById(room.shard);
  const Shard* home = shards->FindById(to);
  if (room.shard == kNoShard || to == kNoShard || room.shard == to) return;
  journal.AddRoom(Journal::Cause::kOperator, {.room = {.key = room.key, .name = room.display},
                                              .from = from == nullptr ? "" : from->name,
                                              .to = home == nullptr ? "" : home->name});
}

std::vector<std::string> App::Parts::Reload() {
  auto loaded = config::LoadPath(config_path);
  return OnControl([this, &loaded] { return Take(std::move(loaded)); });
}

std::vector<std::string> App::Parts::Take(config::Loaded loaded) {
  std::vector<std::string> mistakes;
  for (const auto& mistake : loaded.mistakes) mistakes.push_back(mistake.ToString());
  reload.last_time = std::chrono::system_clock::now();
  auto listeners = WithCertificates(config->config.listeners, loaded.config.listeners);
  // A certificate that is served already gets no better by refusing the rest.
  const bool no_worse = loaded.usable() && listeners == config->config.listeners;
  reload.last_succeeded = loaded.ok() || no_worse;
  reload.mistakes = mistakes;
  if (!reload.last_succeeded) {
    reload.last_result = "refused: " + mistakes.front();
    for (const auto& mistake : mistakes) {
      log.Write(LogLevel::kError, "reload_refused", {{"mistake", mistake}});
    }
    journal.Add({.kind = "reload_refused", .level = LogLevel::kError, .detail = mistakes.front()},
                Clock::now());
    return mistakes;
  }
  for (const auto* told : {&loaded.mistakes, &loaded.warnings}) {
    for (const auto& one : *told) {
      log.Write(LogLevel::kWarning, "reload_warning", {{"warning", one.ToString()}});
    }
  }
  // Listeners stay as they were bound, but for certificates; so does everything indexed by them.
  for (const auto& name : RestartNeeded(config->config, loaded.config)) {
    log.Write(LogLevel::kWarning, "reload_needs_restart", {{"setting", name}});
  }
  loaded.config.listeners = std::move(listeners);
  if (const auto mistake = access_log.Reopen(); !mistake.empty()) {
    log.Write(LogLevel::kError, "access_log_not_reopened", {{"detail", mistake}});
  }
  config = std::make_shared<ConfigSnapshot>(std::move(loaded.config), tickets);
  ++reload.generation;
  reload.last_result = "loaded";
  reload.loaded = reload.last_time;
  log.SetLevel(config->config.logging.level);
  memory.Configure(config->config.limits.memory);
  directory.table().Resize(config->config.stick_table.size);
  workers.Publish(config);
  discovery.Reconfigure(config->config.shards);
  bridges.Configure(config->config.bridges, config->config.shards.discovery);
  replication.Reconfigure(config->config);
  const std::string generation = std::to_string(reload.generation);
  log.Write(LogLevel::kInfo, "reloaded", {{"generation", generation}});
  journal.Add({.kind = "reloaded", .detail = "generation " + generation}, Clock::now());
  return {};
}

void App::Parts::Drain(std::function<void()> on_stopped) {
  asio::post(io, [this, on_stopped = std::move(on_stopped)]() mutable {
    if (draining) return on_stopped();
    draining = true;
    drain_begun = Clock::now();
    on_drained = std::move(on_stopped);
    log.Write(LogLevel::kInfo, "draining",
              {{"connections", std::to_string(admission.connections.used())}});
    journal.Add({.kind = "draining", .detail = "this replica stops"}, drain_begun);
    workers.BeginDrain();
    PollDrain();
  });
}

void App::Parts::PollDrain() {
  const config::Drain& limits = config->config.drain;
  const auto age = Clock::now() - drain_begun;
  if (age >= limits.accept_for) workers.StopAccepting();
  if ((age >= limits.accept_for && admission.connections.used() == 0) || age >= limits.max) {
    log.Write(LogLevel::kInfo, "drained",
              {{"connections_left", std::to_string(admission.connections.used())}});
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
    memory.Stop();
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
  if (memory.is_short()) return {.reason = "memory is short (limits.memory)"};
  if (!checked) return {.reason = "no shard has been found and checked yet"};
  return {.ready = true};
}

App::App(config::Config config, std::string config_path)
    : parts_(std::make_unique<Parts>(std::move(config), std::move(config_path))) {}

App::~App() { parts_->Stop(); }

std::string App::Start(const std::function<std::string(Log&)>& give_up_rights) {
  return parts_->Start(give_up_rights);
}
std::vector<std::string> App::Reload() { return parts_->Reload(); }
std::vector<std::string> App::ReferencedFiles() const {
  return parts_->OnControl([this] { return config::ReferencedFiles(parts_->config->config); });
}
void App::Drain(std::function<void()> on_stopped) { parts_->Drain(std::move(on_stopped)); }
void App::Stop() { parts_->Stop(); }
std::vector<SocketAddress> App::listening() const { return parts_->workers.listening(); }
SocketAddress App::admin_http() const { return parts_->admin.http(); }

}  // namespace room_router
