#include "daemon/runs.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/hash.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kAgentsMax = 4096;
constexpr std::size_t kRunSessionsMax = 1024;

}  // namespace

// Programs that agents are. Ancestry is a seat-belt (a process may leave its family); the PIN is the lock. So
// a test bench or a script that calls the shim itself is not taken for an agent.
bool is_agent(std::string_view name) {
  static constexpr std::array kAgents = {"claude", "codex",   "node",     "bun",      "deno",
                                         "gemini", "copilot", "opencode", "openclaw", "MainThread"};
  return std::any_of(kAgents.begin(), kAgents.end(),
                     [&](std::string_view agent) { return name.starts_with(agent); });
}

bool stands_between(std::string_view name) {
  static constexpr std::array kBetween = {"sh",  "bash", "dash", "zsh",  "ash",       "ksh",
                                          "csh", "tcsh", "mksh", "fish", "weir-hook", "timeout"};
  return std::find(kBetween.begin(), kBetween.end(), name) != kBetween.end();
}

std::string prompt_digest(std::string_view prompt) {
  return digest_text(sha256(trim(prompt)));
}

void Runs::add(const Run& run) {
  const std::lock_guard lock(mutex_);
  runs_[run.connection] = run;
}

void Runs::remove(std::uint64_t connection) {
  const std::lock_guard lock(mutex_);
  runs_.erase(connection);
}

std::vector<Run> Runs::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Run> list;
  for (const auto& [connection, run] : runs_)
    list.push_back(run);
  return list;
}

bool Runs::note_session(std::uint64_t connection, const std::string& root) {
  const std::lock_guard lock(mutex_);
  const auto it = runs_.find(connection);
  if (it == runs_.end() || it->second.sessions.size() >= kRunSessionsMax) return false;
  return it->second.sessions.insert(root).second;
}

bool Runs::note_agent_of(std::uint64_t connection, const ProcessKey& agent) {
  const std::lock_guard lock(mutex_);
  const auto it = runs_.find(connection);
  if (it == runs_.end() || it->second.agents.size() >= kRunSessionsMax) return false;
  return it->second.agents.insert(agent).second;
}

std::vector<os::ProcessInfo> Runs::lineage(pid_t pid) const {
  bool any_run = false;
  {
    const std::lock_guard lock(mutex_);
    any_run = !runs_.empty();
  }
  if (any_run) return os::ancestry(pid);
  std::vector<os::ProcessInfo> chain;
  constexpr std::size_t kAncestorsMax = 64;
  while (pid > 0 && chain.size() < kAncestorsMax) {
    const auto info = os::process_info(pid);
    if (!info) break;
    chain.push_back(*info);
    if (!stands_between(info->name)) break;  // the agent, or nobody Weir knows
    pid = info->ppid;
  }
  return chain;
}

std::optional<Run> Runs::run_of(const std::vector<os::ProcessInfo>& ancestry) const {
  const std::lock_guard lock(mutex_);
  for (const auto& process : ancestry)
    for (const auto& [connection, run] : runs_)
      if (run.pid == process.pid && run.start_ticks == process.start_ticks) return run;
  return std::nullopt;
}

std::optional<ProcessKey> Runs::note_agent(const std::vector<os::ProcessInfo>& ancestry) {
  const auto agent = std::find_if(ancestry.begin(), ancestry.end(),
                                  [](const auto& process) { return !stands_between(process.name); });
  if (agent == ancestry.end() || agent->pid <= 1 || !is_agent(agent->name)) return std::nullopt;
  const ProcessKey key{agent->pid, agent->start_ticks};
  const std::lock_guard lock(mutex_);
  if (agents_.insert(key).second) {
    agents_order_.push_back(key);
    if (agents_order_.size() > kAgentsMax) {
      agents_.erase(agents_order_.front());
      agents_order_.erase(agents_order_.begin());
    }
  }
  return key;
}

bool Runs::has_agent(const std::vector<os::ProcessInfo>& ancestry) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(ancestry.begin(), ancestry.end(), [&](const auto& process) {
    return agents_.contains({process.pid, process.start_ticks});
  });
}

bool Runs::is_agent_process(const ProcessKey& process) const {
  const std::lock_guard lock(mutex_);
  return agents_.contains(process);
}

bool Runs::is_guarded(const std::vector<os::ProcessInfo>& ancestry) const {
  const std::lock_guard lock(mutex_);
  for (const auto& process : ancestry) {
    if (agents_.contains({process.pid, process.start_ticks})) return true;
    for (const auto& [connection, run] : runs_)
      if (run.pid == process.pid && run.start_ticks == process.start_ticks) return true;
  }
  return false;
}

}  // namespace weir::daemon
