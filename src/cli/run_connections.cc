#include "cli/run_connections.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/bytes.h"
#include "pod/mountinfo.h"

namespace weir::cli {

// "/bin/sh" where /bin is a link to usr/bin: "/usr/bin/sh". What is executed is told as it was asked for.
std::string behind_links(const pod::PodSpec& spec, const std::string& path) {
  for (const auto& link : spec.links) {
    if (!pod::is_within(path, link.at)) continue;
    const std::filesystem::path target = std::filesystem::path(link.at).parent_path() / link.target;
    return target.lexically_normal().string() + path.substr(link.at.size());
  }
  return path;
}

// The innermost mount counts: a workspace may lie below something that is read-only.
bool is_fixed(const pod::PodSpec& spec, std::string_view path) {
  const pod::PodMount* innermost = nullptr;
  for (const auto& mount : spec.mounts)
    if (pod::is_within(path, mount.at) && (innermost == nullptr || mount.at.size() >= innermost->at.size()))
      innermost = &mount;
  return innermost != nullptr && innermost->kind == pod::PodMount::Kind::read_only;
}

// Files first: they are what a connection can be refused for.
Json holds_of(const pod::ConnectCall& call) {
  Json holds = Json::array();
  for (const auto kind : {pod::Origin::Kind::file, pod::Origin::Kind::host})
    for (const auto& origin : call.holds) {
      if (origin.kind != kind || holds.as_array().size() >= daemon::kEffectHoldsMax) continue;
      std::vector<std::string> steps;
      for (const auto& step : origin.steps)
        steps.push_back(to_valid_utf8(step));
      holds.push(Json::object({{"kind", pod::name(kind)},
                               {"name", to_valid_utf8(origin.name)},
                               {"steps", Json::strings(steps)}}));
    }
  return holds;
}

// Who does it, from its process to the pod's own program.
daemon::Effect effect_by(std::uint64_t id, const pod::ProcessSeen& process, const pod::PodSpec& spec) {
  daemon::Effect effect;
  effect.id = id;
  effect.chain.push_back({process.pid, process.start_ticks});
  for (const auto& parent : process.parents) {
    const daemon::ProcessKey key{parent->pid, parent->start_ticks};
    if (effect.chain.size() >= daemon::kEffectChainMax) {
      effect.orphan = true;
      break;
    }
    if (effect.chain.back() != key) effect.chain.push_back(key);
    effect.parents.push_back(to_valid_utf8(parent->program));
  }
  effect.orphan = effect.orphan || process.orphan;
  effect.program = process.program;
  effect.fixed = is_fixed(spec, process.program);
  effect.argv = process.argv;
  return effect;
}

daemon::Effect effect_of(const pod::ConnectCall& call, const pod::PodSpec& spec) {
  daemon::Effect effect = effect_by(call.id, call.process, spec);
  effect.how = pod::name(call.how);
  effect.host = call.host;
  effect.address = call.address;
  effect.port = call.port;
  effect.holds = holds_of(call);
  return effect;
}

daemon::Effect effect_of(const pod::ExecCall& call, const pod::PodSpec& spec) {
  daemon::Effect effect = effect_by(call.id, call.process, spec);
  effect.how = "exec";
  effect.fixed = is_fixed(spec, behind_links(spec, call.process.program));
  effect.cwd = call.process.cwd;
  return effect;
}

RunConnections::RunConnections(const pod::PodSpec& spec, daemon::RunLink& link, std::string home)
    : spec_(spec), link_(link), secrets_(home), programs_(std::move(home)) {}

void RunConnections::attach(pod::PodOptions& options) {
  if (!spec_.supervised) return;
  options.supervise.decide = [this](const pod::ConnectCall& call) { return decide(call); };
  options.supervise.decide_exec = [this](const pod::ExecCall& call) { return decide(call); };
  options.supervise.on_gone = [this](std::uint64_t id) {
    waiting_.erase(id);
    beginning_.erase(id);
  };
  options.supervise.is_origin = [this](const std::string& path) { return secrets_.contains(path); };
  options.supervise.on_holds = [this](const std::string& path, const pod::Origin& origin) {
    if (origin.kind == pod::Origin::Kind::host) tell_holds(path, origin.name);
  };
}

// Of a directory with many such files it is said that all in it is so.
void RunConnections::tell_holds(const std::string& path, const std::string& place) {
  constexpr std::size_t kFilesMax = 32;  // of one directory and place
  constexpr std::size_t kDirectoriesMax = 4096;
  const std::string directory = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  if (link_.lost() || told_.size() >= kDirectoriesMax) return;
  const std::size_t files = ++told_[{directory, place}];
  if (files <= kFilesMax) (void)link_.holds(to_valid_utf8(path), false, place);
  if (files == kFilesMax) (void)link_.holds(to_valid_utf8(directory), true, place);
}

pod::ConnectVerdict RunConnections::decide(const pod::ConnectCall& call) {
  const daemon::ProcessKey process{call.process.pid, call.process.start_ticks};
  if (link_.lost() || !link_.effect(effect_of(call, spec_))) return without_daemon(process);
  waiting_[call.id] = process;
  return pod::ConnectVerdict::later();
}

pod::ConnectVerdict RunConnections::decide(const pod::ExecCall& call) {
  if (link_.lost() || !programs_.asks(call.process) || !link_.effect(effect_of(call, spec_)))
    return pod::ConnectVerdict::allow();
  beginning_.emplace(call.id, call.process);
  return pod::ConnectVerdict::later();
}

pod::ConnectVerdict RunConnections::without_daemon(const daemon::ProcessKey& process) const {
  return agents_.contains(process) ? pod::ConnectVerdict::allow() : pod::ConnectVerdict::refuse(EACCES);
}

void RunConnections::tick(pod::PodControl& pod, const RunCourse::ForPod& told) {
  constexpr std::size_t kAgentsMax = 64;
  for (const auto& agent : told.agents) {
    pod.known_otherwise(agent.pid);
    programs_.agent(agent);
  }
  for (const auto& [id, news] : told.answers) {
    if (const auto begins = beginning_.extract(id)) {
      if (news.allow) programs_.allowed(begins.mapped());
      pod.answer(id, news.allow ? pod::ConnectVerdict::allow() : pod::ConnectVerdict::refuse(EACCES));
      continue;
    }
    const auto it = waiting_.find(id);
    if (it == waiting_.end()) continue;
    if (news.of_agent && agents_.size() < kAgentsMax) agents_.insert(it->second);
    waiting_.erase(it);
    auto verdict = news.allow ? pod::ConnectVerdict::allow() : pod::ConnectVerdict::refuse(EACCES);
    verdict.is_source = news.brings;
    pod.answer(id, verdict);
  }
  if (!link_.lost()) return;
  for (const auto& [id, process] : waiting_)
    pod.answer(id, without_daemon(process));
  waiting_.clear();
  for (const auto& [id, process] : beginning_)
    pod.answer(id, pod::ConnectVerdict::allow());
  beginning_.clear();
}

}  // namespace weir::cli
