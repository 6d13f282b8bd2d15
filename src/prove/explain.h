// Why a request got its answer, and what would have changed it.
//
//   TRY(const Explanation explanation, explain(policies, schema, {request, entities}, prover,
//   Semantics::weir)); for (const auto& policy : explanation.policies) show(policy.id, policy.clauses); for
//   (const auto& flip : explanation.flips) show(flip.what, flip.before, flip.after, flip.answer);
//
// The nearest change is looked for among single facts of the request first (one attribute, one label, one
// ancestor set), then among pairs, everything else held as it is; each one that is found has been replayed.
#pragma once

#include <string>
#include <vector>

#include "prove/prover.h"
#include "prove/strength.h"

namespace weir::prove {

struct ExplainedClause {
  bool unless = false;
  std::string outcome;  // "true", "false", or what the error says; "not reached" behind one that is not met
  std::uint32_t line = 0;  // of its first character, from 1; 0 when the text is not at hand
  std::string text;        // as written, when the text is at hand
};

struct ExplainedPolicy {
  std::string id;
  bool forbids = false;
  bool decides = false;  // among those that determined the answer
  std::string outcome;   // "matches", "does not match", "errs"
  std::string reason;    // its @reason
  std::string where;     // "file:line"
  std::vector<ExplainedClause> clauses;
};

struct Flip {
  std::vector<std::string> what;  // "context.approved", "resource.path"; one or two
  std::vector<std::string> before;
  std::vector<std::string> after;
  std::string answer;  // what the request gets then
};

struct Explanation {
  std::string answer;
  std::vector<ExplainedPolicy> policies;  // whose scope admits the request, those that decide first
  std::vector<Flip> flips;                // the nearest changes, at most kFlipsMax
  bool searched = false;                  // flips were looked for completely, up to their number of facts
  std::string why;                        // not searched: why
};
inline constexpr std::size_t kFlipsMax = 5;

struct SourceText {
  std::string name;
  std::string text;
};

// `sources` give the clauses their text; may be empty. `prover` may be nullptr: then no change is looked for.
// Errors: internal.
Result<Explanation> explain(const cedar::PolicySet& policies, const cedar::Schema& schema,
                            const Example& example, const std::vector<SourceText>& sources,
                            Semantics semantics, Prover* prover);

}  // namespace weir::prove
