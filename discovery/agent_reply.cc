// SPDX-License-Identifier: Apache-2.0
#include "discovery/agent_reply.h"

#include <algorithm>
#include <array>
#include <utility>

namespace room_router {
namespace {

constexpr std::string_view kSeparators = " \t,";

constexpr std::array<std::pair<std::string_view, AgentHealth>, 4> kHealthWords{
    {{"up", AgentHealth::kUp},
     {"down", AgentHealth::kDown},
     {"fail", AgentHealth::kFail},
     {"stopped", AgentHealth::kStopped}}};
constexpr std::array<std::pair<std::string_view, AdminState>, 3> kAdminWords{
    {{"ready", AdminState::kReady}, {"drain", AdminState::kDrain}, {"maint", AdminState::kMaint}}};

template <class Words, class Value>
void Find(const Words& words, std::string_view text, std::optional<Value>& out) {
  for (const auto& [word, value] : words) {
    if (text == word) out = value;
  }
}

std::optional<int> Percent(std::string_view word) {
  constexpr std::string_view kPrefix = "weight:";
  if (word.starts_with(kPrefix)) word.remove_prefix(kPrefix.size());
  if (word.size() < 2 || word.back() != '%') return std::nullopt;
  word.remove_suffix(1);
  int percent = 0;
  for (const char digit : word) {
    if (digit < '0' || digit > '9') return std::nullopt;
    percent = std::min(10 * percent + (digit - '0'), AgentReply::kMaxPercent);
  }
  return percent;
}

void TakeWord(std::string_view text, AgentReply& reply) {
  std::string word(text);
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  Find(kHealthWords, word, reply.health);
  Find(kAdminWords, word, reply.admin);
  if (const auto percent = Percent(word)) reply.percent = percent;
}

std::string Remark(std::string_view text) {
  text = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
  std::string remark(text.substr(0, AgentReply::kLongestRemark));
  std::replace_if(
      remark.begin(), remark.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return remark;
}

template <class Value>
bool Replace(const std::optional<Value>& newer, std::optional<Value>& held) {
  if (!newer || newer == held) return false;
  held = newer;
  return true;
}

}  // namespace

std::string_view ToString(AgentHealth health) {
  for (const auto& [word, value] : kHealthWords) {
    if (value == health) return word;
  }
  return "";
}

bool AgentReply::Heed(const AgentReply& newer) {
  bool news = Replace(newer.health, health);
  news = Replace(newer.admin, admin) || news;
  news = Replace(newer.percent, percent) || news;
  if (news || !newer.remark.empty()) remark = newer.remark;
  return news;
}

std::string AgentReply::ToString() const {
  std::string text;
  const auto add = [&text](std::string_view word) {
    if (!text.empty()) text += ' ';
    text += word;
  };
  if (health) add(room_router::ToString(*health));
  if (admin) add(room_router::ToString(*admin));
  if (percent) add(std::to_string(*percent) + "%");
  if (!remark.empty()) add("# " + remark);
  return text;
}

std::optional<AgentReply> ParseAgentReply(std::string_view bytes) {
  const size_t end = bytes.find_first_of("\r\n");
  if (end >= AgentReply::kLongest) return std::nullopt;  // or it has no end
  std::string_view line = bytes.substr(0, end);
  AgentReply reply;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(kSeparators), line.size()));
    if (line.empty()) return reply;
    if (line.front() == '#') break;
    const size_t length = std::min(line.find_first_of(kSeparators), line.size());
    TakeWord(line.substr(0, length), reply);
    line.remove_prefix(length);
  }
  reply.remark = Remark(line.substr(1));
  return reply;
}

}  // namespace room_router
