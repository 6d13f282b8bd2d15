// Prompts on their way to the planner (planner.h), and what it makes of them on its way into the session.
#include "daemon/engine.h"
#include "daemon/engine_tree.h"
#include "daemon/probes.h"
#include "daemon/records.h"
#include "os/clock.h"
#include "os/random.h"

namespace weir::daemon {

namespace kind = event::kind;
using event::Event;

// Only what counts as typed by the user: nothing that was overheard, no sub-agent's task, no probe.
std::shared_ptr<const Event> Engine::worth_planning(const HookCall& call, const Event& event) const {
  const bool of_user =
      event.kind == kind::kPrompt && event.agent.id.empty() && event.data["spoken_by"].is_null();
  if (!planner_.is_on() || !of_user || call.of_planner || is_probe_root(event.root)) return nullptr;
  return std::make_shared<const Event>(event);
}

// The prompt is recorded and answered.
void Engine::plan_later(const std::shared_ptr<const Event>& prompt) {
  if (auto words = pack()->flow_words()) planner_.ask(prompt, std::move(words));
}

// An event of its own, between two calls of that tree: it holds from there on, and again when replayed.
void Engine::note_plan(const Event& prompt, const PlannerResult& result, const Planner::Dropped& dropped) {
  Json body = result.outcome == PlannerResult::Outcome::used
                  ? Json::object({{"plan", flow::to_json(result.answer.planned)}})
                  : Json::object({{"why", result.why.message()}});
  if (result.answer.not_typed > 0) body.set("not_typed", result.answer.not_typed);
  auto event = std::make_shared<Event>(plan_event(prompt, name(result.outcome), std::move(body)));
  const bool queued = strands_.post(prompt.root, [this, event, dropped](std::size_t thread) {
    if (*dropped) return;
    const auto tree = tree_of(event->root, thread);
    if (!tree) {
      log_.warn("a plan is not recorded", {{"session", event->session}, {"why", tree.error().what}});
      return;
    }
    event->id = os::new_uuid();
    event->time = {os::wall_ns(), os::monotonic_ns(), options_.boot, {}};
    (*tree)->guard->admit(*event);
    (*tree)->guard->note(*event);
    if (const Status status = commit_event(**tree, *event, {}); !status)
      log_.warn("a plan is not recorded", {{"session", event->session}, {"why", status.error().what}});
  });
  if (!queued) log_.warn("a plan is dropped: too much waits in its session", {{"session", prompt.session}});
}

}  // namespace weir::daemon
