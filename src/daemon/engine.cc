#include "daemon/engine.h"

#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/redact.h"
#include "daemon/engine_tree.h"
#include "daemon/observer.h"
#include "daemon/pack_loader.h"
#include "daemon/proofs.h"
#include "daemon/records.h"
#include "daemon/replay.h"
#include "daemon/shown.h"
#include "ingest/mcp_wire.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/random.h"

namespace weir::daemon {
namespace {

namespace kind = event::kind;
using event::Event;

constexpr int kRoundsMax = 4;        // prepare() may ask again after answers
constexpr std::size_t kThreads = 3;  // one of them may be waiting for the disk

// Is this an Event that wants a verdict, or one that only changes state?
bool wants_verdict(const HookCall& call, const Event& event) {
  if (!ingest::event_gates(call.agent, call.event)) return false;
  return event.kind == kind::kToolCall || event.kind == kind::kConfigChange || event.kind == kind::kPrompt ||
         event.kind == kind::kLifecycle || event.kind == kind::kOffered;
}

// To the agent of the tree that the event is of.
bool is_untrusted(const guard::Guard& guard, const Event& event) {
  return guard.flow() != nullptr &&
         guard.flow()->label_for(event.agent.id).integrity() == flow::Integrity::untrusted;
}

// A planner that is an agent itself has hooks, too. Its prompts are no new ones of the user's: asking it
// about them would never end.
bool is_of_planner(const Event& event, const HookCall& call) {
  if (event.kind != kind::kPrompt || call.peer.pid == ::getpid()) return false;
  const auto chain = os::ancestry(call.peer.pid);
  return std::any_of(chain.begin(), chain.end(), [](const auto& one) { return one.pid == ::getpid(); });
}

ingest::HookAnswer render(const std::string& agent, const std::string& event_name,
                          const event::Decision& decision) {
  return agent == ingest::kMcp ? ingest::render_mcp(event_name, decision)
                               : ingest::render_hook(agent, event_name, decision);
}

std::string tool_use_id_of(const Event& event) {
  const auto it = event.corr.find("tool_use_id");
  return it == event.corr.end() ? std::string() : it->second;
}

}  // namespace

// At what it had to forget to stay bounded: counts it for `weir status`, and says so once.
void Engine::note_forgotten(Tree& tree) {
  const auto now = tree.guard->forgotten();
  const bool first = tree.facts_forgotten == 0 && tree.correlations_forgotten == 0;
  if (now == guard::Guard::Forgotten{tree.facts_forgotten, tree.correlations_forgotten}) return;
  tree.facts_forgotten = now.facts;
  tree.correlations_forgotten = now.correlations;
  if (!first) return;
  log_.warn("a session's past is longer than may be kept; facts and correlations of it may be too low",
            {{"session", tree.root},
             {"facts", std::to_string(now.facts)},
             {"correlations", std::to_string(now.correlations)}});
}

Json Engine::forgotten() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t facts = 0;
  std::uint64_t correlations = 0;
  std::uint64_t sessions = 0;
  for (const auto& [root, tree] : trees_) {
    facts += tree->facts_forgotten;
    correlations += tree->correlations_forgotten;
    sessions += tree->facts_forgotten + tree->correlations_forgotten > 0 ? 1 : 0;
  }
  return Json::object({{"facts", facts}, {"correlations", correlations}, {"sessions", sessions}});
}

