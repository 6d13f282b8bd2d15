#include "prove/prover.h"

#include "prove/script.h"

namespace weir::prove {
namespace {

constexpr std::size_t kRememberedMax = 100'000;

// What a get-value answered, by term.
Result<std::map<Term, cedar::Value>> read_values(const Terms& terms, const Script& script,
                                                 const std::string& model) {
  std::map<Term, cedar::Value> values;
  if (script.wanted().empty()) return values;
  TRY(const SExpr answer, parse_sexpr(model));
  if (!answer.is_list() || answer.list.size() != script.wanted().size())
    return fail(ErrorCode::internal, "the solver's answer does not have the values that were asked for");
  for (std::size_t i = 0; i < answer.list.size(); ++i) {
    const SExpr& pair = answer.list[i];
    if (!pair.is_list() || pair.list.size() != 2)
      return fail(ErrorCode::internal, "the solver's answer has a value without its term");
    const Term term = script.wanted()[i];
    TRY(cedar::Value value, script.decode(pair.list[1], *terms.sort(term)));
    values.emplace(term, std::move(value));
  }
  return values;
}

}  // namespace

Result<Prover> Prover::start(ProverOptions options) {
  TRY(Solver solver, Solver::start(options.solver));
  Prover out(std::move(options));
  out.solver_ = std::move(solver);
  return out;
}

Prover Prover::without_solver() {
  return Prover(ProverOptions{});
}

Result<Reply> Prover::ask(const Script& script, const std::string& name) {
  if (!solver_) return Reply{Answer::unknown, "no solver is installed", {}};
  const std::string values = script.get_values();
  const std::string key = script.body() + values;
  auto at = answers_.find(key);
  if (at == answers_.end()) {
    TRY(Reply reply, solver_->check(script.body(), values));
    if (answers_.size() >= kRememberedMax) answers_.clear();
    at = answers_.emplace(key, std::move(reply)).first;
  } else {
    ++remembered_;
  }
  if (options_.keep_obligations && obligations_.size() < limits::kObligationsMax)
    obligations_.push_back({name, script.text(), at->second.answer});
  return at->second;
}

Result<Search> Prover::find(Encoder& encoder, Term formula, const std::string& name) {
  Terms& terms = encoder.terms();
  std::vector<Term> assertions{formula};
  if (!terms.is_true(formula) && !terms.is_false(formula))
    for (const Term axiom : encoder.axioms({formula}))
      if (!terms.is_true(axiom)) assertions.push_back(axiom);
  // Decided while it was made; only a certificate needs the text.
  if (terms.is_false(formula) && !options_.keep_obligations) return Search{Answer::unsat, {}, {}};
  const Script script(terms, assertions,
                      terms.is_false(formula) ? std::vector<Term>{} : wanted_values(encoder, assertions));
  TRY(const Reply reply, ask(script, name));
  Search out{reply.answer, {}, reply.why};
  if (reply.answer != Answer::sat) return out;
  auto values = read_values(terms, script, reply.model);
  auto example = values ? build_example(encoder, *values) : Result<Example>(std::unexpected(values.error()));
  if (!example) return Search{Answer::unknown, {}, example.error().message()};
  out.example = *std::move(example);
  return out;
}

}  // namespace weir::prove
