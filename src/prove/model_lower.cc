#include "prove/model_lower.h"

#include <algorithm>

namespace weir::prove {
namespace {

using Says = ModelVariable::Says;

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts(1);
  for (const char c : path)
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

std::string instance_name(const ModelAgent& agent, int number) {
  return agent.count == 1 ? agent.name : agent.name + "[" + std::to_string(number) + "]";
}

}  // namespace

ModelLowering::ModelLowering(const Model& model, const ModelPolicies& policies)
    : model_(model), policies_(policies) {
  system_.model = &model;
  for (std::size_t i = 0; i < model.agents.size(); ++i)
    for (int number = 1; number <= model.agents[i].count; ++number)
      system_.agents.push_back({instance_name(model.agents[i], number), static_cast<int>(i)});
  for (const ModelRule& rule : model.rules) {
    for (const int object : rule.writes)
      moving_.insert(model.objects[static_cast<std::size_t>(object)].name);
    for (const ModelEndorsement& endorsement : rule.endorses)
      moving_.insert(model.objects[static_cast<std::size_t>(endorsement.object)].name);
  }
}

void ModelLowering::add_variable(std::string name, std::int32_t max, std::int32_t initial, int agent,
                                 Says says, bool unbounded) {
  index_.emplace(name, static_cast<int>(system_.variables.size()));
  system_.variables.push_back({.name = std::move(name),
                               .max = max,
                               .initial = initial,
                               .unbounded = unbounded,
                               .agent = agent,
                               .says = says});
}

void ModelLowering::add_labels(const std::string& holder, const ModelLabels& labels, int agent) {
  for (const std::string view : {"true.", "monitored."}) {
    add_variable(view + holder + ".integrity", kIntegrityMax, labels.integrity, agent, Says::integrity);
    add_variable(view + holder + ".confidentiality", kConfidentialityMax, labels.confidentiality, agent,
                 Says::confidentiality);
  }
}

std::vector<std::string> ModelLowering::holders(bool each_agent) const {
  std::vector<std::string> list;
  if (!each_agent) return {""};
  for (const ModelInstance& instance : system_.agents)
    list.push_back(instance.name + ".");
  return list;
}

void ModelLowering::add_variables() {
  for (std::size_t i = 0; i < system_.agents.size(); ++i)
    add_labels(system_.agents[i].name,
               model_.agents[static_cast<std::size_t>(system_.agents[i].agent)].labels, static_cast<int>(i));
  for (const ModelObject& object : model_.objects)
    if (moving_.contains(object.name)) add_labels(object.name, object.labels, -1);
  const auto for_views = [&](bool each_agent, const std::string& name, std::int32_t max, Says says,
                             bool unbounded) {
    const auto list = holders(each_agent);
    for (std::size_t i = 0; i < list.size(); ++i)
      for (const std::string view : {"true.", "monitored."})
        add_variable(view + list[i] + name, max, 0, each_agent ? static_cast<int>(i) : -1, says, unbounded);
  };
  for (const ModelFact& fact : model_.facts)
    for_views(fact.each_agent, fact.name, 1, Says::truth, false);
  for (const ModelCounter& counter : model_.counters)
    for_views(counter.each_agent, counter.name, counter.max == 0 ? kModelUnbounded : counter.max,
              Says::number, counter.max == 0);
  for (std::size_t a = 0; a < model_.approvals.size(); ++a) {
    std::set<int> users;
    for (const ModelRule& rule : model_.rules)
      if (rule.approval == static_cast<int>(a)) users.insert(rule.actors.begin(), rule.actors.end());
    for (std::size_t i = 0; i < system_.agents.size(); ++i)
      for (const std::string& person : model_.approvals[a].by)
        if (users.contains(system_.agents[i].agent))
          add_variable("approvals." + model_.approvals[a].name + "." + person + "." + system_.agents[i].name,
                       1, 0, static_cast<int>(i), Says::truth);
  }
}

ModelTyped ModelLowering::variable(const std::string& name) {
  const int index = index_.at(name);
  const ModelVariable& found = system_.variables[static_cast<std::size_t>(index)];
  return {system_.terms.variable(index, found.max), found.says};
}

Result<std::vector<int>> ModelLowering::members(const std::string& group) const {
  std::vector<int> list;
  for (std::size_t i = 0; i < system_.agents.size(); ++i)
    if (model_.agents[static_cast<std::size_t>(system_.agents[i].agent)].name == group)
      list.push_back(static_cast<int>(i));
  if (list.empty()) return fail("there is no agent \"" + group + "\"");
  return list;
}

// "self", "peer", or an agent that is only one, as the name of an instance; anything else as it is.
Result<std::string> ModelLowering::holder(const std::string& word, const Binding& binding) const {
  if (word == "self" || word == "peer") {
    const int instance = word == "self" ? binding.self : binding.peer;
    if (instance < 0)
      return fail("\"" + word + "\" means nobody here", "", "name an agent, or use any(…) or every(…)");
    return system_.agents[static_cast<std::size_t>(instance)].name;
  }
  for (const ModelAgent& agent : model_.agents)
    if (agent.name == word && agent.count > 1)
      return fail("\"" + word + "\" is several agents", "",
                  "say any(" + word + ", …) or every(" + word + ", …)");
  return word;
}

Result<ModelTyped> ModelLowering::resolve(const std::string& path, const Binding& binding) {
  const std::vector<std::string> parts = split(path);
  const auto unknown = [&] {
    return fail("\"" + path + "\" means nothing in this model", "",
                "e.g. true.self.integrity, monitored.FACT, true.COUNTER, approvals.NAME");
  };
  if (parts[0] == "approvals" && parts.size() == 2) {
    if (binding.self < 0) return fail("\"" + path + "\" needs an agent that is judged");
    ModelTermId count = ModelTerms::kFalse;
    bool known = false;
    const std::string& agent = system_.agents[static_cast<std::size_t>(binding.self)].name;
    for (const ModelApproval& approval : model_.approvals)
      for (const std::string& person : approval.by)
        if (approval.name == parts[1]) {
          known = true;
          const auto it = index_.find("approvals." + approval.name + "." + person + "." + agent);
          if (it == index_.end()) continue;
          count = system_.terms.choose(variable(it->first).term,
                                       system_.terms.increment(count, kModelApproversMax), count);
        }
    if (!known) return unknown();
    return ModelTyped{count, Says::number};
  }
  if ((parts[0] != "true" && parts[0] != "monitored") || parts.size() < 2 || parts.size() > 3)
    return unknown();
  std::string name = parts[0];
  if (parts.size() == 2) {
    name += "." + parts[1];
  } else {
    TRY(const std::string who, holder(parts[1], binding));
    name += "." + who + "." + parts[2];
    for (const ModelObject& object : model_.objects)
      if (object.name == who && !moving_.contains(who)) {
        if (parts[2] == "integrity")
          return ModelTyped{system_.terms.constant(object.labels.integrity), Says::integrity};
        if (parts[2] == "confidentiality")
          return ModelTyped{system_.terms.constant(object.labels.confidentiality), Says::confidentiality};
      }
  }
  if (!index_.contains(name)) return unknown();
  return variable(name);
}

Result<ModelTyped> ModelStateSymbols::path(const std::string& path, int self) {
  if (path == "approved") {
    if (!approved_) return fail("`approved` is only known to the condition of a `never`");
    return ModelTyped{binding_.asked ? ModelTerms::kTrue : ModelTerms::kFalse, Says::truth};
  }
  ModelLowering::Binding binding = binding_;
  if (self >= 0) binding.self = self;
  return lowering_.resolve(path, binding);
}

Result<ModelTyped> ModelGateSymbols::path(const std::string& path, int) {
  if (path.starts_with("true."))
    return fail("a gate cannot know \"" + path + "\"", "",
                "it sees what is monitored: monitored." + path.substr(5));
  TRY(const ModelTyped found, lowering_.resolve(path, binding_));
  std::size_t index = 0;
  while (index < gate_.inputs.size() && gate_.inputs[index].path != path)
    ++index;
  if (index == gate_.inputs.size()) gate_.inputs.push_back({.path = path});
  const std::int32_t max = lowering_.system().terms[found.term].max;
  return ModelTyped{gate_.terms.variable(static_cast<int>(index), max), found.says};
}

Result<std::vector<int>> ModelGateSymbols::members(const std::string&) {
  return fail("a gate judges one agent: any() and every() are for properties");
}

// Members of a group are interchangeable: no expression can name one of them.
void ModelLowering::find_symmetries() {
  for (std::size_t a = 0; a < model_.agents.size(); ++a) {
    if (model_.agents[a].count == 1) continue;
    std::vector<std::vector<int>> group;
    for (std::size_t i = 0; i < system_.agents.size(); ++i) {
      if (system_.agents[i].agent != static_cast<int>(a)) continue;
      std::vector<int> own;
      for (std::size_t v = 0; v < system_.variables.size(); ++v)
        if (system_.variables[v].agent == static_cast<int>(i)) own.push_back(static_cast<int>(v));
      group.push_back(std::move(own));
    }
    if (!group[0].empty()) system_.symmetries.push_back(std::move(group));
  }
}

// Cone of influence: a variable that no guard, gate or property reads, not even through others, is dropped.
void ModelLowering::drop_unread() {
  std::vector<bool> live(system_.variables.size(), false);
  std::vector<ModelTermId> roots = system_.broken;
  for (const ModelStep& step : system_.steps) {
    roots.push_back(step.guard);
    if (step.asked) roots.push_back(step.approvals);
    roots.insert(roots.end(), step.gate_inputs.begin(), step.gate_inputs.end());
    for (const auto& check : step.checks)
      roots.push_back(check.broken);
  }
  system_.terms.mark_variables(roots, live);
  std::size_t before = 0;
  while (before != static_cast<std::size_t>(std::count(live.begin(), live.end(), true))) {
    before = static_cast<std::size_t>(std::count(live.begin(), live.end(), true));
    roots.clear();
    for (const ModelStep& step : system_.steps)
      for (const ModelAssignment& effect : step.effects)
        if (live[static_cast<std::size_t>(effect.variable)]) roots.push_back(effect.value);
    system_.terms.mark_variables(roots, live);
  }
  // Dead variables keep their numbers, so that terms need no rewriting: they just never leave their value.
  for (ModelStep& step : system_.steps)
    std::erase_if(step.effects, [&](const ModelAssignment& effect) {
      return !live[static_cast<std::size_t>(effect.variable)];
    });
  for (std::size_t i = 0; i < live.size(); ++i)
    if (!live[i]) {
      system_.variables[i].max = system_.variables[i].initial;
      system_.variables[i].unbounded = false;
    }
}

// Where counters without a bound may be cut for search: beyond the highest number that anything compares them
// with, one value stands for all. A counter that is compared with another one has no such place.
void ModelLowering::cut_counters() {
  constexpr std::int32_t kUncutMax = 15;
  const ModelTerms& terms = system_.terms;
  std::vector<std::int32_t> highest(system_.variables.size(), 1);
  const auto variable_of = [&](ModelTermId id) {
    const bool counter =
        id >= 0 && terms[id].op == ModelTerm::Op::variable && terms[id].max == kModelUnbounded;
    return counter ? terms[id].value : -1;
  };
  for (std::size_t t = 0; t < terms.size(); ++t) {
    const ModelTerm& term = terms[static_cast<ModelTermId>(t)];
    for (std::size_t side = 0; side < 3; ++side) {
      const std::int32_t v = variable_of(term.args[side]);
      if (v < 0 || term.op == ModelTerm::Op::increment) continue;
      auto& high = highest[static_cast<std::size_t>(v)];
      if (term.op == ModelTerm::Op::at_least && terms.is_constant(term.args[1 - side]))
        high = std::max(high, terms[term.args[1 - side]].value + 1);
      else
        system_.variables[static_cast<std::size_t>(v)].uncut = true;
    }
  }
  for (const ModelStep& step : system_.steps)
    for (std::size_t i = 0; i < step.gate_inputs.size(); ++i)
      if (const std::int32_t v = variable_of(step.gate_inputs[i]); v >= 0) {
        const auto& cuts = system_.gates[static_cast<std::size_t>(step.gate)]->inputs[i].cuts;
        highest[static_cast<std::size_t>(v)] = std::max(highest[static_cast<std::size_t>(v)], cuts.back());
      }
  for (std::size_t i = 0; i < system_.variables.size(); ++i) {
    ModelVariable& variable = system_.variables[i];
    if (!variable.unbounded) continue;
    variable.max = variable.uncut ? kUncutMax : highest[i];
    if (variable.uncut) system_.uncut.push_back(variable.name);
  }
}

Result<ModelSystem> ModelLowering::lower() {
  add_variables();
  TRY_STATUS(add_steps());
  TRY_STATUS(add_approvals());
  TRY_STATUS(add_properties());
  drop_unread();
  cut_counters();
  find_symmetries();
  return std::move(system_);
}

Result<ModelSystem> lower_model(const Model& model, const ModelPolicies& policies) {
  for (const ModelFact& fact : model.facts)
    if (fact.catalogue)
      return fail("what the fact \"" + fact.name + "\" means was not taken from a catalogue",
                  model.at(fact.line), "call load_model()");
  return ModelLowering(model, policies).lower();
}

std::vector<std::int32_t> ModelSystem::initial() const {
  std::vector<std::int32_t> state;
  for (const ModelVariable& variable : variables)
    state.push_back(variable.initial);
  return state;
}

const ModelGateAnswer* ModelSystem::answer(const ModelStep& step, std::span<const std::int32_t> state) const {
  if (step.gate < 0) return nullptr;
  std::array<std::int32_t, 32> values{};
  for (std::size_t i = 0; i < step.gate_inputs.size(); ++i)
    values[i] = terms.evaluate(step.gate_inputs[i], state);
  return &gates[static_cast<std::size_t>(step.gate)]->answer(
      std::span(values).first(step.gate_inputs.size()));
}

bool ModelSystem::enabled(const ModelStep& step, std::span<const std::int32_t> state) const {
  if (step.guard != ModelTerms::kTrue && terms.evaluate(step.guard, state) == 0) return false;
  if (step.asked && terms.evaluate(step.approvals, state) == 0) return false;
  const ModelGateAnswer* judged = answer(step, state);
  if (judged == nullptr) return true;
  if (!step.asked) return judged->needs == 0;
  return judged->needs > 0 && judged->needs <= terms.evaluate(step.approvals, state);
}

std::vector<std::int32_t> ModelSystem::after(const ModelStep& step,
                                             std::span<const std::int32_t> state) const {
  std::vector<std::int32_t> next(state.begin(), state.end());
  for (const ModelAssignment& effect : step.effects) {
    const auto index = static_cast<std::size_t>(effect.variable);
    next[index] = std::min(terms.evaluate(effect.value, state), variables[index].max);
  }
  return next;
}

}  // namespace weir::prove
