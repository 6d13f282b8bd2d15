// Actions → verdicts: one Cedar request per Action (request.h), and what its determining policies mean
// together (annotations.h).
#pragma once

#include <cstdint>
#include <vector>

#include "cedar/authorizer.h"
#include "event/decision.h"
#include "guard/pack.h"
#include "guard/request.h"

namespace weir::guard {

struct Judgement {
  event::Verdict verdict = event::Verdict::allow;   // the strongest enforcing hit
  event::Verdict observed = event::Verdict::allow;  // the strongest of all, observing policies included
  std::vector<event::PolicyHit> hits;               // strongest first
  std::string reason;
  std::string advice;
  int approvals = 1;
  std::vector<std::uint32_t> refused;  // Actions that an enforcing hit refuses, in their order; `hits` names
                                       // only the first of each policy
};

// Judges every action. A forbid that errors refuses: policies must not fail open. An action that no permit
// covers is refused by default.
Judgement judge(const std::vector<event::Action>& actions, const Situation& situation, const Pack& pack);
// The same with memory that is kept from call to call.
Judgement judge(const std::vector<event::Action>& actions, const Situation& situation, const Pack& pack,
                cedar::Workspace& workspace);

}  // namespace weir::guard
