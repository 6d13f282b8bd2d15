#include <fmt/format.h>

#include <set>

#include "prove/model_export.h"

namespace weir::prove {
namespace {

bool moves(const ModelVariable& variable) {
  return variable.unbounded || variable.max != variable.initial;
}

// "true.worker[2].integrity" → "true_worker_2_integrity": letters, digits and '_'.
std::string identifier(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (word)
      text += c;
    else if (!text.empty() && text.back() != '_')
      text += '_';
  }
  while (!text.empty() && text.back() == '_')
    text.pop_back();
  return text;
}

// Truths are numbers here too, so that one operator Max joins them all.
class Tla {
 public:
  explicit Tla(const ModelSystem& system) : terms(system.terms), system_(system) {}
  ModelTerms terms;

  std::string variable(std::size_t v) const { return identifier(system_.variables[v].name); }

  std::string number(ModelTermId id) const {
    using Op = ModelTerm::Op;
    const ModelTerm& term = terms[id];
    switch (term.op) {
      case Op::constant:
        return std::to_string(term.value);
      case Op::variable: {
        const auto v = static_cast<std::size_t>(term.value);
        return moves(system_.variables[v]) ? variable(v) : std::to_string(system_.variables[v].initial);
      }
      case Op::maximum:
        return fmt::format("Max({}, {})", number(term.args[0]), number(term.args[1]));
      case Op::minimum:
        return fmt::format("Min({}, {})", number(term.args[0]), number(term.args[1]));
      case Op::at_least:
        return fmt::format("(IF {} THEN 1 ELSE 0)", truth(id));
      case Op::choose:
        return fmt::format("(IF {} THEN {} ELSE {})", truth(term.args[0]), number(term.args[1]),
                           number(term.args[2]));
      case Op::increment:
        if (term.max == kModelUnbounded) return fmt::format("({} + 1)", number(term.args[0]));
        return fmt::format("Min({} + 1, {})", number(term.args[0]), term.max);
    }
    return {};
  }

  std::string truth(ModelTermId id) const {
    using Op = ModelTerm::Op;
    const ModelTerm& term = terms[id];
    if (id == ModelTerms::kTrue) return "TRUE";
    if (id == ModelTerms::kFalse) return "FALSE";
    if (term.op == Op::maximum) return fmt::format("({} \\/ {})", truth(term.args[0]), truth(term.args[1]));
    if (term.op == Op::minimum) return fmt::format("({} /\\ {})", truth(term.args[0]), truth(term.args[1]));
    if (term.op == Op::at_least) return fmt::format("({} >= {})", number(term.args[0]), number(term.args[1]));
    if (term.op == Op::choose && term.args[1] == ModelTerms::kFalse && term.args[2] == ModelTerms::kTrue)
      return fmt::format("~{}", truth(term.args[0]));
    return fmt::format("({} = 1)", number(id));
  }

 private:
  const ModelSystem& system_;
};

std::string unchanged(const std::vector<std::string>& names, const std::set<std::string>& moved) {
  std::string text;
  for (const std::string& name : names)
    if (!moved.contains(name)) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "" : fmt::format("  /\\ UNCHANGED <<{}>>\n", text);
}

// Which property a step breaks: the first whose condition holds, else none.
std::string violation(const ModelSystem& system, const ModelStep& step, const ModelExportOptions& options,
                      const Tla& tla) {
  std::string text = "violated";
  for (const auto& check : step.checks)
    if (options.property < 0 || options.property == check.property)
      text = fmt::format("(IF {} THEN \"{}\" ELSE {})", tla.truth(check.broken),
                         system.model->properties[static_cast<std::size_t>(check.property)].name, text);
  return text;
}

Result<std::string> step_text(const ModelSystem& system, const ModelStep& step, std::size_t number,
                              const std::vector<std::string>& names, const ModelExportOptions& options,
                              Tla& tla) {
  TRY(const ModelTermId gate, gate_condition(system, step, tla.terms));
  std::string text = fmt::format("\\* {}{}\nStep{} ==\n", step.name, step.asked ? ", approved" : "", number);
  text += fmt::format("  /\\ {}\n", tla.truth(tla.terms.both(step.guard, gate)));
  std::set<std::string> moved;
  for (const ModelAssignment& effect : step.effects) {
    const auto v = static_cast<std::size_t>(effect.variable);
    if (!moves(system.variables[v])) continue;
    moved.insert(tla.variable(v));
    text += fmt::format("  /\\ {}' = {}\n", tla.variable(v), tla.number(effect.value));
  }
  text += fmt::format("  /\\ violated' = {}\n", violation(system, step, options, tla));
  return text + unchanged(names, moved) + "\n";
}

}  // namespace

Result<std::string> tla_text(const ModelSystem& system, const ModelExportOptions& options) {
  Tla tla(system);
  std::vector<std::string> names;
  std::string initial;
  for (std::size_t v = 0; v < system.variables.size(); ++v) {
    if (!moves(system.variables[v])) continue;
    names.push_back(tla.variable(v));
    initial += fmt::format("  /\\ {} = {}\n", names.back(), system.variables[v].initial);
  }
  std::string module = identifier(system.model->name);
  std::string text = fmt::format(
      "---- MODULE {} ----\n\\* TLC: SPECIFICATION Spec, INVARIANT Safe, CHECK_DEADLOCK FALSE\nEXTENDS "
      "Naturals\n\n"
      "VARIABLES violated",
      module);
  for (const std::string& name : names)
    text += ", " + name;
  text += "\n\nMax(a, b) == IF a >= b THEN a ELSE b\nMin(a, b) == IF a <= b THEN a ELSE b\n\n";
  text += "Init ==\n  /\\ violated = \"nothing\"\n" + initial + "\n";
  std::string next;
  std::string all = "violated";
  for (const std::string& name : names)
    all += ", " + name;
  for (std::size_t s = 0; s < system.steps.size(); ++s) {
    TRY(const std::string step, step_text(system, system.steps[s], s + 1, names, options, tla));
    text += step;
    next += fmt::format("  \\/ Step{}\n", s + 1);
  }
  std::string safe = "  /\\ violated = \"nothing\"\n";
  for (std::size_t p = 0; p < system.broken.size(); ++p)
    if (system.broken[p] != ModelTerms::kFalse &&
        (options.property < 0 || options.property == static_cast<int>(p)))
      safe +=
          fmt::format("  /\\ ~{}  \\* {}\n", tla.truth(system.broken[p]), system.model->properties[p].name);
  return text + "Next ==\n" + next + fmt::format("\nSpec == Init /\\ [][Next]_<<{}>>\n\nSafe ==\n", all) +
         safe + "====\n";
}

}  // namespace weir::prove
