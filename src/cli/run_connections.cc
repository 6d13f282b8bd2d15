#include "cli/run_connections.h"

#include <cerrno>

#include "base/bytes.h"
#include "pod/mountinfo.h"

namespace weir::cli {

// The innermost mount counts: a workspace may lie below something that is read-only.
bool is_fixed(const pod::PodSpec& spec, std::string_view path) {
  const pod::PodMount* innermost = nullptr;
  for (const auto& mount : spec.mounts)
    if (pod::is_within(path, mount.at) && (innermost == nullptr || mount.at.size() >= innermost->at.size()))
      innermost = &mount;
  return innermost != nullptr && innermost->kind == pod::PodMount::Kind::read_only;
}

daemon::Effect effect_of(const pod::ConnectCall& call, const pod::PodSpec& spec) {
  daemon::Effect effect;
  effect.id = call.id;
  effect.chain.push_back({call.process.pid, call.process.start_ticks});
  for (const auto& parent : call.process.parents) {
    const daemon::ProcessKey key{parent->pid, parent->start_ticks};
    if (effect.chain.size() >= daemon::kEffectChainMax) {
      effect.orphan = true;
      break;
    }
    if (effect.chain.back() != key) effect.chain.push_back(key);
    effect.parents.push_back(to_valid_utf8(parent->program));
  }
  effect.orphan = effect.orphan || call.process.orphan;
  effect.program = call.process.program;
  effect.fixed = is_fixed(spec, call.process.program);
  effect.argv = call.process.argv;
  effect.how = pod::name(call.how);
  effect.host = call.host;
  effect.address = call.address;
  effect.port = call.port;
  return effect;
}

void RunConnections::attach(pod::PodOptions& options) {
  if (!spec_.supervised) return;
  options.supervise.decide = [this](const pod::ConnectCall& call) { return decide(call); };
  options.supervise.on_gone = [this](std::uint64_t id) { waiting_.erase(id); };
}

pod::ConnectVerdict RunConnections::decide(const pod::ConnectCall& call) {
  const daemon::ProcessKey process{call.process.pid, call.process.start_ticks};
  if (link_.lost() || !link_.effect(effect_of(call, spec_))) return without_daemon(process);
  waiting_[call.id] = process;
  return pod::ConnectVerdict::later();
}

pod::ConnectVerdict RunConnections::without_daemon(const daemon::ProcessKey& process) const {
  return agents_.contains(process) ? pod::ConnectVerdict::allow() : pod::ConnectVerdict::refuse(EACCES);
}

void RunConnections::tick(pod::PodControl& pod, const std::map<std::uint64_t, daemon::EffectNews>& answers) {
  constexpr std::size_t kAgentsMax = 64;
  for (const auto& [id, news] : answers) {
    const auto it = waiting_.find(id);
    if (it == waiting_.end()) continue;
    if (news.of_agent && agents_.size() < kAgentsMax) agents_.insert(it->second);
    waiting_.erase(it);
    pod.answer(id, news.allow ? pod::ConnectVerdict::allow() : pod::ConnectVerdict::refuse(EACCES));
  }
  if (!link_.lost()) return;
  for (const auto& [id, process] : waiting_)
    pod.answer(id, without_daemon(process));
  waiting_.clear();
}

}  // namespace weir::cli
