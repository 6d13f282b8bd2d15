#include "guard/judge.h"

#include <algorithm>
#include <functional>
#include <span>
#include <string_view>

#include "cedar/entities.h"

namespace weir::guard {
namespace {

using event::Verdict;

event::PolicyHit hit_of(const cedar::Policy& policy, const PolicyMeta& meta, Verdict verdict,
                        std::size_t action) {
  return {policy.id,           verdict, meta.observe ? "observe" : "enforce", meta.reason, meta.severity,
          meta.evidence_class, {},      static_cast<std::uint32_t>(action)};
}

// The hits of one action's response.
void collect(const cedar::Response& response, const Pack& pack, std::size_t index, Judgement& judgement) {
  auto& hits = judgement.hits;
  for (const auto* forbid : response.satisfied_forbids)
    hits.push_back(hit_of(*forbid, pack.meta(*forbid), pack.meta(*forbid).verdict, index));
  for (const auto& error : response.errors) {
    // Cedar skips a policy that errors. For a forbid that would be a refusal lost: here it refuses.
    if (error.policy->effect != cedar::Effect::forbid) continue;
    auto hit = hit_of(*error.policy, pack.meta(*error.policy), Verdict::deny, index);
    hit.reason = "The policy could not be evaluated, so the action is refused: " + error.error.message;
    hit.error = error.error.message;
    hits.push_back(std::move(hit));
  }
  bool permitted = false;
  for (const auto* permit : response.satisfied_permits) {
    // One that only observes is recorded and permits nothing.
    const PolicyMeta& meta = pack.meta(*permit);
    permitted = permitted || !meta.observe;
    if (meta.verdict != Verdict::allow) hits.push_back(hit_of(*permit, meta, meta.verdict, index));
  }
  if (!permitted)
    hits.push_back({"default-deny",
                    Verdict::deny,
                    "enforce",
                    "No policy permits this action.",
                    "medium",
                    "policy",
                    {},
                    static_cast<std::uint32_t>(index)});
}

// Strongest first, then in order of actions and policy ids; the same policy is listed once per verdict.
void order(std::vector<event::PolicyHit>& hits) {
  std::stable_sort(hits.begin(), hits.end(), [](const auto& a, const auto& b) {
    const bool ae = a.mode == "enforce";
    const bool be = b.mode == "enforce";
    if (ae != be) return ae;
    if (a.verdict != b.verdict) return a.verdict > b.verdict;
    if (a.action != b.action) return a.action < b.action;
    return a.policy < b.policy;
  });
  std::vector<event::PolicyHit> unique;
  constexpr std::size_t kHitsMax = 16;
  for (auto& hit : hits) {
    const bool listed = std::any_of(unique.begin(), unique.end(), [&](const auto& other) {
      return other.policy == hit.policy && other.verdict == hit.verdict && other.mode == hit.mode;
    });
    if (!listed && unique.size() < kHitsMax) unique.push_back(std::move(hit));
  }
  hits = std::move(unique);
}

std::span<const std::string> facts_at(const Situation& situation, std::size_t action) {
  return action < situation.facts.size() ? std::span<const std::string>(situation.facts[action])
                                         : std::span<const std::string>();
}

// Actions that ask what an earlier one of the event has asked, differing only in where they stand: the answer
// would be the same, and of equal hits the record keeps the first.
class Repetitions {
 public:
  Repetitions(const std::vector<event::Action>& actions, const Situation& situation)
      : actions_(actions), situation_(situation) {
    hashes_.reserve(actions.size());
  }

  // To be asked of each Action in turn: the earlier one that it repeats.
  std::optional<std::size_t> of(std::size_t index) {
    const event::Action& action = actions_[index];
    const std::hash<std::string_view> hash;
    const std::size_t mark = hash(action.resource) * 31 + hash(action.verb);
    for (std::size_t i = 0; i < hashes_.size(); ++i)
      if (hashes_[i] == mark && same(actions_[i], action) &&
          std::ranges::equal(facts_at(situation_, i), facts_at(situation_, index))) {
        hashes_.push_back(mark);
        return i;
      }
    hashes_.push_back(mark);
    return std::nullopt;
  }

 private:
  static bool same(const event::Action& a, const event::Action& b) {
    return a.verb == b.verb && a.resource == b.resource && a.resource_type == b.resource_type &&
           a.certainty == b.certainty && a.attrs == b.attrs;
  }

  const std::vector<event::Action>& actions_;
  const Situation& situation_;
  std::vector<std::size_t> hashes_;  // by Action
};

void ask_one(const event::Action& action, std::size_t index, Requests& requests,
             std::span<const std::string> facts, const Pack& pack, cedar::Workspace& workspace,
             Judgement& judgement) {
  const auto entities = requests.ask(action, facts);
  if (!entities) {
    judgement.hits.push_back({"engine", Verdict::deny, "enforce", entities.error().message(), "high",
                              "policy", entities.error().message(), static_cast<std::uint32_t>(index)});
    return;
  }
  const cedar::Response& response =
      cedar::authorize(pack.policies(), requests.request(), *entities, workspace);
  if (response.errors.empty()) {
    collect(response, pack, index, judgement);
    return;
  }
  cedar::Response explained = response;  // the messages are wanted in the record
  cedar::explain_errors(explained, requests.request(), *entities);
  collect(explained, pack, index, judgement);
}

}  // namespace

Judgement judge(const std::vector<event::Action>& actions, const Situation& situation, const Pack& pack) {
  cedar::Workspace workspace;
  return judge(actions, situation, pack, workspace);
}

Judgement judge(const std::vector<event::Action>& actions, const Situation& situation, const Pack& pack,
                cedar::Workspace& workspace) {
  Requests requests(situation, pack);
  Repetitions repetitions(actions, situation);
  Judgement judgement;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (const auto earlier = repetitions.of(i)) {
      if (std::ranges::find(judgement.refused, *earlier) != judgement.refused.end())
        judgement.refused.push_back(static_cast<std::uint32_t>(i));
      continue;
    }
    const std::size_t hits_before = judgement.hits.size();
    ask_one(actions[i], i, requests, facts_at(situation, i), pack, workspace, judgement);
    const auto fresh = std::span(judgement.hits).subspan(hits_before);
    if (std::ranges::any_of(
            fresh, [](const auto& hit) { return hit.mode == "enforce" && !event::lets_run(hit.verdict); }))
      judgement.refused.push_back(static_cast<std::uint32_t>(i));
  }
  order(judgement.hits);
  for (const auto& hit : judgement.hits) {
    judgement.observed = std::max(judgement.observed, hit.verdict);
    if (hit.mode != "enforce") continue;
    if (hit.verdict == Verdict::ask)
      judgement.approvals = std::max(judgement.approvals, pack.meta(hit.policy).approvals);
    if (hit.verdict <= judgement.verdict && !judgement.reason.empty()) continue;
    judgement.verdict = std::max(judgement.verdict, hit.verdict);
    judgement.reason = hit.reason;
    judgement.advice = pack.meta(hit.policy).advice;
  }
  return judgement;
}

}  // namespace weir::guard
