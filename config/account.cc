// SPDX-License-Identifier: Apache-2.0
#include "config/account.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <vector>

#include "config/report.h"

namespace room_router::config {
namespace {

constexpr size_t kFirstBuffer = 4 << 10, kLargestBuffer = 4 << 20;  // bytes, of an entry's texts

// Calls `look_up(buffer)` with more and more room until the entry fits.
template <class Entry, class LookUp>
std::optional<Entry> Find(const LookUp& look_up) {
  Entry entry{};
  Entry* found = nullptr;
  std::vector<char> buffer(kFirstBuffer);
  while (look_up(entry, buffer, found) == ERANGE && buffer.size() < kLargestBuffer) {
    buffer.resize(buffer.size() * 4);
  }
  if (found == nullptr) return std::nullopt;
  return entry;  // its texts are gone, its numbers are what is wanted
}

std::optional<passwd> FindUser(const std::string& name) {
  return Find<passwd>([&name](passwd& entry, std::vector<char>& buffer, passwd*& found) {
    return getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  });
}

std::optional<passwd> FindUser(uid_t number) {
  return Find<passwd>([number](passwd& entry, std::vector<char>& buffer, passwd*& found) {
    return getpwuid_r(number, &entry, buffer.data(), buffer.size(), &found);
  });
}

std::optional<group> FindGroup(const std::string& name) {
  return Find<group>([&name](group& entry, std::vector<char>& buffer, group*& found) {
    return getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  });
}

// The greatest number means "as it is" to the system's calls.
std::optional<uint32_t> Number(const std::string& text) {
  uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || rest != end) return std::nullopt;
  if (number == std::numeric_limits<uint32_t>::max()) return std::nullopt;
  return number;
}

struct User {
  uid_t number;
  std::optional<gid_t> group;
};

std::optional<User> ResolveUser(const std::string& text) {
  auto entry = FindUser(text);
  if (entry) return User{.number = entry->pw_uid, .group = entry->pw_gid};
  const auto number = Number(text);
  if (!number) return std::nullopt;
  entry = FindUser(uid_t{*number});
  return User{.number = *number,
              .group = entry ? std::optional<gid_t>(entry->pw_gid) : std::nullopt};
}

std::optional<gid_t> ResolveGroup(const std::string& text) {
  if (const auto entry = FindGroup(text)) return entry->gr_gid;
  return Number(text);
}

}  // namespace

std::string UserProblem(const std::string& user) {
  if (user.empty() || ResolveUser(user)) return "";
  return "this system has no user " + Quote(user) + "; create it, or name another";
}

std::string GroupProblem(const std::string& user, const std::string& group) {
  if (group.empty()) {
    const auto found = ResolveUser(user);
    if (!found || found->group) return "";
    return "is missing: user " + Quote(user) + " has no entry that says it; write a group";
  }
  if (user.empty()) return "is only used with user; write it too, or remove this";
  if (ResolveGroup(group)) return "";
  return "this system has no group " + Quote(group) + "; create it, or name another";
}

Account FindAccount(const Process& process) {
  const auto user = ResolveUser(process.user);
  const auto group = ResolveGroup(process.group);
  if (!user) return {};
  return {.user = user->number, .group = group.value_or(user->group.value_or(0))};
}

}  // namespace room_router::config
