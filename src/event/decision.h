// The verdict with everything that determined it (Decision), and what became of it (Receipt).
//
// A Decision is a deterministic function of session state, Event, observations, policy digest and supplied
// ids: the same inputs give the same bytes. Whatever is not (latency, wall time, delivery) stands in the
// Receipt. Formats: docs/formats/decision.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "event/action.h"

namespace weir::event {

// Ascending strength: of several verdicts the strongest wins.
enum class Verdict { allow, warn, transform, ask, guide, deny, quarantine };
std::string_view name(Verdict verdict);
std::optional<Verdict> verdict_from(std::string_view name);
// May the tool run under this verdict?
inline bool lets_run(Verdict verdict) {
  return verdict <= Verdict::transform;
}

enum class Severity { info, low, medium, high, critical };
std::string_view name(Severity severity);
std::optional<Severity> severity_from(std::string_view name);

// What a detector or a policy reports. `evidence_class` is one of: injection secret execution exfiltration
// persistence credential destruction tampering evasion discovery anomaly divergence …
struct Finding {
  std::string rule;
  std::string evidence_class;
  Severity severity = Severity::medium;
  std::vector<std::string> techniques;  // ATT&CK / ATLAS ids
  Span span;
  std::string message;
  bool operator==(const Finding&) const = default;
};
Json to_json(const Finding& finding);
// What it does not say stays as in a new Finding; techniques and span included.
Finding finding_from_json(const Json& json);

// One policy's part in a Decision.
struct PolicyHit {
  std::string policy;  // its @id
  Verdict verdict = Verdict::deny;
  std::string mode;            // "enforce" or "observe": an observing policy is recorded and does not count
  std::string reason;          // its @reason
  std::string severity;        // its @severity
  std::string evidence_class;  // its @class
  std::string error;           // evaluation error of a forbid, which refuses (fail closed); "" otherwise
  std::uint32_t action = 0;    // index into Decision::actions
  bool operator==(const PolicyHit&) const = default;
};

// A person's answer that let a call pass.
struct ApprovalUse {
  std::string id;
  std::vector<Json> approvers;  // {authority, subject, method, time}
  bool operator==(const ApprovalUse&) const = default;
};

struct Digests {
  std::string pack;     // policy set
  std::string content;  // catalogues: commands, paths
  std::string build;    // this program
  std::string state;    // session state that the decision read
  bool operator==(const Digests&) const = default;
};

struct Decision {
  std::string id;     // UUIDv7, supplied
  std::string event;  // id of the judged Event
  std::string session;
  std::string root;
  std::uint64_t seq = 0;  // of the judged Event
  Verdict verdict = Verdict::deny;
  std::string mode;               // "enforce" or "observe"
  Verdict would = Verdict::deny;  // what enforce would have answered; equals verdict in enforce
  std::string reason;             // one sentence for people and for the model
  std::string advice;             // for guide: what to do instead
  std::vector<PolicyHit> policies;
  std::vector<Finding> findings;
  std::vector<Action> actions;
  std::vector<std::string> facts;  // names of facts that were true for some Action, in order
  Json labels;                     // object; filled by the flow room
  Digests digests;
  Json assumptions;             // object: resolved paths with inodes, script digests, cwd, environment
  std::string level_requested;  // plane that should enforce: "hook"
  std::string level_verified;   // "none", "shim" or "agent": how the last probe of that path was refused
  std::string isolation;        // "same_user", "shielded", "system"
  std::string call_digest;      // what an approval is bound to
  std::string approval_id;      // set when verdict is ask: the id to approve
  std::optional<ApprovalUse> approval;  // the approval this call consumed
  std::string replaces;                 // earlier Decision that this one repeats or replaces
  Json rewrite;                         // for transform: the tool input to run instead
  // Of an offer, whose Actions stand or fall alone: indices of those that are refused.
  std::vector<std::uint32_t> refused_actions;
  std::uint32_t actions_cut = 0;  // Actions left out to stay under the size limit

  bool operator==(const Decision&) const = default;
};

inline constexpr int kDecisionVersion = 1;

// The record; its canonical() form is at most limits::kDecisionBytesMax bytes: long texts are shortened and
// Actions beyond what fits are counted in `actions_cut` and committed to by digest.
Json to_json(const Decision& decision);
Result<Decision> decision_from_json(const Json& json);

// What was delivered and enforced, when, how fast.
struct Receipt {
  std::string decision;
  std::string delivered;  // "exit 2", "exit 0", "json", "lost: …"
  std::string outcome;    // "executed", "refused", "unknown", "not_run"
  std::int64_t wall_ns = 0;
  std::int64_t latency_ns = 0;  // request received to answer released
  bool operator==(const Receipt&) const = default;
};
Json to_json(const Receipt& receipt);
Result<Receipt> receipt_from_json(const Json& json);

}  // namespace weir::event
