// Properties: what must be true of the answers of a set of policies, whatever the request.
//
//   @id("guard.stays-on")
//   @description("Nobody switches the guard off.")
//   never (principal, action == Action::"guard.disable", resource);
//
//   @id("reading.runs")
//   @description("Reading a known file of the workspace needs nobody.")
//   @verdict("allow")
//   always (principal is Agent, action == Action::"file.read", resource is Path)
//   when { resource.in_workspace && resource.known && !(resource in PathClass::"credential") };
//
// `never`: a request in the scope for which the conditions hold is never answered more weakly than @verdict
// (default deny). `always`: it is never answered more strongly (default allow). To ask two people,
// @approvals("2"), is stronger than to ask one. Scope, conditions, comments
// and annotations are Cedar's own, so the rest of the language is at hand. The format is
// docs/formats/cedarprop.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/policy_set.h"
#include "cedar/schema.h"
#include "event/decision.h"
#include "prove/scene.h"

namespace weir::prove {

struct Property {
  bool always = false;
  event::Verdict verdict = event::Verdict::deny;  // never: at least; always: at most
  int approvals = 1;                              // of `ask`: 2 when two people must agree
  std::string id;
  std::string description;
  cedar::Policy rule;  // scope and conditions; its effect means nothing
};

// The properties of one text. Errors: syntax, at "name:line:column"; an @id that is missing or used twice; an
// annotation that means nothing here; limits.
Result<std::vector<Property>> parse_properties(std::string_view text, std::string_view name);

struct PropertyOutcome {
  std::string id;
  std::string description;
  Truth truth = Truth::unknown;       // yes: proved for every request of every environment
  bool vacuous = false;               // no request meets its scope and conditions
  std::size_t environment_count = 0;  // in which some request may meet them
  cedar::RequestEnvironment environment{"", cedar::EntityUid("", ""),
                                        ""};  // of the example, or what is not known
  std::optional<Example> example;             // no: replayed
  std::string answer;                         // no: the verdict that the example gets
  std::string why;                            // unknown
};

// Under the guard's semantics (strength.h). Errors: policies or properties that do not validate; internal.
Result<std::vector<PropertyOutcome>> prove_properties(const std::vector<Property>& properties,
                                                      const cedar::PolicySet& policies,
                                                      const cedar::Schema& schema, Prover& prover);

}  // namespace weir::prove
