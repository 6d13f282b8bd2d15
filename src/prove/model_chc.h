// Proofs about all states of a model, counters without bounds included: constrained Horn clauses for Z3's
// Spacer, an inductive invariant as the proof, and its check by another solver.
//
//   TRY(ModelProof proof, prove_model(system, 0, z3));
//   if (proof.verdict == ModelProof::Verdict::proved)
//     TRY(Json certificate, model_certificate(system, 0, proof, digest)); TRY_STATUS(check_certificate(…,
//     cvc5));
//
// Labels and truths become Booleans ("at least 1", "at least 2", …), in which a join is a disjunction;
// counters become integers, exact and unbounded where the model says so. What the gates say stands in the
// clauses as a decision tree over what they depend on. Three questions make a certificate: the initial state
// is in the invariant, no step leaves it, and no state in it breaks the property.
#pragma once

#include <string>
#include <vector>

#include "prove/model_system.h"
#include "prove/solver.h"

namespace weir::prove {

inline constexpr std::size_t kModelGateTreeMax = 100'000;  // combinations of one gate in a formula

struct ModelProof {
  enum class Verdict { proved, refuted, unknown } verdict = Verdict::unknown;
  std::string why;        // unknown: the reason
  std::string invariant;  // proved: (define-fun Inv …) and what it uses, SMT-LIB
  std::string solver;
  std::int64_t elapsed_ns = 0;
};

// The clauses of one property as SMT-LIB. Errors: a gate that depends on too much.
Result<std::string> horn_text(const ModelSystem& system, std::size_t property);

Result<ModelProof> prove_model(const ModelSystem& system, std::size_t property, Solver& spacer);

struct ModelObligation {
  std::string name;  // "initial", "steps 1-20", "safe"
  std::string script;
};
// What must be unsatisfiable for `invariant` to be a proof.
Result<std::vector<ModelObligation>> model_obligations(const ModelSystem& system, std::size_t property,
                                                       const std::string& invariant);

// {"format": "weir-workflow-certificate/1", …}, docs/formats/workflow.md. `digest`: of model and policies.
Result<Json> model_certificate(const ModelSystem& system, std::size_t property, const ModelProof& proof,
                               const std::string& digest);

struct ModelRecheck {
  bool holds = false;
  std::string solver;
  std::size_t obligations = 0;
  std::string problem;  // when it does not hold: which obligation, and what the solver said
};
// Asks another solver every obligation of a certificate. Errors: not a certificate, digests that do not fit.
Result<ModelRecheck> check_certificate(const Json& certificate, Solver& solver);

}  // namespace weir::prove
