#include "cli/run_programs.h"

#include "cli/guarded_run.h"
#include "content.h"
#include "guard/beyond_pod.h"

namespace weir::cli {

void RunPrograms::agent(const daemon::ProcessKey& process) {
  constexpr std::size_t kAgentsMax = 64;
  if (agents_.size() < kAgentsMax) agents_.insert(process);
}

std::optional<daemon::ProcessKey> RunPrograms::branch_of(const pod::ProcessSeen& process) const {
  daemon::ProcessKey below{process.pid, process.start_ticks};
  for (const auto& parent : process.parents) {
    const daemon::ProcessKey key{parent->pid, parent->start_ticks};
    if (agents_.contains(key)) return below;
    below = key;
  }
  return std::nullopt;
}

const shell::CommandTable& RunPrograms::commands() const {
  if (commands_) return *commands_;
  commands_.emplace();
  for (const auto& file : content_files())
    if (file.name.starts_with("commands/") && file.name.ends_with(".yaml"))
      (void)commands_->add(file.bytes, file.name);  // a test reads them all
  return *commands_;
}

bool RunPrograms::asks(const pod::ProcessSeen& process) const {
  if (agents_.empty()) return false;  // its first hook comes before its first call
  if (process.program == std::string(kPodWeir) + "/weir-hook") return false;  // by which the daemon is asked
  const auto branch = branch_of(process);
  if (!branch) return process.orphan;
  if (!known_.contains({*branch, process.program})) return true;
  return !guard::beyond_pod(process.argv, {process.cwd, home_, process.cwd}, commands(), {}).empty();
}

void RunPrograms::allowed(const pod::ProcessSeen& process) {
  constexpr std::size_t kKnownMax = 16'384;
  if (known_.size() >= kKnownMax) known_.clear();
  if (const auto branch = branch_of(process)) known_.insert({*branch, process.program});
}

}  // namespace weir::cli
