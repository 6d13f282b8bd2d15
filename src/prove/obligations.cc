#include "prove/obligations.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "prove/analyze.h"

namespace weir::prove {

std::string Ruling::text() const {
  if (!example) return name(environment);
  const auto& request = example->request;
  return fmt::format("principal {}, action {}, resource {}, context {}", request.principal().text(),
                     request.action().text(), request.resource().text(),
                     printable(request.context_value().text(), 2000));
}

Result<Ruling> narrows(const cedar::PolicySet& above, const cedar::PolicySet& with,
                       const cedar::Schema& schema, Prover& prover) {
  TRY_STATUS(require_valid(above, schema));
  TRY_STATUS(require_valid(with, schema));
  const Sorts sorts(schema);
  Ruling out;
  for (const auto& environment : schema.environments()) {
    out.environment = environment;
    TRY(auto encoder, Encoder::make(sorts, environment, prover.keeps_obligations()));
    const auto formula = weakens(Semantics::weir, above, with, *encoder);
    if (!formula) {
      out.why = formula.error().message();
      return out;
    }
    TRY(Search search,
        prover.find(*encoder, *formula, fmt::format("the layer only narrows ({})", name(environment))));
    if (search.answer == Answer::unsat) continue;
    if (search.answer == Answer::unknown) {
      out.why = search.why;
      return out;
    }
    const int before = strength(Semantics::weir, above, *search.example);
    const int after = strength(Semantics::weir, with, *search.example);
    if (after >= before) {
      out.why = "the solver's example does not replay; this is a mistake of Weir";
      return out;
    }
    out.truth = Truth::no;
    out.before = strength_name(Semantics::weir, before);
    out.after = strength_name(Semantics::weir, after);
    out.example = std::move(search.example);
    return out;
  }
  out.truth = Truth::yes;
  return out;
}

Result<Ruling> no_forbid_errs(const cedar::PolicySet& policies, const cedar::Schema& schema, Prover& prover) {
  TRY_STATUS(require_valid(policies, schema));
  const Sorts sorts(schema);
  Ruling out;
  for (const auto& environment : schema.environments()) {
    TRY(Scene scene, Scene::make(sorts, environment, policies, prover));
    for (std::size_t i = 0; i < scene.size(); ++i) {
      if (scene.policy(i).effect != cedar::Effect::forbid) continue;
      TRY(Checked checked, scene.never_errs(i));
      if (checked.truth == Truth::yes) continue;
      out.truth = checked.truth;
      out.environment = environment;
      out.policy = scene.policy(i).id;
      out.example = std::move(checked.example);
      out.why = std::move(checked.why);
      return out;
    }
  }
  out.truth = Truth::yes;
  return out;
}

}  // namespace weir::prove
