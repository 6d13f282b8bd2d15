// Model → ModelSystem: variables, then one step for each rule, actor and peer, then what nothing reads is
// dropped. Internal to the room; call lower_model().
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "prove/model_symbols.h"
#include "prove/model_system.h"

namespace weir::prove {

class ModelLowering {
 public:
  ModelLowering(const Model& model, const ModelPolicies& policies);
  Result<ModelSystem> lower();

  // Who does it: what "self" and "peer" mean, and whether people approved this very step.
  struct Binding {
    int self = -1;
    int peer = -1;
    bool asked = false;
  };
  ModelSystem& system() { return system_; }
  const Model& model() const { return model_; }
  // A path as a term of the flat model.
  Result<ModelTyped> resolve(const std::string& path, const Binding& binding);
  Result<std::vector<int>> members(const std::string& group) const;

 private:
  // model_lower.cc
  void add_variables();
  void add_labels(const std::string& holder, const ModelLabels& labels, int agent);
  void add_variable(std::string name, std::int32_t max, std::int32_t initial, int agent,
                    ModelVariable::Says says, bool unbounded = false);
  std::vector<std::string> holders(bool each_agent) const;  // "" or "worker[1]", ...: who has a fact
  ModelTyped variable(const std::string& name);
  Result<std::string> holder(const std::string& word, const Binding& binding) const;
  void find_symmetries();
  void drop_unread();
  void cut_counters();

  // model_lower_steps.cc
  Status add_steps();
  Status add_rule(const ModelRule& rule, std::size_t index);
  Status add_step(const ModelRule& rule, int rule_index, Binding binding, int gate);
  Status add_approvals();
  Status add_properties();
  Status add_checks(ModelStep& step, const std::vector<std::string>& events, const Binding& binding);
  Result<int> make_gate(const ModelRule& rule, const ModelAgent& agent, const Binding& binding);
  Status cut_inputs(ModelGate& gate, const Json& context, const ModelRule& rule);
  void add_effects(ModelStep& step, const ModelRule& rule, const Binding& binding);
  void flow(ModelStep& step, const ModelRule& rule, const Binding& binding, const std::string& view,
            const std::string& label);
  void happen(ModelStep& step, const std::vector<std::string>& events, const std::vector<int>& counts,
              const std::vector<int>& resets, const std::string& view, const std::string& actor);

  const Model& model_;
  const ModelPolicies& policies_;
  ModelSystem system_;
  std::map<std::string, int, std::less<>> index_;  // of variables, by name
  std::set<std::string> moving_;                   // objects whose labels can change
};

// The inputs of a gate: every path is one input, whatever agent stands for self.
class ModelGateSymbols : public ModelSymbols {
 public:
  ModelGateSymbols(ModelLowering& lowering, ModelLowering::Binding binding, ModelGate& gate)
      : lowering_(lowering), binding_(binding), gate_(gate) {}
  ModelTerms& terms() override { return gate_.terms; }
  Result<ModelTyped> path(const std::string& path, int self) override;
  Result<std::vector<int>> members(const std::string& group) override;

 private:
  ModelLowering& lowering_;
  ModelLowering::Binding binding_;
  ModelGate& gate_;
};

// The flat model itself.
class ModelStateSymbols : public ModelSymbols {
 public:
  ModelStateSymbols(ModelLowering& lowering, ModelLowering::Binding binding, bool approved)
      : lowering_(lowering), binding_(binding), approved_(approved) {}
  ModelTerms& terms() override { return lowering_.system().terms; }
  Result<ModelTyped> path(const std::string& path, int self) override;
  Result<std::vector<int>> members(const std::string& group) override { return lowering_.members(group); }

 private:
  ModelLowering& lowering_;
  ModelLowering::Binding binding_;
  bool approved_;  // whether `approved` means something here: in the condition of a `never`
};

}  // namespace weir::prove