Engine::Engine(store::Store& store, store::Query& query, Committer& committer, Runs& runs,
               std::shared_ptr<const guard::Pack> pack, EngineOptions options, os::Log log)
    : store_(store),
      query_(query),
      committer_(committer),
      runs_(runs),
      options_(std::move(options)),
      log_(std::move(log)),
      pack_(std::move(pack)),
      projects_(options_.weir_state.empty() ? "" : proofs_dir(options_.weir_state)),
      anomalies_(options_.anomalies, log_),
      carried_(options_.carried_file, log_),
      mcp_(options_.weir_state.empty() ? "" : options_.weir_state + "/mcp", log_),
      planner_(log_),
      memories_(kThreads),
      strands_(kThreads) {
  for (auto& memory : memories_)
    memory = std::make_shared<guard::WorkMemory>();
  const auto later = [this](std::string key) {
    return [this, key = std::move(key)](std::function<void()> work) {
      return strands_.post(key, [work = std::move(work)](std::size_t) { work(); });
    };
  };
  anomalies_.run_later(later("weir anomalies"));
  carried_.run_later(later("weir carried"));
  planner_.on_answer([this](const Event& prompt, const PlannerResult& result,
                            const Planner::Dropped& dropped) { note_plan(prompt, result, dropped); });
  reload_planner();
  constexpr std::size_t kReasonBytesMax = 4096;
  if (options_.stop_file.empty() || !os::exists(options_.stop_file)) return;
  const auto reason = os::read_file(options_.stop_file, kReasonBytesMax);
  stopped_all_ = reason && !reason->empty() ? *reason : "a person stopped all sessions";
}

Engine::~Engine() {
  planner_.stop();  // it posts to the strands
}

void Engine::handle(HookCall call, const Answer& answer) {
  const auto ancestry = runs_.lineage(call.peer.pid);
  const bool wire = call.agent == ingest::kMcp;
  auto event = wire ? ingest::read_mcp(call.event, call.payload)
                    : ingest::read_hook(call.agent, call.event, call.payload);
  if (!event) {
    fail_closed(call, answer, event.error());
    return;
  }
  call.of_planner = planner_.is_on() && is_of_planner(*event, call);
  identify(*event, call, ancestry);
  const auto run = runs_.run_of(ancestry);
  if (wire) {
    join_agent(*event, call.peer.pid);
  } else {
    note_speaker(*event, call, ancestry, run);
    note_agent(*event, run);
  }
  const std::string root = event->root;
  if (run && runs_.note_session(run->connection, root) && session_observer_) session_observer_(*run, root);
  auto shared = std::make_shared<HookCall>(std::move(call));
  auto parsed = std::make_shared<Event>(*std::move(event));
  const bool queued = strands_.post(root, [this, shared, parsed, run, answer](std::size_t thread) {
    const auto found = tree_of(parsed->root, thread);
    if (!found) {
      fail_closed(*shared, answer, found.error());
      return;
    }
    const auto& tree = *found;
    if (const Status seen = look_at_server(*parsed); !seen) {
      fail_closed(*shared, answer, seen.error());
      return;
    }
    if (explain_call(*tree, *parsed, answer)) return;
    if (wants_verdict(*shared, *parsed))
      judge(*tree, *shared, std::move(*parsed), run, answer);
    else
      note(*tree, *shared, std::move(*parsed), run, answer);
  });
  if (!queued)
    fail_closed(*shared, answer,
                Error{ErrorCode::unavailable, "too many calls of this session wait", root,
                      "wait until earlier calls are answered"});
}

void Engine::identify(Event& event, const HookCall& call,
                      const std::vector<os::ProcessInfo>& ancestry) const {
  event.id = os::new_uuid();
  event.host = options_.host;
  event.user = options_.user;
  event.time.wall_ns = os::wall_ns();
  event.time.mono_ns = call.received_ns;
  event.time.boot = options_.boot;
  // What is above a wrapper of a tool server is its client, which may be a person's own program.
  if (event.plane == event::plane::kWire) return;
  if (const auto agent = runs_.note_agent(ancestry)) {
    event.corr["pid"] = std::to_string(agent->pid);
    event.corr["pid_start"] = std::to_string(agent->start_ticks);
  }
}

