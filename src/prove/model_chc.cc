#include "prove/model_chc.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "os/clock.h"
#include "prove/model_export.h"
#include "prove/model_smt.h"

namespace weir::prove {
namespace {

constexpr std::size_t kStepsEach = 20;  // of one obligation
constexpr std::string_view kFormat = "weir-workflow-certificate/1";

std::string declared(const ModelSmt& smt) {
  std::string sorts;
  for (const std::string& sort : smt.sorts())
    sorts += (sorts.empty() ? "" : " ") + sort;
  return "(declare-fun Inv (" + sorts + ") Bool)\n";
}

std::string applied(std::string_view predicate, const std::string& arguments) {
  return arguments.empty() ? std::string(predicate) : "(" + std::string(predicate) + " " + arguments + ")";
}

Result<std::string> enabled(const ModelSystem& system, const ModelStep& step, ModelSmt& smt) {
  TRY(const ModelTermId gate, gate_condition(system, step, smt.terms));
  return smt_and({smt.truth(step.guard), smt.truth(gate)});
}

// How a state breaks the property, alone or by the step that leaves it.
Result<std::vector<std::string>> breaks(const ModelSystem& system, std::size_t property, ModelSmt& smt) {
  std::vector<std::string> list;
  if (system.broken[property] != ModelTerms::kFalse) list.push_back(smt.truth(system.broken[property]));
  for (const ModelStep& step : system.steps)
    for (const auto& check : step.checks)
      if (check.property == static_cast<int>(property)) {
        TRY(const std::string happens, enabled(system, step, smt));
        list.push_back(smt_and({happens, smt.truth(check.broken)}));
      }
  return list;
}

// Spacer answers "sat" with (define-fun Inv …), in one list, perhaps after the word `model`.
Result<std::string> invariant_of(const std::string& text) {
  std::string_view inner = trim(text);
  if (!inner.starts_with("(") || !inner.ends_with(")"))
    return fail(ErrorCode::internal, "the solver's invariant cannot be read");
  inner = trim(inner.substr(1, inner.size() - 2));
  if (inner.starts_with("model")) inner = trim(inner.substr(5));
  if (inner.find("define-fun") == std::string_view::npos || inner.find("Inv") == std::string_view::npos)
    return fail(ErrorCode::internal, "the solver gave no invariant");
  return std::string(inner);
}

// An invariant comes from a file: nothing but definitions may stand in it.
Status only_definitions(const std::string& invariant) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < invariant.size(); ++i) {
    const char c = invariant[i];
    if (c == '|') quoted = !quoted;
    if (c == ';' || c == '"') return fail("an invariant has no comments and no texts");
    if (quoted) continue;
    if (c == '(') {
      if (depth++ == 0 && !invariant.substr(i).starts_with("(define-fun "))
        return fail("an invariant is made of (define-fun …) only");
    } else if (c == ')') {
      if (--depth < 0) return fail("the invariant has a bracket too many");
    }
  }
  if (depth != 0 || quoted) return fail("the invariant ends too early");
  return {};
}

}  // namespace

Result<std::string> horn_text(const ModelSystem& system, std::size_t property) {
  ModelSmt smt(system);
  std::string text = "(set-logic HORN)\n" + declared(smt);
  text += "(assert " + applied("Inv", smt.initial()) + ")\n";
  const bool quantified = !smt.names().empty();
  const auto clause = [&](const std::string& condition, const std::string& consequence) {
    const std::string body = "(=> " + smt_and({applied("Inv", smt.current()), smt.well_formed(), condition}) +
                             " " + consequence + ")";
    text +=
        quantified ? "(assert (forall " + smt.parameters() + " " + body + "))\n" : "(assert " + body + ")\n";
  };
  for (const ModelStep& step : system.steps) {
    TRY(const std::string happens, enabled(system, step, smt));
    const std::string after = smt.after(step);
    if (happens == "false" || after == smt.current()) continue;
    clause(happens, applied("Inv", after));
  }
  TRY(const auto bad, breaks(system, property, smt));
  for (const std::string& one : bad)
    if (one != "false") clause(one, "false");
  return text;
}

