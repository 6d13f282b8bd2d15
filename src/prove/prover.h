// Questions about requests, and their outcomes.
//
//   TRY(Prover prover, Prover::start({}));
//   TRY(Search search, prover.find(encoder, formula, "no send of secrets"));
//   if (search.answer == Answer::unsat) ...          // no request of this environment satisfies the formula
//   if (search.example) replay(*search.example);     // one that does, as far as the solver says
//
// The prover owns the solver, remembers answers (environments of the same shape make the same questions), and
// keeps every obligation it discharged when asked to, for a certificate.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "prove/example.h"
#include "prove/solver.h"

namespace weir::prove {

struct ProverOptions {
  SolverOptions solver;
  bool keep_obligations = false;
};

struct Search {
  Answer answer = Answer::unknown;
  std::optional<Example> example;  // sat: not replayed yet
  std::string why;                 // unknown
};

// A question that was answered: its text stands alone and can be asked again.
struct Obligation {
  std::string name;    // what it is for
  std::string script;  // SMT-LIB without check-sat
  Answer answer = Answer::unknown;
};

class Prover {
 public:
  // Errors: as Solver::start().
  static Result<Prover> start(ProverOptions options);
  // Where no solver is installed: answers what is decided while a formula is made, all else is `unknown`.
  // Most forbids of a pack cannot err for reasons that need no solver.
  static Prover without_solver();

  // A request of the encoder's environment where the formula holds. A question that is decided without a
  // solver is answered at once. Errors: internal, when the solver refuses the question.
  Result<Search> find(Encoder& encoder, Term formula, const std::string& name);

  std::string solver_version() const { return solver_ ? solver_->version() : "none"; }
  std::size_t questions() const { return solver_ ? solver_->questions() : 0; }
  std::size_t remembered() const { return remembered_; }
  // Whether questions should be put verbatim, see Terms.
  bool keeps_obligations() const { return options_.keep_obligations; }
  const std::vector<Obligation>& obligations() const { return obligations_; }

 private:
  explicit Prover(ProverOptions options) : options_(std::move(options)) {}
  Result<Reply> ask(const class Script& script, const std::string& name);

  ProverOptions options_;
  std::optional<Solver> solver_;
  std::map<std::string, Reply> answers_;  // by the text of the question without comments
  std::size_t remembered_ = 0;
  std::vector<Obligation> obligations_;
};

}  // namespace weir::prove
