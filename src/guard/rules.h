// Sigma rules in the guard's path: what they find in an event and what its Actions would do.
//
//   TRY(auto rules, rules_of(sources.rules));        // kept by the Pack
//   sigma::Watch watch(rules);                       // kept by the Guard, one a session tree
//
// Every guarded event is matched once. Findings are evidence like those of detectors (guard/content.h):
// policies see rules and classes in context.findings, facts in finding and finding_class. Correlations are
// judged as if the call happened, and remembered when it is released; of a refused call only that it was
// made.
#pragma once

#include <memory>
#include <vector>

#include "guard/path_classes.h"
#include "sigma/watch.h"

namespace weir::guard {

// From rule files. A bad document is left out and named in RuleBook::set().problems: one rule that cannot be
// used is no reason to do without the others. None given: no rules (nullptr). `kept`: where compiled patterns
// wait for the next run. Errors: limit.
Result<std::shared_ptr<const sigma::RuleBook>> rules_of(const std::vector<NamedText>& files,
                                                        match::DatabaseStore* kept = nullptr);

// Whether a finding's rule is one of these (or says that an event was too large for them), not a policy or a
// detector of content.
bool is_of_rules(const event::Finding& finding, const sigma::RuleBook* rules);

// How many are in force, and which documents could not be used: {count, correlations, left_out?, why?}.
Json rules_json(const sigma::RuleBook& rules);

}  // namespace weir::guard
