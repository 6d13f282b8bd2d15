// One request environment with the policies in it: what they do there, asked as cheaply as possible.
//
//   TRY(Scene scene, Scene::make(sorts, environment, policies, prover));
//   TRY(Truth truth, scene.implies(0, 1));      // does every request that policy 0 matches match policy 1?
//
// Every example that the solver finds is replayed through the evaluator and remembered with what all policies
// did. Most questions are refuted by an example that is there already; a solver is asked for the rest.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cedar/authorizer.h"
#include "prove/prover.h"

namespace weir::prove {

enum class Truth : unsigned char { yes, no, unknown };

// A statement that was checked for every request of an environment.
struct Checked {
  Truth truth = Truth::unknown;
  std::optional<Example> example;  // no: a request where it does not hold, replayed
  std::string why;                 // unknown
};

enum class Effect : std::uint8_t { no_match, match, error };  // of one policy on one request

// What each policy of a set does on a request, by replay. The order is that of PolicySet::policies().
std::vector<Effect> effects(const cedar::PolicySet& policies, const Example& example);

class Scene {
 public:
  static Result<Scene> make(const Sorts& sorts, const cedar::RequestEnvironment& environment,
                            const cedar::PolicySet& policies, Prover& prover);

  std::size_t size() const { return policies_.policies().size(); }
  const cedar::Policy& policy(std::size_t i) const { return policies_.policies()[i]; }
  const cedar::RequestEnvironment& environment() const { return encoder_->environment(); }
  Encoder& encoder() { return *encoder_; }
  // Whether the scope alone rules every request of the environment out.
  bool out_of_scope(std::size_t i) const { return !conditions_[i] ? false : silent_[i]; }
  // Why a policy could not be encoded; empty when it could.
  std::string unsupported(std::size_t i) const;
  Condition condition(std::size_t i) const { return *conditions_[i]; }

  Result<Checked> never_matches(std::size_t i);
  Result<Checked> always_matches(std::size_t i);
  Result<Checked> never_errs(std::size_t i);
  Result<Checked> implies(std::size_t i, std::size_t j);
  Result<Checked> disjoint(std::size_t i, std::size_t j);
  // Allowed by the whole set.
  Result<Checked> always_allows();
  Result<Checked> never_allows();
  // Any other statement: `formula` holds where it is broken, and `broken` says so of an example by replay.
  Result<Checked> never(Term formula, const std::function<bool(const Example&)>& broken,
                        const std::string& name);

  // Drops what only questions need: terms and examples. What was found out about scopes stays.
  void forget();

  // Allowed by the set of policies: some permit matches, no forbid does. Errors: a policy is not supported.
  Result<Term> allowed() const;

 private:
  struct Sample {
    Example example;
    std::vector<Effect> effects;
  };
  Scene(const cedar::PolicySet& policies, Prover& prover) : policies_(policies), prover_(&prover) {}
  std::optional<Checked> refuted(const std::function<bool(const std::vector<Effect>&)>& broken) const;
  Result<Checked> decide(Term formula, const std::function<bool(const std::vector<Effect>&)>& broken,
                         const std::string& name);
  bool allows(const std::vector<Effect>& effects) const;

  cedar::PolicySet policies_;
  Prover* prover_;
  std::unique_ptr<Encoder> encoder_;
  std::vector<Result<Condition>> conditions_;
  std::vector<bool> silent_;
  std::vector<Sample> samples_;
};

// "User, Action::"view", Thing": an environment as messages name it.
std::string name(const cedar::RequestEnvironment& environment);

}  // namespace weir::prove
