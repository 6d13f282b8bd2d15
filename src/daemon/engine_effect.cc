// What programs in a pod are about to do: each is an Event of the session of the agent that it is below of,
// and is judged like a tool call, on that session's strand.
#include <utility>

#include "daemon/effect.h"
#include "daemon/engine.h"
#include "daemon/engine_tree.h"
#include "os/clock.h"
#include "os/random.h"

namespace weir::daemon {

using event::Event;

// The session that the agent's hooks spoke for last. Before the first hook the run has one of its own.
std::string Engine::root_of_effect(const Run& run, const Effect& effect,
                                   std::optional<std::size_t> agent_at) {
  {
    const std::lock_guard lock(mutex_);
    if (agent_at)
      if (const auto it = roots_of_agents_.find(effect.chain[*agent_at]); it != roots_of_agents_.end())
        return it->second;
  }
  if (!run.sessions.empty()) return *run.sessions.rbegin();
  return run.agent + ":run-" + run.id;
}

// Before the verdict leaves: what the agent then starts is known as started by an agent.
void Engine::note_agent(const Event& event, const std::optional<Run>& run) {
  constexpr std::size_t kAgentsMax = 1024;
  const auto pid = event.corr.find("pid");
  const auto start = event.corr.find("pid_start");
  if (pid == event.corr.end() || start == event.corr.end()) return;
  const ProcessKey key{static_cast<pid_t>(std::stol(pid->second)), std::stoull(start->second)};
  if (run && runs_.note_agent_of(run->connection, key) && agent_observer_) agent_observer_(*run, key);
  const std::lock_guard lock(mutex_);
  if (roots_of_agents_.size() >= kAgentsMax && !roots_of_agents_.contains(key)) roots_of_agents_.clear();
  roots_of_agents_[key] = event.root;
}

void Engine::effect(const Run& run, Effect effect, EffectAnswer answer) {
  const auto agent_at = agent_in(effect, runs_);
  Event event = effect_event(effect, agent_at);
  event.id = os::new_uuid();
  event.host = options_.host;
  event.user = options_.user;
  event.time = {os::wall_ns(), os::monotonic_ns(), options_.boot, {}};
  event.root = event.session = root_of_effect(run, effect, agent_at);
  event.agent.name = event.root.substr(0, event.root.find(':'));
  auto shared = std::make_shared<Seen>(Seen{run, std::move(effect), std::move(event), std::move(answer)});
  if (!strands_.post(shared->event.root,
                     [this, shared](std::size_t thread) { judge_effect(shared, thread); }))
    shared->answer({.reason = "too much of this session waits"});
}

void Engine::judge_effect(const std::shared_ptr<Seen>& seen, std::size_t thread) {
  const auto refuse = [&](const Error& error) {
    log_.warn("a connection or program was refused without a decision", {{"why", error.what}});
    seen->answer({.reason = error.what});
  };
  const auto tree = tree_of(seen->event.root, thread);
  if (!tree) return refuse(tree.error());
  const auto decided = decide(**tree, seen->event, seen->run);
  if (!decided) return refuse(decided.error());
  const bool brings = note_source(*seen, decided->decision);
  auto commit = seal(*decided);
  if (!commit) {
    committer_.begin_generation();
    return refuse(commit.error());
  }
  commit->generation = (*tree)->generation;
  note_forgotten(**tree);
  Notice notice{.decision = decided->decision,
                .agent = seen->event.agent.name,
                .tool = std::string(seen->effect.begins() ? kProgramTool : kConnectionTool),
                .summary = summary_of(seen->effect),
                .run = seen->run.id,
                .tool_use_id = {}};
  if (!notice.decision.approval_id.empty()) hold_effect(notice, seen);
  commit->done = [this, seen, notice, brings](const Status& status) {
    if (!status) {
      seen->answer({.reason = status.error().what});
      return;
    }
    tell(notice);
    // A held one is answered when a person has, or when nobody did for long enough.
    if (notice.decision.approval_id.empty())
      seen->answer({.allow = event::lets_run(notice.decision.verdict),
                    .reason = notice.decision.reason,
                    .of_agent = seen->event.data["from"].text_or("") == "agent",
                    .brings = brings});
  };
  committer_.submit(std::move(*commit), Committer::Caller::may_wait);
}

// Packages and repositories have rules of their own, helpers are the agent's: what an explained call fetches,
// or one that nothing explains, is from outside.
bool Engine::note_source(const Seen& seen, const event::Decision& decision) {
  constexpr std::size_t kSourcesMax = 4096;
  if (decision.actions.empty() || seen.effect.begins()) return false;
  const Json& attrs = decision.actions.front().attrs;
  const std::string_view what = attrs["what"].text_or("");
  if (what != "host" && what != "unknown-host" && !attrs["unexplained"].bool_or(false)) return false;
  const std::lock_guard lock(mutex_);
  if (sources_.size() >= kSourcesMax) sources_.clear();
  sources_[seen.run.id + ' ' + place_of(seen.effect)] = {decision.root, decision.seq};
  return true;
}

void Engine::holds(const Run& run, const std::string& path, bool below, const std::string& place) {
  std::pair<std::string, std::uint64_t> from;
  {
    const std::lock_guard lock(mutex_);
    const auto it = sources_.find(run.id + ' ' + place);
    if (it == sources_.end()) return;
    from = it->second;
  }
  carried_.came(path, below, from.first, from.second);
}

void Engine::hold_effect(const Notice& notice, const std::shared_ptr<Seen>& seen) {
  remember_held(notice, seen->event);
  const std::lock_guard lock(mutex_);
  held_[notice.decision.approval_id].tool = notice.tool;
  std::erase_if(held_effects_, [&](const auto& item) { return !held_.contains(item.first); });
  held_effects_[notice.decision.approval_id] = seen;
}

// A person has answered: the same connection is judged once more, and finds the answer.
void Engine::release_effect(const std::string& approval_id) {
  std::shared_ptr<Seen> seen;
  {
    const std::lock_guard lock(mutex_);
    const auto it = held_effects_.find(approval_id);
    if (it == held_effects_.end()) return;
    seen = std::move(it->second);
    held_effects_.erase(it);
  }
  seen->event.id = os::new_uuid();
  seen->event.seq = 0;
  seen->event.time = {os::wall_ns(), os::monotonic_ns(), options_.boot, {}};
  if (!strands_.post(seen->event.root, [this, seen](std::size_t thread) { judge_effect(seen, thread); }))
    seen->answer({.reason = "too much of this session waits"});
}

}  // namespace weir::daemon
