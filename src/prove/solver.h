// An SMT solver as a child process, kept alive from question to question.
//
//   TRY(Solver solver, Solver::start({.program = "cvc5"}));
//   TRY(Reply reply, solver.check("(set-logic ALL)(declare-const x Int)(assert (> x 2))", "(get-value
//   (x))")); if (reply.answer == Answer::unsat) ...
//
// A child speaks SMT-LIB over a socket pair, has a limit of address space and of time for each question, and
// dies with us. One that dies or takes too long costs one `unknown` with the reason; the next question starts
// another. A program that is not installed is an error of start(), so that nothing is ever "proved" without
// one.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "prove/limits.h"

namespace weir::prove {

struct SolverOptions {
  std::string program = "cvc5";  // or "z3"; looked up in PATH
  int query_ms = 10'000;         // for one question
  std::size_t memory_bytes_max = limits::kSolverMemoryBytesMax;
};

enum class Answer : unsigned char { unsat, sat, unknown };
std::string_view name(Answer answer);

struct Reply {
  Answer answer = Answer::unknown;
  std::string why;    // unknown: "the time limit of 10000 ms", "the solver died (signal 9)" ...
  std::string model;  // sat: what the solver printed for the second command; unsat of Horn clauses likewise
};

class Solver {
 public:
  // Errors: not_found when the program is not installed; unavailable when it does not start.
  static Result<Solver> start(SolverOptions options);

  Solver(Solver&&) noexcept;
  Solver& operator=(Solver&&) noexcept;
  ~Solver();

  // Asks whether `script` (declarations and assertions, no check-sat; each question stands alone) can be
  // satisfied, and if so runs `when_sat`, e.g. "(get-value (x y))", unless it is empty. Errors: internal,
  // when the solver refuses the script as malformed.
  Result<Reply> check(std::string_view script, std::string_view when_sat = {});

  // "cvc5 1.0.3", "z3 4.8.12".
  const std::string& version() const;
  std::size_t questions() const;

 private:
  struct Child;
  explicit Solver(std::unique_ptr<Child> child);
  std::unique_ptr<Child> child_;
};

}  // namespace weir::prove