// A prompt that did not come from the session's agent is no word of the user's, and the event says so. What
// the person gave to the launcher is attested.
void Engine::note_speaker(Event& event, const HookCall& call, const std::vector<os::ProcessInfo>& ancestry,
                          const std::optional<Run>& run) {
  const Voice voice = speakers_.heard(event, call.peer, ancestry, runs_);
  if (event.kind != kind::kPrompt) return;
  if (voice.speaker == Speaker::user) {
    const bool known = run && run->prompts && event.data["spoken_by"].is_null() &&
                       run->prompts->contains(prompt_digest(event.body["text"].text_or("")));
    if (known) event.assurance = event::Assurance::attested;
    return;
  }
  event.data.set("spoken_by", name(voice.speaker));
  event.data.set("spoken_why", voice.why);
  if (voice.speaker != Speaker::tool) return;
  ++prompts_not_believed_;
  log_.warn(
      "a prompt is not believed to be the user's",
      {{"session", event.session}, {"why", std::string(voice.why)}, {"pid", std::to_string(call.peer.pid)}});
}

// The tree as it is in memory; none when it is not there, or holds what could not be recorded.
std::shared_ptr<Engine::Tree> Engine::known_tree(const std::string& root) {
  const std::lock_guard lock(mutex_);
  const auto it = trees_.find(root);
  if (it == trees_.end()) return nullptr;
  // Other facts or rules: what happened before they were defined is read anew from the record.
  const guard::Pack& old = it->second->guard->pack();
  const bool other_facts =
      old.facts()->digest() != pack_->facts()->digest() || old.rules_digest() != pack_->rules_digest();
  if (it->second->generation != committer_.generation() || other_facts) {
    evicted_ = evicted_ || other_facts;
    trees_.erase(it);
    return nullptr;
  }
  it->second->used_ns = os::monotonic_ns();
  it->second->guard->use(pack_);
  return it->second;
}

// The tree, to be worked on by strand thread `thread`.
Result<std::shared_ptr<Engine::Tree>> Engine::tree_of(const std::string& root, std::size_t thread) {
  if (auto known = known_tree(root)) {
    known->guard->work_in(memories_[thread]);
    return known;
  }
  auto tree = std::make_shared<Tree>();
  tree->root = root;
  tree->used_ns = os::monotonic_ns();
  tree->generation = committer_.generation();
  tree->guard =
      std::make_unique<guard::Guard>(pack(), guard::GuardOptions{.home = options_.home,
                                                                 .weir_state = options_.weir_state,
                                                                 .weir_config = options_.weir_config});
  tree->guard->work_in(memories_[thread]);
  TRY_STATUS(rebuild(*tree));
  note_forgotten(*tree);
  const std::lock_guard lock(mutex_);
  if (trees_.size() >= limits::kSessionsMax) {
    // Evicted state is rebuilt from the record when the session speaks again.
    const auto oldest = std::min_element(trees_.begin(), trees_.end(), [](const auto& a, const auto& b) {
      return a.second->used_ns < b.second->used_ns;
    });
    trees_.erase(oldest);
    evicted_ = true;
  }
  trees_[root] = tree;
  return tree;
}

// A session that went on while the daemon was away keeps its budgets, approvals and stops. One whose history
// cannot be read is refused: it might be stopped.
Status Engine::rebuild(Tree& tree) {
  // What was durable before this daemon began is in the index already; what this one recorded may not be.
  bool recorded_here = false;
  {
    const std::lock_guard lock(mutex_);
    recorded_here = evicted_ || tree.generation > 1;
  }
  if (recorded_here && options_.await_index && !options_.await_index())
    return fail(ErrorCode::unavailable, "the session's history is not readable yet", tree.root, "try again");
  TRY(const auto records, load_tree(store_, query_, tree.root));
  TRY([[maybe_unused]] const auto count, replay_records(records, *tree.guard, {}));
  return {};
}

