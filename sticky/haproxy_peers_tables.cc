// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_tables.h"

#include <algorithm>
#include <utility>

namespace room_router::haproxy {
namespace {

// Why a table of our name cannot be shared; empty = it can.
std::string WhyNot(const TableDefinition& table) {
  if (table.key_type != static_cast<uint64_t>(KeyType::kString)) {
    return "its keys are not strings; write `stick-table type string len 128`";
  }
  if ((table.data_types & kHasServerKey) == 0) {
    return "it stores no server keys; HAProxy does when a `stick on` uses the table";
  }
  if (table.key_length < 2) return "its keys have no length";
  return "";
}

}  // namespace

RemoteTables::Table* RemoteTables::Find(uint64_t id) {
  const auto same = [id](const Table& table) { return table.definition.id == id; };
  const auto found = std::find_if(tables_.begin(), tables_.end(), same);
  return found == tables_.end() ? nullptr : &*found;
}

bool RemoteTables::Define(std::string_view body, SessionEvents& events) {
  const auto definition = ReadDefinition(body);
  if (!definition) return false;
  current_.reset();
  if (shared_ && shared_->id == definition->id) shared_.reset();
  Table* table = Find(definition->id);
  if (table == nullptr && tables_.size() == kMost) return true;
  if (table == nullptr) table = &tables_.emplace_back();
  table->name = definition->name;
  table->definition = *definition;
  table->definition.name = {};
  current_ = definition->id;
  if (table->name == name_) Share(*definition, events);
  return true;
}

void RemoteTables::Share(const TableDefinition& definition, SessionEvents& events) {
  const std::string problem = WhyNot(definition);
  if (problem.empty()) {
    shared_ = SharedTable{
        .id = definition.id, .key_length = definition.key_length, .expire = definition.expire};
    events.push_back({.kind = SessionEvent::Kind::kTable});
  } else if (!std::exchange(mismatch_reported_, true)) {
    events.push_back({.kind = SessionEvent::Kind::kMismatch, .detail = problem});
  }
}

bool RemoteTables::Switch(std::string_view body) {
  ByteReader reader(body);
  const uint64_t id = reader.Varint();
  if (reader.failed()) return false;
  current_.reset();
  if (Find(id) != nullptr) current_ = id;
  return true;
}

bool RemoteTables::Update(TableMessage type, std::string_view body, SessionEvents& events) {
  Table* const table = current_ ? Find(*current_) : nullptr;
  if (table == nullptr) return true;
  const bool ours = shared_ && shared_->id == *current_;
  const auto update = ReadUpdate(type, body, table->definition);
  if (!update) return !ours;
  table->last_update = update->id.value_or(table->last_update + 1);
  const auto server_key = dictionary_.Read(update->server);
  if (!ours) return true;
  owed_ = Acknowledgement{.table = shared_->id, .update = table->last_update};
  SessionEvent& learned = events.emplace_back();
  learned.kind = SessionEvent::Kind::kLearned;
  learned.name = update->key;
  learned.expires_in = update->expires_in;
  learned.has_server = update->server.id != 0;
  learned.cut = update->key.size() + 1 >= shared_->key_length;
  if (server_key) learned.server_key = std::string(*server_key);
  return true;
}

std::optional<Acknowledgement> RemoteTables::TakeAcknowledgement() {
  return std::exchange(owed_, std::nullopt);
}

std::vector<std::string> RemoteTables::others() const {
  std::vector<std::string> names;
  for (const Table& table : tables_) {
    if (table.name != name_) names.push_back(table.name);
  }
  return names;
}

}  // namespace room_router::haproxy
