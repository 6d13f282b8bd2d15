// The real policies as a gate of a model: what the monitor knows → one Cedar request → a verdict.
//
// The context of a gate is JSON whose texts that begin with "=" are expressions over the monitored state:
//
//   context: { labels: { integrity: "=monitored.self.integrity" }, facts: [ {if: monitored.tested, then:
//   tested} ] }
//
// With the builtin schema it begins with what the engine itself supplies (engine_context()). Each distinct
// combination of values is asked once and remembered. The verdicts combine as in guard/judge.h: the strongest
// of all satisfied forbids, a forbid that errs refuses, and so does an action that no permit covers; policies
// with @mode("observe") do not count.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cedar/policy_set.h"
#include "cedar/schema.h"
#include "event/decision.h"
#include "prove/model.h"
#include "prove/model_terms.h"

namespace weir::prove {

inline constexpr std::size_t kModelGateInputsMax = 1'000'000;  // combinations that one gate may depend on

inline constexpr std::size_t kModelGateProbesMax = 4096;  // asked to find out on what it does depend

// What the gates of a model ask.
struct ModelPolicies {
  cedar::PolicySet policies;
  std::optional<cedar::Schema> schema;
  bool builtin_schema = false;
  std::string digest;  // of all texts, "sha256:…"
};

struct ModelGateAnswer {
  static constexpr int kRefused = 99;

  event::Verdict verdict = event::Verdict::deny;
  int needs = kRefused;               // approvals needed: 0 passes by itself
  std::vector<std::string> policies;  // that determined it, sorted
};

// One value that a gate depends on.
struct ModelGateInput {
  std::string path;  // "monitored.self.integrity"
  // The values that make a difference: input v falls into the cell of the highest cut <= v; cuts[0] is 0.
  std::vector<std::int32_t> cuts;
};

// A compiled context: what must be computed for each request.
struct ModelContext {
  enum class Kind : std::uint8_t { fixed, truth, number, integrity, confidentiality, record, set, choice };
  Kind kind = Kind::fixed;
  cedar::Value value;                  // fixed
  ModelTermId term = 0;                // over the gate's inputs; choice: its condition
  std::vector<std::string> names;      // record
  std::vector<ModelContext> children;  // record, set; choice: then, else (else may be missing in a set)
};

class ModelGate {
 public:
  ModelGate(const ModelPolicies& policies, cedar::EntityUid principal, cedar::EntityUid action,
            cedar::EntityUid resource, cedar::Entities entities);

  // Set while a model is lowered.
  ModelTerms terms;  // variables are the inputs
  std::vector<ModelGateInput> inputs;
  ModelContext context;
  std::string rule;

  // `values`: one for each input, already cut to cells or not.
  const ModelGateAnswer& answer(std::span<const std::int32_t> values);
  std::size_t asked() const { return asked_; }  // requests decided so far
  std::size_t combinations() const;             // of all cells

  // Finds out which inputs change what the gate says, by asking about every combination; nothing is done
  // beyond kModelGateProbesMax of them. The others lose all cuts but 0, so that the model need not follow
  // them here.
  void drop_idle_inputs();

  // The request of one combination, for reports and for checking against a schema.
  cedar::Request request(std::span<const std::int32_t> values) const;
  const cedar::Entities& entities() const { return entities_; }
  const cedar::EntityUid& action() const { return action_; }

 private:
  const ModelPolicies* policies_;
  cedar::EntityUid principal_;
  cedar::EntityUid action_;
  cedar::EntityUid resource_;
  cedar::Entities entities_;
  std::vector<std::optional<ModelGateAnswer>> answers_;
  std::size_t asked_ = 0;
};

// The context that the engine supplies (docs/policies.md, content/policies/weir.cedarschema) with what a
// model knows: labels of the acting agent, facts and counters by name, approvals. JSON with expressions.
Json engine_context(const Model& model, const ModelRule& rule, const ModelAgent& agent);

// The entities of a request: principal, action and resource, with the attributes that the builtin schema
// wants filled in where the model leaves them out.
Result<cedar::Entities> gate_entities(const ModelGateSpec& spec, const ModelAgent& agent,
                                      const ModelPolicies& policies);

// Whether the gate's requests agree with a schema: types of principal and resource, attributes, context.
Status check_gate(const ModelGate& gate, const cedar::Schema& schema, const std::string& where);

// Integers with which `policies` compare the number at `path` of the context ("session", "sends"), when they
// do nothing else with it; an Error that says what else otherwise.
Result<std::vector<std::int64_t>> context_cuts(const cedar::PolicySet& policies,
                                               const std::vector<std::string>& path);

}  // namespace weir::prove