// Puts the policies of the session's own workspace in force. Where they cannot be used the call is refused:
// what they would have refused is not known.
Status Engine::use_project(guard::Guard& guard, const Event& event, const os::FileView& view,
                           guard::Answers& answers) {
  const guard::GuardOptions options{.home = options_.home};
  std::string workspace = guard.state().workspace;
  const std::string cwd(event.body["cwd"].text_or(""));
  if (workspace.empty() && cwd.starts_with('/')) {
    answer_questions({{guard::Question::Kind::workspace, cwd}}, view, answers);
    workspace = guard::workspace_of(event, answers, options);
  }
  TRY(auto use, projects_.of(pack(), workspace));
  if (use.activated) {
    Commit commit;
    commit.urgent = false;
    Json facts = activation_facts(*use.pack, projects_.proofs_dir());
    facts.set("before", pack()->policy_digest());
    commit.entries.push_back(system_entry("pack.activated", os::wall_ns(), facts));
    committer_.submit(std::move(commit));
  }
  guard.use(std::move(use.pack));
  return {};
}

// What is unusual about the call, as far as it is understood. Recorded with the answers.
std::shared_ptr<const Anomalies::Seen> Engine::look_for_anomalies(const guard::Guard& guard,
                                                                  const Event& event,
                                                                  const guard::Answers& answers) {
  std::string workspace = guard.state().workspace;
  if (workspace.empty()) workspace = guard::workspace_of(event, answers, {.home = options_.home});
  return anomalies_.look(event, guard.understood(event), workspace);
}

// From event to Decision, with everything that must be recorded for it to be made again.
Result<Engine::Outcome> Engine::decide(Tree& tree, Event event, const std::optional<Run>& run) {
  guard::Guard& guard = *tree.guard;
  Outcome outcome;
  const os::FileView view = run ? run->view : os::FileView();
  TRY_STATUS(use_project(guard, event, view, outcome.answers));  // before anything changes
  guard::Supplied supplied;
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = verified_.find(event.agent.name); it != verified_.end())
      supplied.level_verified = it->second;
    if (!stopped_all_.empty() && !guard.state().stopped)
      outcome.stop = control_event(tree.root, kind::kControl,
                                   Json::object({{"control", "stop"}, {"reason", stopped_all_}}));
  }
  if (outcome.stop) {
    // `weir stop --all` reaches sessions that begin later, and the record says so.
    guard.admit(*outcome.stop);
    guard.note(*outcome.stop);
    anomalies_.stopped(tree.root);
  }
  guard.admit(event);
  for (int round = 0; round < kRoundsMax; ++round) {
    const auto questions = guard.prepare(event, outcome.answers);
    if (questions.empty()) break;
    answer_questions(questions, view, outcome.answers);
  }
  if (!guard.state().stopped) outcome.seen = look_for_anomalies(guard, event, outcome.answers);
  if (outcome.seen) supplied.anomalies = outcome.seen->look.findings;
  if (guard.flow() != nullptr) {
    const bool untrusted = is_untrusted(guard, event);
    const auto& understood = guard.understood(event);
    supplied.carried = carried_.look(event, understood, options_.home, untrusted, view);
    if (const auto& products = guard.pack().flow_products())
      commit_authors_.look({event, understood, options_.home, untrusted, view}, *products, supplied.carried);
  }
  if (!outcome.answers.empty() || !supplied.anomalies.empty() || !supplied.carried.empty()) {
    outcome.observation = observation_event(event, outcome.answers, supplied.anomalies, supplied.carried);
    outcome.observation->id = os::new_uuid();
    guard.admit(*outcome.observation);
  }
  supplied.decision_id = os::new_uuid();
  supplied.mode = (run ? run->observe : options_.observe) ? guard::Mode::observe : guard::Mode::enforce;
  supplied.isolation = run && !run->isolation.empty() ? run->isolation : options_.isolation;
  supplied.build = options_.build;
  if (event.plane == event::plane::kOs) {
    supplied.level_requested = "pod";
    supplied.level_verified = supplied.isolation == "shielded" ? "L3" : "none";  // less is no such run
  }
  outcome.decision = guard.decide(event, outcome.answers, supplied);
  if (outcome.decision.verdict == event::Verdict::quarantine) anomalies_.stopped(tree.root);
  const bool asks_about_earlier = event.data["phase"].text_or("") == "permission";
  if (event.kind == kind::kToolCall && !asks_about_earlier && event::lets_run(outcome.decision.verdict))
    carried_.released(event, outcome.decision.actions, is_untrusted(guard, event));
  outcome.carried = std::move(supplied.carried);
  outcome.event = std::move(event);
  return outcome;
}

