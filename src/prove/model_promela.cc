#include <fmt/format.h>

#include "prove/model_chc.h"
#include "prove/model_export.h"

namespace weir::prove {
namespace {

constexpr std::size_t kExportBytesMax = std::size_t{16} << 20;

bool moves(const ModelVariable& variable) {
  return variable.unbounded || variable.max != variable.initial;
}

// Expressions are C's; Promela's conditional is ( c -> a : b ).
class Promela {
 public:
  explicit Promela(const ModelSystem& system) : terms(system.terms), system_(system) {}
  ModelTerms terms;

  std::string text(ModelTermId id) const {
    using Op = ModelTerm::Op;
    const ModelTerm& term = terms[id];
    const auto arg = [&](std::size_t i) { return text(term.args[i]); };
    switch (term.op) {
      case Op::constant:
        return std::to_string(term.value);
      case Op::variable: {
        const auto& variable = system_.variables[static_cast<std::size_t>(term.value)];
        return moves(variable) ? fmt::format("v{}", term.value) : std::to_string(variable.initial);
      }
      case Op::maximum:
        if (term.max == 1) return fmt::format("({} || {})", arg(0), arg(1));
        return fmt::format("({0} >= {1} -> {0} : {1})", arg(0), arg(1));
      case Op::minimum:
        if (terms[term.args[0]].max == 1 && terms[term.args[1]].max == 1)
          return fmt::format("({} && {})", arg(0), arg(1));
        return fmt::format("({0} <= {1} -> {0} : {1})", arg(0), arg(1));
      case Op::at_least:
        return fmt::format("({} >= {})", arg(0), arg(1));
      case Op::choose:
        if (terms[term.args[0]].max == 1 && term.args[1] == ModelTerms::kFalse &&
            term.args[2] == ModelTerms::kTrue)
          return fmt::format("(!{})", arg(0));
        return fmt::format("({} -> {} : {})", arg(0), arg(1), arg(2));
      case Op::increment:
        if (term.max == kModelUnbounded) return fmt::format("({} + 1)", arg(0));
        return fmt::format("({0} < {1} -> {0} + 1 : {1})", arg(0), term.max);
    }
    return {};
  }

 private:
  const ModelSystem& system_;
};

std::string declarations(const ModelSystem& system) {
  std::string text;
  for (std::size_t v = 0; v < system.variables.size(); ++v) {
    const ModelVariable& variable = system.variables[v];
    if (!moves(variable)) continue;
    const char* type = variable.max <= 1 ? "bit" : variable.max <= 255 ? "byte" : "int";
    text += fmt::format("{} v{} = {};  /* {} */\n", type, v, variable.initial, variable.name);
  }
  return text;
}

// Effects happen all at once: new values first, then the assignments.
std::string effects(const ModelSystem& system, const ModelStep& step, const Promela& promela) {
  std::string compute;
  std::string assign;
  std::size_t number = 0;
  for (const ModelAssignment& effect : step.effects) {
    const ModelVariable& variable = system.variables[static_cast<std::size_t>(effect.variable)];
    if (!moves(variable)) continue;
    std::string value = promela.text(effect.value);
    if (variable.unbounded) value = fmt::format("({0} < {1} -> {0} : {1})", value, variable.max);
    if (step.effects.size() == 1) return fmt::format("v{} = {}; ", effect.variable, value);
    compute += fmt::format("n[{}] = {}; ", number, value);
    assign += fmt::format("v{} = n[{}]; ", effect.variable, number);
    ++number;
  }
  for (std::size_t i = 0; i < number; ++i)
    assign += fmt::format("n[{}] = 0; ", i);
  return compute + assign;
}

}  // namespace

Result<std::string> promela_text(const ModelSystem& system, const ModelExportOptions& options) {
  if (!system.uncut.empty())
    return fail("the counter \"" + system.uncut[0] + "\" has no bound and cannot be cut",
                system.model->source, "give it a `max`, or export Horn clauses with --to smt");
  Promela promela(system);
  const auto wanted = [&](int property) { return options.property < 0 || options.property == property; };
  std::size_t most = 1;
  for (const ModelStep& step : system.steps)
    most = std::max(most, step.effects.size());
  std::string text =
      fmt::format("/* {}: every step is atomic; a violation is a failed assertion. */\n", system.model->name);
  text +=
      declarations(system) + fmt::format("hidden int n[{}];\n\nactive proctype workflow() {{\n  do\n", most);
  for (std::size_t p = 0; p < system.broken.size(); ++p)
    if (wanted(static_cast<int>(p)) && system.broken[p] != ModelTerms::kFalse)
      text += fmt::format("  :: atomic {{ {} -> assert(false) }}  /* {} */\n", promela.text(system.broken[p]),
                          system.model->properties[p].name);
  for (const ModelStep& step : system.steps) {
    TRY(const ModelTermId gate, gate_condition(system, step, promela.terms));
    const ModelTermId enabled = promela.terms.both(step.guard, gate);
    if (enabled == ModelTerms::kFalse) continue;
    text += fmt::format("  :: d_step {{ {} -> /* {}{} */ ", promela.text(enabled), step.name,
                        step.asked ? ", approved" : "");
    for (const auto& check : step.checks)
      if (wanted(check.property)) text += fmt::format("assert(!{}); ", promela.text(check.broken));
    text += effects(system, step, promela) + "skip }\n";
    if (text.size() > kExportBytesMax)
      return fail(ErrorCode::limit, "the export is longer than " + std::to_string(kExportBytesMax) + " bytes",
                  system.model->source);
  }
  return text + "  od\n}\n";
}

}  // namespace weir::prove
