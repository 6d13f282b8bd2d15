// What a policy's annotations mean (docs/policies.md). One table of them: whatever is not in it, or has a
// value without meaning, is refused at load with file and line; nothing is passed over in silence.
//
//   @id("team.no-prod") @decision("ask") @reason("…") @severity("high") @control("ASI02, AML.T0101")
//   forbid (principal, action == Action::"infra.delete", resource in Environment::"production");
//
// How they combine: every satisfied policy in mode `enforce` speaks with its verdict and the strongest wins
// (event::Verdict, ascending); equal ones are listed in the order of Actions and ids, and the first gives
// reason and advice. The greatest number of @approvals counts. Rewrites are merged in that order, and what
// they make is judged again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cedar/policy.h"
#include "event/decision.h"

namespace weir::guard {

struct PolicyMeta {
  event::Verdict verdict = event::Verdict::deny;  // of a forbid; permits: allow or warn
  bool observe = false;
  int approvals = 1;
  std::string reason;
  std::string advice;
  std::string severity;
  std::string evidence_class;
  std::vector<std::string> controls;  // ids of the standards' controls that it serves
  std::string playbook;               // what people do when it has refused, by name; "" for none
  std::string replaces;               // id of the built-in policy that gives way to this one; "" for none
  Json rewrite;                       // of transform: a JSON Merge Patch (RFC 7396) for the tool's input
};

// Errors: `invalid`, at "file:line: id".
Result<PolicyMeta> meta_of(const cedar::Policy& policy);

// "team.cedar:3: team.no-prod", for messages about a policy.
std::string where_of(const cedar::Policy& policy);

}  // namespace weir::guard
