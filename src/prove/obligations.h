// What must be shown of policies before they are loaded.
//
//   TRY(Prover prover, Prover::start({.solver = {.query_ms = 2000}}));
//   TRY(const Ruling narrowing, narrows(above, with, schema, prover));
//   if (narrowing.truth == Truth::no) refuse(narrowing.text(), *narrowing.example);   // `with` widens
//   `above` if (narrowing.truth == Truth::unknown) refuse(narrowing.why);                     // never take
//   it for a proof
//
// Both stop at the first environment that breaks the rule. The encoding assumes that requests and entities
// agree with the schema, and that every entity whose attributes are read is in the store.
#pragma once

#include <string>

#include "prove/prover.h"
#include "prove/scene.h"
#include "prove/strength.h"

namespace weir::prove {

struct Ruling {
  Truth truth = Truth::unknown;
  cedar::RequestEnvironment environment{"", cedar::EntityUid("", ""), ""};  // where it is broken or not known
  std::optional<Example> example;  // no: a request that shows it, replayed
  std::string policy;              // no_forbid_errs: the forbid
  std::string before;              // narrows: the verdict without and with the layer, e.g. "deny", "allow"
  std::string after;
  std::string why;  // unknown

  // The example in one line: principal, action, resource and context.
  std::string text() const;
};

// Whether `with` answers every request at least as strongly as `above` does, under the guard's semantics:
// verdict of @decision, a forbid that errs denies, what no permit covers is denied. Errors: policies that do
// not validate; internal.
Result<Ruling> narrows(const cedar::PolicySet& above, const cedar::PolicySet& with,
                       const cedar::Schema& schema, Prover& prover);

// Whether no forbid can err: Cedar skips a policy that errs, so a forbid that can is one that may fail open.
Result<Ruling> no_forbid_errs(const cedar::PolicySet& policies, const cedar::Schema& schema, Prover& prover);

}  // namespace weir::prove