Result<ModelProof> prove_model(const ModelSystem& system, std::size_t property, Solver& spacer) {
  TRY(const std::string text, horn_text(system, property));
  ModelProof proof;
  proof.solver = spacer.version();
  const std::int64_t start_ns = os::monotonic_ns();
  TRY(const Reply reply, spacer.check(text, "(get-model)"));
  proof.elapsed_ns = os::monotonic_ns() - start_ns;
  if (reply.answer == Answer::sat) {
    TRY(proof.invariant, invariant_of(reply.model));
    proof.verdict = ModelProof::Verdict::proved;
  } else if (reply.answer == Answer::unsat) {
    proof.verdict = ModelProof::Verdict::refuted;
  } else {
    proof.why = reply.why;
  }
  return proof;
}

Result<std::vector<ModelObligation>> model_obligations(const ModelSystem& system, std::size_t property,
                                                       const std::string& invariant) {
  TRY_STATUS(only_definitions(invariant));
  ModelSmt smt(system);
  std::string head = "(set-logic ALL)\n" + invariant + "\n";
  head += "(define-fun Good " + smt.parameters() + " Bool " +
          smt_and({applied("Inv", smt.current()), smt.well_formed()}) + ")\n";
  std::string state;
  for (std::size_t i = 0; i < smt.names().size(); ++i)
    state += "(declare-const " + smt.names()[i] + " " + smt.sorts()[i] + ")\n";
  std::vector<ModelObligation> list;
  list.push_back({"initial", head + "(assert (not " + applied("Good", smt.initial()) + "))\n"});
  const std::string good = "(assert " + applied("Good", smt.current()) + ")\n";
  std::vector<std::string> leaves;
  const auto flush = [&](std::size_t last) {
    if (leaves.empty()) return;
    list.push_back(
        {"steps to " + std::to_string(last), head + state + good + "(assert " + smt_or(leaves) + ")\n"});
    leaves.clear();
  };
  for (std::size_t s = 0; s < system.steps.size(); ++s) {
    TRY(const std::string happens, enabled(system, system.steps[s], smt));
    const std::string after = smt.after(system.steps[s]);
    if (happens != "false" && after != smt.current())
      leaves.push_back(smt_and({happens, "(not " + applied("Good", after) + ")"}));
    if (leaves.size() == kStepsEach) flush(s + 1);
  }
  flush(system.steps.size());
  TRY(const auto bad, breaks(system, property, smt));
  list.push_back({"safe", head + state + good + "(assert " + smt_or(bad) + ")\n"});
  return list;
}

Result<Json> model_certificate(const ModelSystem& system, std::size_t property, const ModelProof& proof,
                               const std::string& digest) {
  TRY(const auto obligations, model_obligations(system, property, proof.invariant));
  Json list = Json::array();
  for (const ModelObligation& one : obligations)
    list.push(Json::object(
        {{"name", one.name}, {"digest", digest_text(sha256(one.script))}, {"script", one.script}}));
  const Model& model = *system.model;
  return Json::object({{"format", kFormat},
                       {"model", model.name},
                       {"variant", model.variant},
                       {"property", model.properties[property].name},
                       {"digest", digest},
                       {"proved_by", proof.solver},
                       {"invariant", proof.invariant},
                       {"obligations", std::move(list)}});
}

Result<ModelRecheck> check_certificate(const Json& certificate, Solver& solver) {
  if (certificate["format"].text_or("") != kFormat || !certificate["obligations"].is_array() ||
      certificate["obligations"].as_array().empty())
    return fail("this is no certificate of a workflow", "format",
                "expected \"" + std::string(kFormat) + "\"");
  ModelRecheck result{.holds = true, .solver = solver.version()};
  for (const Json& one : certificate["obligations"].as_array()) {
    const std::string script(one["script"].text_or(""));
    if (one["digest"].text_or("") != digest_text(sha256(script)))
      return fail(ErrorCode::corrupt, "an obligation does not fit its digest",
                  std::string(one["name"].text_or("")));
    TRY(const Reply reply, solver.check(script));
    ++result.obligations;
    if (reply.answer == Answer::unsat) continue;
    result.holds = false;
    result.problem = std::string(one["name"].text_or("")) + ": " + std::string(name(reply.answer)) +
                     (reply.why.empty() ? "" : ", " + reply.why);
    break;
  }
  return result;
}

}  // namespace weir::prove