// Seals what an Outcome consists of; nothing is durable yet.
Result<Commit> Engine::seal(const Outcome& outcome) {
  Commit commit;
  if (outcome.stop) {
    TRY(auto sealed, store_.seal(event_draft(*outcome.stop)));
    commit.entries.push_back(event_entry(*outcome.stop, sealed.body_ref));
    commit.records.push_back(std::move(sealed));
  }
  TRY(auto event, store_.seal(event_draft(outcome.event)));
  const event::BodyRef event_ref = event.body_ref;
  commit.records.push_back(std::move(event));
  event::BodyRef observation_ref;
  if (outcome.observation) {
    TRY(auto sealed, store_.seal(event_draft(*outcome.observation)));
    observation_ref = sealed.body_ref;
    commit.records.push_back(std::move(sealed));
  }
  TRY(auto decision, store_.seal(decision_draft(outcome.decision, outcome.event)));
  commit.entries.push_back(
      decision_entry(outcome.decision, outcome.event, event_ref, observation_ref, decision.body_ref));
  commit.records.push_back(std::move(decision));
  return commit;
}

void Engine::judge(Tree& tree, const HookCall& call, Event event, const std::optional<Run>& run,
                   const Answer& answer) {
  const auto decided = decide(tree, std::move(event), run);
  if (!decided) {
    fail_closed(call, answer, decided.error());
    return;
  }
  const Outcome& outcome = *decided;
  if (event::lets_run(outcome.decision.verdict)) {
    speakers_.released(outcome.event, call.peer);
    announce_call(tree, outcome.event);
  }
  auto commit = seal(outcome);
  if (!commit) {
    committer_.begin_generation();  // the state moved on, the record did not
    fail_closed(call, answer, commit.error());
    return;
  }
  commit->generation = tree.generation;
  note_forgotten(tree);
  const Shown shown(outcome.event, outcome.decision.findings, tree.guard->pack().detectors());
  Notice notice{
      outcome.decision, outcome.event.agent.name, std::string(outcome.event.data["tool"].text_or("")),
      shown.summary(),  run ? run->id : "",       tool_use_id_of(outcome.event)};
  if (notice.decision.verdict != event::Verdict::allow) shown.hide_in(notice.decision);
  if (!outcome.decision.approval_id.empty()) remember_held(notice, outcome.event);
  const bool runs = event::lets_run(outcome.decision.verdict);
  const auto prompt = runs ? worth_planning(call, outcome.event) : nullptr;
  commit->done = [this, agent = call.agent, event_name = call.event, received_ns = call.received_ns, notice,
                  answer, prompt, seen = outcome.seen, carried = outcome.carried,
                  view = run ? run->view : os::FileView()](const Status& status) {
    if (!status) {
      fail_closed({.agent = agent, .event = event_name}, answer, status.error());
      return;
    }
    if (seen && event::lets_run(notice.decision.verdict)) anomalies_.released(*seen);
    if (notice.decision.approval) carried_.vouched(carried, view);
    const auto rendered = render(agent, event_name, notice.decision);
    answer(rendered);
    if (prompt) plan_later(prompt);
    record_receipt(notice.decision, rendered, received_ns);
    tell(notice);
  };
  committer_.submit(std::move(*commit), Committer::Caller::may_wait);
}

