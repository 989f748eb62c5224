// SPDX-License-Identifier: Apache-2.0
#include "router/confinement.h"

#include <unistd.h>

#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "config/load.h"
#include "config/referenced_files.h"
#include "router/privileges.h"
#include "router/sandbox.h"

namespace room_router {
namespace {

using config::LogLevel;

std::vector<std::string> FilesReadAgain(const config::Config& config, const std::string& path) {
  std::vector<std::string> files = config::ConfigFiles(path);
  for (const std::string& file : config::ReferencedFiles(config)) files.push_back(file);
  for (const auto& [status, file] : config.errors) files.push_back(file);
  return files;
}

FileRules RulesFor(const config::Config& config) {
  FileRules rules;
  const config::AccessLog& log = config.logging.access;
  const bool is_file = log.output != "stdout" && log.output != "stderr";
  if (log.format != config::AccessFormat::kOff && is_file) rules.written.push_back(log.output);
  for (const config::AdminSocket& socket : config.admin.sockets) {
    if (!socket.path.empty()) rules.removed.push_back(socket.path);
  }
  return rules;
}

std::string FolderOf(const std::string& file) {
  std::error_code ignored;
  return std::filesystem::absolute(file, ignored).parent_path().string();
}

bool Readable(const std::string& path) { return access(path.c_str(), R_OK) == 0; }

std::string OnOr(const std::string& why_not) { return why_not.empty() ? "on" : why_not; }

}  // namespace

Confinement::Confinement(const config::Config& config, std::string config_path)
    : process_(config.process),
      read_again_(FilesReadAgain(config, config_path)),
      rules_(RulesFor(config)) {
  if (process_.user.empty() || geteuid() != 0) return;
  const config::Account account = config::FindAccount(process_);
  if (account.user != 0) becomes_ = account;
}

std::string Confinement::Begin() {
  if (!becomes_) return "";
  const std::string mistake = TakeFilesOf(*becomes_);
  return mistake.empty() ? "" : "can't become process.user " + process_.user + ": " + mistake;
}

std::string Confinement::Complete(Log& log) {
  if (std::string mistake = GiveUpRoot(log); !mistake.empty()) return mistake;
  if (!process_.sandbox) {
    log.Write(LogLevel::kInfo, "sandbox", {{"detail", "off, by process.sandbox"}});
    return "";
  }
  const SandboxReport report = EnterSandbox(rules_);
  log.Write(LogLevel::kInfo, "sandbox",
            {{"no_new_privileges", OnOr(report.no_new_privileges)},
             {"no_core_dumps", OnOr(report.no_core_dumps)},
             {"file_rules", OnOr(report.files)},
             {"syscall_filter", OnOr(report.system_calls)}});
  return "";
}

std::string Confinement::GiveUpRoot(Log& log) {
  if (becomes_) {
    if (const std::string mistake = Become(*becomes_); !mistake.empty()) {
      return "can't become process.user " + process_.user + ": " + mistake;
    }
    log.Write(
        LogLevel::kInfo, "became_user",
        {{"user", std::to_string(becomes_->user)}, {"group", std::to_string(becomes_->group)}});
    TellUnreadable(log);
  } else if (geteuid() == 0) {
    log.Write(LogLevel::kWarning, "running_as_root",
              {{"detail", "name the user it shall become in process.user, or start it as one"}});
  } else if (!process_.user.empty() && config::FindAccount(process_).user != geteuid()) {
    log.Write(LogLevel::kWarning, "process_user_ignored",
              {{"user", process_.user}, {"detail", "only root can become another user"}});
  }
  return "";
}

void Confinement::TellUnreadable(Log& log) const {
  std::set<std::string> unwatched;
  for (const std::string& file : read_again_) {
    if (!Readable(file)) {
      log.Write(
          LogLevel::kWarning, "not_readable",
          {{"file", file}, {"detail", "a reload will fail: " + process_.user + " can't read it"}});
    } else if (!Readable(FolderOf(file))) {
      unwatched.insert(FolderOf(file));
    }
  }
  for (const std::string& folder : unwatched) {
    log.Write(LogLevel::kWarning, "not_watched",
              {{"folder", folder},
               {"detail",
                "changes are read on SIGHUP only: " + process_.user + " can't read the folder"}});
  }
}

}  // namespace room_router
