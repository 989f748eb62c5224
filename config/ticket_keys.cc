// SPDX-License-Identifier: Apache-2.0
#include "config/ticket_keys.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "config/key_lines.h"

namespace room_router {
namespace {

constexpr size_t kShortKey = 48, kLongKey = 80;
constexpr const char* kHowToMakeOne = "one is made with: openssl rand 80 | base64 -w 120";

std::string ReadFile(std::string_view file, const std::function<void(const config::Secret&)>& add) {
  bool any = false;
  const auto take = [&](std::string_view line) -> std::string {
    const std::optional<config::Secret> key = config::DecodeBase64(line);
    if (!key) return "is not base64; " + std::string(kHowToMakeOne);
    if (key->size() != kShortKey && key->size() != kLongKey) {
      return "is a key of " + std::to_string(key->size()) + " bytes, it must have 48 or 80; " +
             kHowToMakeOne;
    }
    any = true;
    add(*key);
    return "";
  };
  const std::string problem = config::ReadKeyLines(file, take);
  return problem.empty() && !any ? "holds no key; " + std::string(kHowToMakeOne) : problem;
}

}  // namespace

TicketKey TicketKey::From(std::string_view bytes) {
  const size_t size = (bytes.size() - kNameBytes) / 2;
  return {.name = std::string(bytes.substr(0, kNameBytes)),
          .aes = config::Secret(bytes.substr(kNameBytes, size)),
          .mac = config::Secret(bytes.substr(kNameBytes + size, size))};
}

TicketKeys::TicketKeys(Random random, TimePoint now)
    : random_(std::move(random)), keys_{Make()}, made_(now) {}

TicketKeys::TicketKeys(std::string_view file) {
  ReadFile(file, [this](const config::Secret& key) {
    keys_.push_back(std::make_shared<const TicketKey>(TicketKey::From(key.view())));
    if (keys_.size() > kFromFile) keys_.erase(keys_.begin());
  });
  for_new_ = keys_.size() > 1 ? keys_.size() - 2 : 0;
}

std::string TicketKeys::Problem(std::string_view file) {
  return ReadFile(file, [](const config::Secret&) {});
}

void TicketKeys::Tick(TimePoint now) {
  if (!random_) return;
  const std::lock_guard lock(mutex_);
  if (now - made_ >= kLifetime) {
    keys_.insert(keys_.begin(), Make());
    made_ = now;
    keys_.resize(2);
  } else if (keys_.size() > 1 && now - made_ > kTicketLifetime) {
    keys_.pop_back();
  }
}

TicketKeys::KeyPtr TicketKeys::ForNew() const {
  const std::lock_guard lock(mutex_);
  return keys_[for_new_];
}

TicketKeys::Found TicketKeys::Find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(keys_, name, [](const KeyPtr& key) { return key->name; });
  if (found == keys_.end()) return {};
  return {.key = *found, .renew = name != keys_[for_new_]->name};
}

TicketKeys::KeyPtr TicketKeys::Make() const {
  return std::make_shared<const TicketKey>(TicketKey::From(random_(kLongKey).view()));
}

}  // namespace room_router