// Not urgent: it goes to disk with the next group.
void Engine::record_receipt(const event::Decision& decision, const ingest::HookAnswer& rendered,
                            std::int64_t received_ns) {
  event::Receipt receipt;
  receipt.decision = decision.id;
  receipt.delivered = "exit " + std::to_string(rendered.exit_code);
  receipt.outcome = event::lets_run(decision.verdict) ? "released" : "refused";
  receipt.wall_ns = os::wall_ns();
  receipt.latency_ns = os::monotonic_ns() - received_ns;
  auto sealed = store_.seal(receipt_draft(receipt, decision));
  if (!sealed) return;
  Commit later;
  later.records.push_back(*std::move(sealed));
  later.urgent = false;
  committer_.submit(std::move(later));
}

void Engine::note(Tree& tree, const HookCall& call, Event event, const std::optional<Run>& run,
                  const Answer& answer) {
  tree.guard->admit(event);
  tree.guard->note(event);
  if (event.kind == kind::kToolResult)
    carried_.result(event, is_untrusted(*tree.guard, event), run ? run->view : os::FileView());
  anomalies_.note(event);
  if (event.kind == kind::kSessionEnd && event.session == event.root) planner_.forget(event.root);
  note_forgotten(tree);
  const bool gates = ingest::event_gates(call.agent, call.event);
  event::Decision nothing;
  nothing.verdict = event::Verdict::allow;
  const auto allowed = render(call.agent, call.event, nothing);
  const auto prompt = worth_planning(call, event);
  const Status status =
      commit_event(tree, event, [this, call, answer, allowed, gates, prompt](const Status& committed) {
        if (committed || !gates)
          answer(allowed);
        else
          fail_closed(call, answer, committed.error());
        if (committed && prompt) plan_later(prompt);
      });
  if (!status) fail_closed(call, answer, status.error());
}

Status Engine::commit_event(const Tree& tree, Event& event, Done done) {
  auto sealed = store_.seal(event_draft(event));
  if (!sealed) {
    committer_.begin_generation();
    return std::unexpected(sealed.error());
  }
  Commit commit;
  commit.generation = tree.generation;
  commit.entries.push_back(event_entry(event, sealed->body_ref));
  commit.records.push_back(*std::move(sealed));
  commit.done = std::move(done);
  committer_.submit(std::move(commit));
  return {};
}

// The one place where an Error on the decision path becomes a verdict.
void Engine::fail_closed(const HookCall& call, const Answer& answer, const Error& error) {
  log_.warn("refused without a decision",
            {{"agent", call.agent}, {"event", call.event}, {"why", redact(error.what)}});
  answer(ingest::failure_answer(call.agent, call.event, error));
}

std::vector<std::string> Engine::live_roots() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> roots;
  for (const auto& [root, tree] : trees_)
    roots.push_back(root);
  return roots;
}

void Engine::use_pack(std::shared_ptr<const guard::Pack> pack) {
  const std::lock_guard lock(mutex_);
  pack_ = std::move(pack);
}

std::shared_ptr<const guard::Pack> Engine::pack() const {
  const std::lock_guard lock(mutex_);
  return pack_;
}

bool Engine::all_stopped() const {
  const std::lock_guard lock(mutex_);
  return !stopped_all_.empty();
}

void Engine::set_verified(const std::string& agent, const std::string& level) {
  const std::lock_guard lock(mutex_);
  verified_[agent] = level;
}

void Engine::observe_decisions(Observer observer) {
  const std::lock_guard lock(mutex_);
  observers_.push_back(std::move(observer));
}

void Engine::tell(const Notice& notice) {
  std::vector<Observer> observers;
  {
    const std::lock_guard lock(mutex_);
    observers = observers_;
  }
  for (const auto& observer : observers)
    observer(notice);
}

void Engine::drain() {
  strands_.drain();
}

}  // namespace weir::daemon
