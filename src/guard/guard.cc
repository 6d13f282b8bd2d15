#include "guard/guard.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/hash.h"
#include "facts/instant.h"
#include "guard/content.h"
#include "guard/judge.h"
#include "guard/understand.h"

namespace weir::guard {
namespace {

using event::Decision;
using event::Event;
using event::Verdict;
namespace kind = event::kind;

std::string tool_use_id(const Event& event) {
  for (const char* key : {"tool_use_id", "call_id"})
    if (const auto it = event.corr.find(key); it != event.corr.end()) return it->second;
  return {};
}

// What a released call takes from the budgets.
Counters cost_of(const std::vector<event::Action>& actions) {
  Counters cost;
  for (const auto& action : actions) {
    if (action.verb == "file.delete") ++cost.deletes;
    if (action.verb == "file.write") ++cost.writes;
    if (action.verb == "net.connect") ++cost.connects;
    if (action.verb == "agent.spawn") ++cost.spawns;
  }
  return cost;
}

std::vector<event::Finding> findings_of(const std::vector<event::PolicyHit>& hits,
                                        const std::vector<event::Action>& actions) {
  std::vector<event::Finding> findings;
  for (const auto& hit : hits) {
    if (hit.verdict == Verdict::allow || hit.evidence_class == "none") continue;
    event::Finding finding;
    finding.rule = hit.policy;
    finding.evidence_class = hit.evidence_class;
    finding.severity = event::severity_from(hit.severity).value_or(event::Severity::medium);
    if (hit.action < actions.size()) finding.span = actions[hit.action].span;
    finding.message = hit.reason;
    findings.push_back(std::move(finding));
  }
  return findings;
}

// RFC 7386: null removes a member, objects merge, everything else replaces.
void merge_patch(Json& target, const Json& patch) {
  if (!target.is_object()) target = Json::object();
  for (const auto& [key, value] : patch.as_object()) {
    if (value.is_null()) {
      target.erase(key);
    } else if (value.is_object()) {
      Json member = target[key];
      merge_patch(member, value);
      target.set(key, std::move(member));
    } else {
      target.set(key, value);
    }
  }
}

// "Bash: This deletes something outside the workspace." for the list of held calls.
std::string summary_of(const Event& event, const Decision& decision) {
  std::string tool(event.data["tool"].text_or(event.kind));
  return tool + ": " + decision.reason;
}

std::vector<std::string> all_of(const std::vector<std::vector<std::string>>& lists) {
  std::vector<std::string> all;
  for (const auto& list : lists)
    all.insert(all.end(), list.begin(), list.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// The policy whose reason is told speaks of where data came from.
bool decided_by_flow(const Decision& decision) {
  return !decision.policies.empty() && decision.policies.front().evidence_class == "flow";
}

constexpr std::string_view kStoppedPolicy = "session.stopped";

// What is wrong with the arguments by the tool's own schema: a model can mend only what it is told.
void add_unfit(std::string& advice, const Event& event) {
  const Json& unfit = event.body["mcp"]["unfit"];
  if (!unfit.is_array()) return;
  std::string_view between = ": ";
  while (!advice.empty() && (advice.back() == '.' || advice.back() == ' '))
    advice.pop_back();
  for (const auto& one : unfit.as_array()) {
    advice += between;
    advice += one.text_or("");
    between = "; ";
  }
}
}  // namespace

Guard::Guard(std::shared_ptr<const Pack> pack, GuardOptions options)
    : pack_(std::move(pack)),
      options_(std::move(options)),
      facts_(pack_->facts()),
      watch_(pack_->rules()),
      flow_(pack_->flow_words(), pack_->flow_products()) {
  state_.workspace = options_.workspace;
}

void Guard::use(std::shared_ptr<const Pack> pack) {
  if (pack->facts()->digest() != pack_->facts()->digest()) facts_ = facts::Monitor(pack->facts());
  if (pack->rules_digest() != pack_->rules_digest()) watch_ = sigma::Watch(pack->rules());
  pack_ = std::move(pack);
  readings_.forget();
}

void Guard::admit(Event& event) {
  readings_.forget();
  event.seq = ++state_.seq;
  if (state_.root.empty()) state_.root = event.root;
  if (state_.started_ns == 0) state_.started_ns = event.time.wall_ns;
}

std::vector<Question> Guard::prepare(const Event& event, const Answers& answers) const {
  std::vector<Question> open;
  const auto ask = [&](const Question& question) {
    if (answers.contains(question.key())) return;
    if (std::find(open.begin(), open.end(), question) == open.end()) open.push_back(question);
  };
  const std::string cwd(event.body["cwd"].text_or(""));
  if (state_.workspace.empty() && cwd.starts_with('/')) ask({Question::Kind::workspace, cwd});
  read_ = Read{event.id, event.seq, state_.workspace,
               answers,  pack_,     understand(event, state_, options_, *pack_, answers, &readings_)};
  for (const auto& question : read_->understanding.questions)
    ask(question);
  if (answers.size() + open.size() > kQuestionsMax)
    open.resize(answers.size() >= kQuestionsMax ? 0 : kQuestionsMax - answers.size());
  return open;
}

const std::vector<event::Action>& Guard::understood(const Event& event) const {
  static const std::vector<event::Action> nothing;
  return read_ && read_->event == event.id && read_->seq == event.seq ? read_->understanding.actions
                                                                      : nothing;
}

Decision Guard::blank(const Event& event, const Supplied& supplied) const {
  Decision decision;
  decision.id = supplied.decision_id;
  decision.event = event.id;
  decision.session = event.session;
  decision.root = event.root;
  decision.seq = event.seq;
  decision.mode = supplied.mode == Mode::enforce ? "enforce" : "observe";
  decision.level_requested = supplied.level_requested;
  decision.level_verified = supplied.level_verified;
  decision.isolation = supplied.isolation;
  decision.digests = {pack_->policy_digest(), pack_->content_digest(), supplied.build, state_.digest()};
  return decision;
}

Decision Guard::decide(const Event& event, const Answers& answers, const Supplied& supplied) {
  Decision decision = blank(event, supplied);
  adopt_workspace(event, answers, options_, state_);
  judge_into(decision, event, reading(event, answers), supplied);
  if (decision.verdict == Verdict::transform) rewrite(decision, event, answers, supplied);
  settle(decision, event, supplied);
  return decision;
}

Understanding Guard::reading(const Event& event, const Answers& answers) const {
  std::optional<Read> last = std::exchange(read_, std::nullopt);
  if (last && last->event == event.id && last->seq == event.seq && last->workspace == state_.workspace &&
      last->pack == pack_ && last->answers == answers)
    return std::move(last->understanding);
  return understand(event, state_, options_, *pack_, answers);
}

// What the policies say of the event as it was understood; session state is read, not changed.
void Guard::judge_into(Decision& decision, const Event& event, Understanding understanding,
                       const Supplied& supplied) const {
  decision.actions = std::move(understanding.actions);
  decision.assumptions = std::move(understanding.assumptions);
  decision.call_digest = call_digest(event, decision.actions, decision.assumptions, pack_->policy_digest());
  auto found = with_rules(event, decision.actions,
                          supplied.content != nullptr ? *supplied.content : content_findings(event));
  const auto facts = facts_for(event, decision.actions, found);
  decision.facts = all_of(facts);
  auto flow = flow_.assess(event, decision.actions, supplied.carried);
  if (flow) decision.labels = labels_of(*flow);
  const std::size_t usual = found.size();
  found.insert(found.end(), supplied.anomalies.begin(), supplied.anomalies.end());
  const Situation situation{event,
                            state_,
                            options_,
                            decision.mode,
                            supplied.isolation,
                            supplied.level_verified,
                            supplied.level_requested,
                            state_.approvals.given(decision.call_digest, event.time.wall_ns),
                            facts,
                            found,
                            flow ? &*flow : nullptr};
  Judgement judgement = judge(decision.actions, situation, *pack_, memory().policies);
  decision.policies = std::move(judgement.hits);
  decision.findings = findings_of(decision.policies, decision.actions);
  decision.findings.insert(decision.findings.end(), found.begin(), found.end());
  if (event.kind == kind::kOffered) decision.refused_actions = std::move(judgement.refused);
  decision.verdict = decision.would = judgement.verdict;
  decision.reason = std::move(judgement.reason);
  decision.advice = std::move(judgement.advice);
  if (decision.verdict == Verdict::guide) add_unfit(decision.advice, event);
  if (flow && !flow->sentence.empty() && decided_by_flow(decision)) decision.reason += " " + flow->sentence;
  if (found.size() > usual && decision.verdict > Verdict::ask) soften(decision, situation, usual);
  if (judgement.approvals > 1 && decision.verdict == Verdict::ask && supplied.isolation == "same_user") {
    // One person at one keyboard cannot be told from two: asking would promise what cannot be had.
    decision.verdict = decision.would = Verdict::deny;
    decision.reason +=
        " The policy wants two people to approve it, and this installation cannot tell two people "
        "apart: every approver is the same user. It needs `weir init --system`.";
  }
  assessed_ = std::move(flow);
}

// What is refused only because it is unusual is asked instead. `without`: findings that are no anomalies.
void Guard::soften(Decision& decision, const Situation& situation, std::size_t without) const {
  Situation usual = situation;
  usual.findings = situation.findings.first(without);
  const Judgement judgement = judge(decision.actions, usual, *pack_, memory().policies);
  if (judgement.verdict >= decision.verdict) return;
  decision.verdict = decision.would = std::max(judgement.verdict, Verdict::ask);
  if (judgement.verdict > Verdict::ask) {
    decision.reason = judgement.reason;
    decision.advice = judgement.advice;
    return;
  }
  decision.advice.clear();
  decision.reason += " What speaks for that is only that the call is unusual, so a person is asked.";
}

// The input as the transforming policies want it. What would run then is judged like any call: a rewrite is
// no way around a stronger policy.
void Guard::rewrite(Decision& decision, const Event& event, const Answers& answers,
                    const Supplied& supplied) const {
  const sigma::Watch::Seen as_called = seen_;
  Event changed = event;
  Json input = event.body["input"].is_object() ? event.body["input"] : Json::object();
  for (const auto& hit : decision.policies)
    if (hit.verdict == Verdict::transform && hit.mode == "enforce")
      merge_patch(input, pack_->meta(hit.policy).rewrite);
  changed.body.set("input", input);
  Decision after = decision;
  Supplied for_changed = supplied;
  for_changed.content = nullptr;
  judge_into(after, changed, understand(changed, state_, options_, *pack_, answers), for_changed);
  if (after.verdict > Verdict::transform) {
    after.reason = "As a policy would rewrite it: " + after.reason;
    decision = std::move(after);
    return;
  }
  decision.rewrite = std::move(input);
  seen_ = as_called;
}

// From verdict to state: kill switch, approvals, observe mode, budgets, intents.
void Guard::settle(Decision& decision, const Event& event, const Supplied& supplied) {
  if (state_.stopped) {
    decision.verdict = decision.would = Verdict::quarantine;
    decision.reason = "This session was stopped: " + state_.stop_reason;
    decision.policies.insert(decision.policies.begin(), {std::string(kStoppedPolicy),
                                                         Verdict::quarantine,
                                                         "enforce",
                                                         decision.reason,
                                                         "high",
                                                         "tampering",
                                                         {},
                                                         0});
  } else if (decision.verdict == Verdict::ask && supplied.mode == Mode::enforce) {
    apply_approval(decision, event, supplied);
  }
  if (const auto it = state_.refused.find(decision.call_digest); it != state_.refused.end())
    decision.replaces = it->second;
  if (supplied.mode == Mode::observe && !state_.stopped) {
    decision.verdict = std::min(decision.verdict, Verdict::warn);
    if (decision.would <= Verdict::warn) decision.verdict = decision.would;
  }
  const bool asks_about_earlier = event.data["phase"].text_or("") == "permission";
  if (event.kind == kind::kToolCall && !asks_about_earlier) reserve(decision, event);
  if (event.kind == kind::kPrompt) state_.running.turn_began(event);
  if (!asks_about_earlier) remember(decision, event, supplied);
  if (decision.verdict == Verdict::quarantine && !state_.stopped) {
    state_.stopped = true;
    state_.stop_reason = decision.reason;
  }
}

void Guard::apply_approval(Decision& decision, const Event& event, const Supplied&) {
  const std::int64_t now_ns = event.time.wall_ns;
  if (event.data["phase"].text_or("") == "permission") return;
  if (state_.approvals.is_denied(decision.call_digest, now_ns)) {
    decision.verdict = decision.would = Verdict::deny;
    decision.reason += " A person answered no.";
    return;
  }
  if (auto use = state_.approvals.consume(decision.call_digest, now_ns)) {
    decision.verdict = Verdict::allow;
    decision.approval = std::move(*use);
    return;
  }
  int needed = 1;
  for (const auto& hit : decision.policies)
    if (hit.mode == "enforce" && hit.verdict == Verdict::ask)
      needed = std::max(needed, pack_->meta(hit.policy).approvals);
  decision.approval_id = state_.approvals
                             .hold(decision.call_digest, decision.id, summary_of(event, decision), needed,
                                   now_ns, options_.approval_ttl_ns)
                             .id;
}

void Guard::reserve(const Decision& decision, const Event& event) {
  const std::string id = tool_use_id(event);
  state_.remember_judged(id);
  ++state_.counters.calls;
  if (decision.verdict == Verdict::ask) ++state_.counters.asks;
  if (decision.verdict >= Verdict::guide) ++state_.counters.refusals;
  if (!event::lets_run(decision.verdict)) {
    state_.remember_refused(decision.call_digest, decision.id);
    return;
  }
  state_.refused.erase(decision.call_digest);
  const Counters cost = cost_of(decision.actions);
  state_.counters = state_.counters + cost;
  state_.remember_intent({id, decision.id, cost});
  state_.running.released(event, decision.actions);
}

// What would be true at each Action if the call ran.
std::vector<std::vector<std::string>> Guard::facts_for(const Event& event,
                                                       const std::vector<event::Action>& actions,
                                                       const std::vector<event::Finding>& findings) const {
  std::vector<std::vector<std::string>> names;
  if (actions.empty() || facts_.set().facts().empty()) return names;
  for (const auto& truths : facts_.peek(facts::Happening{event, actions, findings}))
    names.push_back(truths.names(facts_.set()));
  return names;
}

// A released call has happened with all its Actions; a refused one has only been tried. Its last findings are
// anomalies, which are of no account here: a fact would carry them to where nothing softens them.
void Guard::remember(const Decision& decision, const Event& event, const Supplied& supplied) {
  const bool runs = event::lets_run(decision.verdict);
  (void)watch_.commit(seen_, event.time.wall_ns, runs ? sigma::Watch::Part::all : sigma::Watch::Part::event);
  flow_.note(event);
  flow_.call(event, decision.actions, decision.verdict, supplied.carried);
  if (facts_.set().facts().empty()) return;
  const auto findings =
      std::span(decision.findings).first(decision.findings.size() - supplied.anomalies.size());
  facts_.commit(facts::Happening{event, runs ? std::span(decision.actions) : std::span<const event::Action>(),
                                 findings, event::name(decision.verdict)});
}

// What rules say of it as well, correlations as if it happened.
std::vector<event::Finding> Guard::with_rules(const Event& event, const std::vector<event::Action>& actions,
                                              std::vector<event::Finding> found) const {
  seen_ = watch_.look(event, actions, memory().records);
  auto by_rules = watch_.findings(seen_, event.time.wall_ns);
  std::move(by_rules.begin(), by_rules.end(), std::back_inserter(found));
  return found;
}

std::vector<event::Finding> Guard::content_findings(const Event& event) const {
  if (pack_->detectors() == nullptr) return {};
  return findings_in(event, *pack_->detectors(), memory().texts);
}

WorkMemory& Guard::memory() const {
  if (memory_ == nullptr) memory_ = std::make_shared<WorkMemory>();
  return *memory_;
}

std::vector<event::Finding> Guard::note(const Event& event) {
  const bool by_hand = event.kind == kind::kControl || event.kind == kind::kObservation;
  return note(event, by_hand ? std::vector<event::Finding>() : content_findings(event));
}

std::vector<event::Finding> Guard::note(const Event& event, std::vector<event::Finding> found) {
  change_state(event);
  if (event.kind == kind::kControl) return {};
  flow_.note(event, found);
  if (event.kind == kind::kObservation) return {};
  found = with_rules(event, {}, std::move(found));
  (void)watch_.commit(seen_, event.time.wall_ns, sigma::Watch::Part::all);
  if (!facts_.set().facts().empty()) facts_.commit(facts::Happening{event, {}, found});
  return found;
}

void Guard::change_state(const Event& event) {
  const std::string id = tool_use_id(event);
  if (event.kind == kind::kToolResult) {
    state_.running.returned(event);
    const auto it = state_.intents.find(id);
    if (it == state_.intents.end()) return;
    // Only positive evidence that the call did not run takes its reservation back; a failure is no such
    // evidence.
    if (event.data["not_run"].bool_or(false)) state_.counters = state_.counters - it->second.reserved;
    state_.intents.erase(it);
  } else if (event.kind == kind::kControl) {
    const auto what = event.data["control"].text_or("");
    if (what == "stop") {
      state_.stopped = true;
      state_.stop_reason = event.data["reason"].text_or("a person stopped it");
    } else if (what == "resume") {
      state_.stopped = false;
      state_.stop_reason.clear();
    }
  }
}

Status Guard::answer(const Event& approval) {
  const std::string id(approval.data["approval_id"].text_or(""));
  const std::int64_t now_ns = approval.time.wall_ns;
  if (approval.data["answer"].text_or("") != "approve") return state_.approvals.deny(id, now_ns);
  const Json& by = approval.data["approver"];
  return state_.approvals.approve(
      id,
      {std::string(by["authority"].text_or("")), std::string(by["subject"].text_or("")),
       std::string(by["method"].text_or("")), now_ns},
      now_ns);
}

}  // namespace weir::guard
