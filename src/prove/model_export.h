// A model for other tools: Promela for Spin, TLA+ for TLC and Apalache, Horn clauses for any CHC solver.
//
//   TRY(std::string text, promela_text(system));        // spin -a, cc -DSAFETY, ./pan
//
// All are written from the same flat form that search explores; gates are written out as the decisions that
// the real policies made. A violation is an assertion (Promela) or a broken invariant `Safe` (TLA+).
#pragma once

#include <string>

#include "prove/model_system.h"

namespace weir::prove {

// Whether a step may happen as far as its gate is concerned, as a term: the gate's answers as a decision
// tree. Errors: limit, beyond kModelGateTreeMax combinations.
Result<ModelTermId> gate_condition(const ModelSystem& system, const ModelStep& step, ModelTerms& terms);

// The properties to write: all, or one.
struct ModelExportOptions {
  int property = -1;
};
// Errors: a counter that cannot be bounded.
Result<std::string> promela_text(const ModelSystem& system, const ModelExportOptions& options);
Result<std::string> tla_text(const ModelSystem& system, const ModelExportOptions& options);

}  // namespace weir::prove
