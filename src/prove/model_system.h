// A model made flat: numbered variables, and steps that test and set them. Every engine works on this form
// (model_search.h explores it, model_chc.h proves over it), and every export writes it (model_export.h).
//
//   TRY(ModelSystem system, lower_model(model, policies));
//   for (const ModelStep& step : system.steps)
//     if (system.enabled(step, state)) next = system.after(step, state);
//
// A step that a gate judges appears twice: once for when the gate lets it pass by itself, once for when the
// gate asks and people have approved (`asked`), which uses the approval up.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "prove/model.h"
#include "prove/model_gate.h"
#include "prove/model_terms.h"

namespace weir::prove {

struct ModelVariable {
  std::string name;  // "true.coder.integrity", "monitored.sends", "approvals.release.ann@coder"
  std::int32_t max = 1;
  std::int32_t initial = 0;
  bool unbounded = false;  // a counter without a bound; `max` is then the least value from which on nothing
                           // tells it from higher ones
  bool uncut = false;      // there is no such value; `max` is then where search stops
  int agent = -1;          // index into ModelSystem::agents; -1: not of one agent
  enum class Says : std::uint8_t { truth, number, integrity, confidentiality } says = Says::truth;
};

struct ModelAssignment {
  int variable = 0;
  ModelTermId value = 0;
};

// An agent of the flat model: one of the `count` of a ModelAgent.
struct ModelInstance {
  std::string name;  // "worker[2]", or the agent's own name when there is only one
  int agent = 0;     // index into Model::agents
};

struct ModelStep {
  std::string name;  // "worker[2] open-pr"
  int rule = -1;     // index into Model::rules; -1: a person approves
  int actor = -1;    // instances
  int peer = -1;
  ModelTermId guard = ModelTerms::kTrue;
  int gate = -1;  // index into ModelSystem::gates; -1: nothing stands before it
  std::vector<ModelTermId> gate_inputs;
  bool asked = false;
  ModelTermId approvals = ModelTerms::kFalse;  // how many people have approved
  std::vector<ModelAssignment> effects;        // all at once, from the state before
  struct Check {
    int property = 0;
    ModelTermId broken = 0;  // in the state before the step
  };
  std::vector<Check> checks;
};

struct ModelSystem {
  const Model* model = nullptr;
  ModelTerms terms;
  std::vector<ModelVariable> variables;
  std::vector<ModelInstance> agents;
  std::vector<ModelStep> steps;
  std::vector<std::shared_ptr<ModelGate>> gates;
  std::vector<ModelTermId> broken;  // by property: kind always: true in a state that breaks it; else kFalse
  // For each group of identical agents, the variables of each member, in the same order.
  std::vector<std::vector<std::vector<int>>> symmetries;
  std::vector<std::string> uncut;  // names of the variables with `uncut`

  std::vector<std::int32_t> initial() const;
  bool enabled(const ModelStep& step, std::span<const std::int32_t> state) const;
  std::vector<std::int32_t> after(const ModelStep& step, std::span<const std::int32_t> state) const;
  // What the gate says to a step; nullptr when there is no gate.
  const ModelGateAnswer* answer(const ModelStep& step, std::span<const std::int32_t> state) const;
};

// Errors: names that mean nothing, comparisons of unlike things, gates that depend on more than
// kModelGateInputsMax combinations; more than kModelRulesMax steps. The model must outlive the system.
Result<ModelSystem> lower_model(const Model& model, const ModelPolicies& policies);

}  // namespace weir::prove
