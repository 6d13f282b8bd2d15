#include "prove/model_export.h"

#include "prove/model_chc.h"

namespace weir::prove {
namespace {

class GateTree {
 public:
  GateTree(const ModelSystem& system, const ModelStep& step, ModelTerms& terms)
      : step_(step), terms_(terms), gate_(*system.gates[static_cast<std::size_t>(step.gate)]) {}

  ModelTermId from(std::size_t input) {
    if (input == gate_.inputs.size()) return leaf();
    const auto& cuts = gate_.inputs[input].cuts;
    const ModelTermId value = step_.gate_inputs[input];
    ModelTermId tree = -1;
    // From the highest cell down: value >= cut ? what the higher cells say : what this one says.
    for (std::size_t cell = cuts.size(); cell-- > 0;) {
      const bool reachable =
          cell == 0 || terms_.at_least(value, terms_.constant(cuts[cell])) != ModelTerms::kFalse;
      if (!reachable) continue;
      values_.push_back(cuts[cell]);
      const ModelTermId here = from(input + 1);
      values_.pop_back();
      tree = tree < 0 ? here
                      : terms_.choose(terms_.at_least(value, terms_.constant(cuts[cell + 1])), tree, here);
    }
    return tree;
  }

 private:
  ModelTermId leaf() {
    const int needs = gate_.answer(values_).needs;
    if (!step_.asked) return needs == 0 ? ModelTerms::kTrue : ModelTerms::kFalse;
    if (needs == 0 || needs == ModelGateAnswer::kRefused) return ModelTerms::kFalse;
    return terms_.at_least(step_.approvals, terms_.constant(needs));
  }

  const ModelStep& step_;
  ModelTerms& terms_;
  ModelGate& gate_;
  std::vector<std::int32_t> values_;
};

}  // namespace

Result<ModelTermId> gate_condition(const ModelSystem& system, const ModelStep& step, ModelTerms& terms) {
  if (step.gate < 0) return ModelTerms::kTrue;
  const ModelGate& gate = *system.gates[static_cast<std::size_t>(step.gate)];
  if (gate.combinations() > kModelGateTreeMax)
    return fail(ErrorCode::limit,
                "the gate of \"" + gate.rule + "\" depends on more than " +
                    std::to_string(kModelGateTreeMax) + " combinations, too many for a formula",
                system.model->source, "bound its counters lower");
  return GateTree(system, step, terms).from(0);
}

}  // namespace weir::prove
