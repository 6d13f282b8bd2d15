// Actions → verdicts: one Cedar request per Action, and what its determining policies mean together.
//
// The request: principal Agent::"claude-code" (or SubAgent::"claude-code/<type>", which is in its Agent),
// action Action::"file.delete" (in Action::"file", and Action::"file.change" for write, delete and chmod),
// resource by the Action's type (Path::"/abs", Host::"h:443", …; a Path is in every PathClass it belongs to),
// context as below. All attributes are documented in docs/policies.md.
#pragma once

#include <vector>

#include "event/decision.h"
#include "event/event.h"
#include "guard/pack.h"
#include "guard/session.h"

namespace weir::guard {

// What every request of one event shares.
struct Situation {
  const event::Event& event;
  const SessionState& state;
  const GuardOptions& options;
  std::string_view mode;  // "enforce" or "observe"
  std::string_view isolation;
};

struct Judgement {
  event::Verdict verdict = event::Verdict::allow;   // the strongest enforcing hit
  event::Verdict observed = event::Verdict::allow;  // the strongest of all, observing policies included
  std::vector<event::PolicyHit> hits;               // strongest first
  std::string reason;
  std::string advice;
  int approvals = 1;
};

// Judges every action. A forbid that errors refuses: policies must not fail open. An action that no permit
// covers is refused by default.
Judgement judge(const std::vector<event::Action>& actions, const Situation& situation, const Pack& pack);

}  // namespace weir::guard
