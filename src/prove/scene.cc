#include "prove/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace weir::prove {

std::string name(const cedar::RequestEnvironment& environment) {
  return fmt::format("{}, {}, {}", environment.principal, environment.action.text(), environment.resource);
}

std::vector<Effect> effects(const cedar::PolicySet& policies, const Example& example) {
  const auto response = cedar::authorize(policies, example.request, example.entities);
  std::unordered_map<const cedar::Policy*, Effect> found;
  for (const auto* list : {&response.satisfied_permits, &response.satisfied_forbids})
    for (const auto* policy : *list)
      found.emplace(policy, Effect::match);
  for (const auto& error : response.errors)
    found.emplace(error.policy, Effect::error);
  std::vector<Effect> out;
  for (const auto& policy : policies.policies()) {
    const auto at = found.find(&policy);
    out.push_back(at == found.end() ? Effect::no_match : at->second);
  }
  return out;
}

Result<Scene> Scene::make(const Sorts& sorts, const cedar::RequestEnvironment& environment,
                          const cedar::PolicySet& policies, Prover& prover) {
  Scene out(policies, prover);
  TRY(out.encoder_, Encoder::make(sorts, environment, prover.keeps_obligations()));
  for (const auto& policy : out.policies_.policies()) {
    out.conditions_.push_back(out.encoder_->policy(policy));
    const auto& condition = out.conditions_.back();
    bool silent = condition && out.encoder_->terms().is_false(condition->holds);
    if (silent) {
      const auto scope = out.encoder_->scope_of(policy);
      silent = scope && out.encoder_->terms().is_false(*scope);
    }
    out.silent_.push_back(silent);
  }
  return out;
}

void Scene::forget() {
  encoder_.reset();
  samples_.clear();
}

std::string Scene::unsupported(std::size_t i) const {
  return conditions_[i] ? std::string() : conditions_[i].error().message();
}

bool Scene::allows(const std::vector<Effect>& effects) const {
  bool permitted = false;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    if (effects[i] != Effect::match) continue;
    if (policy(i).effect == cedar::Effect::forbid) return false;
    permitted = true;
  }
  return permitted;
}

std::optional<Checked> Scene::refuted(const std::function<bool(const std::vector<Effect>&)>& broken) const {
  for (const Sample& sample : samples_)
    if (broken(sample.effects)) return Checked{Truth::no, sample.example, {}};
  return std::nullopt;
}

Result<Checked> Scene::decide(Term formula, const std::function<bool(const std::vector<Effect>&)>& broken,
                              const std::string& name) {
  if (auto known = refuted(broken)) return *std::move(known);
  TRY(Search search,
      prover_->find(*encoder_, formula, fmt::format("{} ({})", name, prove::name(environment()))));
  if (search.answer == Answer::unsat) return Checked{Truth::yes, {}, {}};
  if (search.answer == Answer::unknown) return Checked{Truth::unknown, {}, search.why};
  Sample sample{*std::move(search.example), {}};
  sample.effects = effects(policies_, sample.example);
  if (!broken(sample.effects))
    return Checked{Truth::unknown, {}, "the solver's example does not replay; this is a mistake of Weir"};
  Checked out{Truth::no, sample.example, {}};
  if (samples_.size() < limits::kSamplesMax) samples_.push_back(std::move(sample));
  return out;
}

Result<Checked> Scene::never(Term formula, const std::function<bool(const Example&)>& broken,
                             const std::string& name) {
  for (const Sample& sample : samples_)
    if (broken(sample.example)) return Checked{Truth::no, sample.example, {}};
  TRY(Search search,
      prover_->find(*encoder_, formula, fmt::format("{} ({})", name, prove::name(environment()))));
  if (search.answer == Answer::unsat) return Checked{Truth::yes, {}, {}};
  if (search.answer == Answer::unknown) return Checked{Truth::unknown, {}, search.why};
  if (!broken(*search.example))
    return Checked{Truth::unknown, {}, "the solver's example does not replay; this is a mistake of Weir"};
  if (samples_.size() < limits::kSamplesMax)
    samples_.push_back({*search.example, effects(policies_, *search.example)});
  return Checked{Truth::no, std::move(search.example), {}};
}

Result<Checked> Scene::never_matches(std::size_t i) {
  if (!conditions_[i]) return Checked{Truth::unknown, {}, unsupported(i)};
  return decide(
      conditions_[i]->holds, [i](const auto& e) { return e[i] == Effect::match; },
      fmt::format("{} never matches", policy(i).id));
}

Result<Checked> Scene::always_matches(std::size_t i) {
  if (!conditions_[i]) return Checked{Truth::unknown, {}, unsupported(i)};
  return decide(
      encoder_->terms().negate(conditions_[i]->holds), [i](const auto& e) { return e[i] != Effect::match; },
      fmt::format("{} always matches", policy(i).id));
}

Result<Checked> Scene::never_errs(std::size_t i) {
  if (!conditions_[i]) return Checked{Truth::unknown, {}, unsupported(i)};
  return decide(
      conditions_[i]->errs, [i](const auto& e) { return e[i] == Effect::error; },
      fmt::format("{} never errs", policy(i).id));
}

Result<Checked> Scene::implies(std::size_t i, std::size_t j) {
  if (!conditions_[i] || !conditions_[j])
    return Checked{Truth::unknown, {}, unsupported(!conditions_[i] ? i : j)};
  Terms& terms = encoder_->terms();
  return decide(
      terms.all({conditions_[i]->holds, terms.negate(conditions_[j]->holds)}),
      [i, j](const auto& e) { return e[i] == Effect::match && e[j] != Effect::match; },
      fmt::format("{} implies {}", policy(i).id, policy(j).id));
}

Result<Checked> Scene::disjoint(std::size_t i, std::size_t j) {
  if (!conditions_[i] || !conditions_[j])
    return Checked{Truth::unknown, {}, unsupported(!conditions_[i] ? i : j)};
  return decide(
      encoder_->terms().all({conditions_[i]->holds, conditions_[j]->holds}),
      [i, j](const auto& e) { return e[i] == Effect::match && e[j] == Effect::match; },
      fmt::format("{} never meets {}", policy(i).id, policy(j).id));
}

Result<Term> Scene::allowed() const {
  std::vector<Term> permits;
  std::vector<Term> forbids;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!conditions_[i]) return std::unexpected(conditions_[i].error());
    (policy(i).effect == cedar::Effect::permit ? permits : forbids).push_back(conditions_[i]->holds);
  }
  Terms& terms = encoder_->terms();
  const Term forbidden = terms.any(std::move(forbids));
  return terms.all({terms.any(std::move(permits)), terms.negate(forbidden)});
}

Result<Checked> Scene::always_allows() {
  const auto formula = allowed();
  if (!formula) return Checked{Truth::unknown, {}, formula.error().message()};
  return decide(
      encoder_->terms().negate(*formula), [this](const auto& e) { return !allows(e); },
      "everything is allowed");
}

Result<Checked> Scene::never_allows() {
  const auto formula = allowed();
  if (!formula) return Checked{Truth::unknown, {}, formula.error().message()};
  return decide(*formula, [this](const auto& e) { return allows(e); }, "nothing is allowed");
}

}  // namespace weir::prove
