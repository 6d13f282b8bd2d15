#include "cli/guarded_run.h"

#include "base/bytes.h"
#include "daemon/runs.h"
#include "os/clock.h"
#include "setup/agent_command.h"
#include "setup/places.h"

namespace weir::cli {
namespace {

constexpr int kOwnFailure = 125;
constexpr int kFinishMs = 5000;

// The daemon gets digests: a prompt is nobody's business until the agent reports it.
std::vector<std::string> prompts_of(const Run& run) {
  std::vector<std::string> digests;
  for (const auto& word : setup::words_given(run.argv))
    digests.push_back(daemon::prompt_digest(word));
  return digests;
}

std::string divergence_text(const daemon::FinishedCall& call) {
  return "the call " + printable(call.tool, 60) + " (" + printable(call.tool_use_id, 80) +
         ") ran without passing its hook; see " + printable(call.where, 300);
}

}  // namespace

daemon::TailOptions transcripts_in(const Run& run, std::vector<std::string> roots) {
  return {.agent = std::string(setup::name(*run.command.agent)),
          .roots = std::move(roots),
          .started_ns = os::wall_ns()};
}

std::optional<daemon::TailOptions> transcripts_of(const Run& run, const os::Places& places) {
  if (!run.command.agent) return std::nullopt;
  const auto around = setup::surroundings(places, run.env, run.cwd, "");
  const bool claude = *run.command.agent == setup::Agent::claude;
  return transcripts_in(run, {claude ? around.claude_dir + "/projects" : around.codex_dir + "/sessions"});
}

RunCourse::RunCourse(const Run& run, daemon::RunLink& link, RunReport& report,
                     std::optional<daemon::TailOptions> tail)
    : run_(run),
      link_(link),
      report_(report),
      watch_(link, {.cwd = run.cwd, .tail = std::move(tail), .observe = run.observe}) {}

daemon::RunStart RunCourse::start() const {
  return {.id = run_.id,
          .agent = run_.command.agent ? std::string(setup::name(*run_.command.agent)) : "",
          .observe = run_.observe,
          .shield = {},
          .pod = {},
          .warnings = run_.command.warnings,
          .prompts = prompts_of(run_)};
}

void RunCourse::end(const std::string& why, const End& end) {
  if (ended_) return;
  ended_ = true;
  if (end)
    end(why);
  else
    found_after_ = why;
  report_.urgent(why);
}

void RunCourse::take(const daemon::RunStep& step) {
  for (const auto& decision : step.decisions)
    report_.decision(decision);
  if (!step.lost_now) return;
  report_.say(
      "the Weir daemon has gone: every further tool call is refused. Start it with `weir daemon`; "
      "this run goes on guarded by the hooks, but its transcript is no longer checked.");
}

void RunCourse::diverged(const daemon::FinishedCall& call, const End& end) {
  const std::string what = divergence_text(call);
  // Enforcing, the daemon has recorded it with the stop of the session; observing, nobody has.
  if (run_.observe) (void)link_.tell("breach", Json::object({{"what", Json::strings({what})}}));
  if (run_.observe)
    report_.say("divergence: " + what);
  else
    this->end("quarantined: " + what, end);
}

RunCourse::ForPod RunCourse::tick(const End& end) {
  if (ended_) return {};
  auto step = watch_.step();
  take(step);
  if (step.stop)
    this->end("stopped: " + printable(*step.stop, 200), end);
  else if (step.divergence)
    diverged(*step.divergence, end);
  return {std::move(step.effects), std::move(step.agents)};
}

RunEnd RunCourse::finish(int exit_code, const std::string& ended_because) {
  RunEnd end{.run = run_.id, .exit_code = exit_code, .ended_because = ended_because};
  const auto last = watch_.finish(kFinishMs);
  take(last);
  // Found only now, because the run was short: the session is stopped, the person is told.
  if (last.divergence) diverged(*last.divergence, nullptr);
  if (end.ended_because.empty()) end.ended_because = found_after_;
  if (!end.ended_because.empty()) end.exit_code = kOwnFailure;
  end.observe = run_.observe;
  end.lost_daemon = link_.lost();
  end.transcript_expected = run_.command.agent.has_value();
  end.totals = watch_.totals();
  return end;
}

void RunCourse::record(const RunEnd& end) {
  Json facts = to_json(end);
  facts.erase("run");
  (void)link_.tell("ended", std::move(facts));
}

}  // namespace weir::cli
