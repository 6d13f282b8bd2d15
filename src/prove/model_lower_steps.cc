// The steps of the flat model: what each rule does to labels, facts, counters and approvals.
#include <algorithm>

#include "flow/propagation.h"
#include "prove/model_lower.h"

namespace weir::prove {
namespace {

bool any_of(const std::vector<std::string>& names, const std::vector<std::string>& events) {
  return std::any_of(events.begin(), events.end(), [&](const std::string& event) {
    return std::find(names.begin(), names.end(), event) != names.end();
  });
}

bool has(const std::vector<int>& list, std::size_t index) {
  return std::find(list.begin(), list.end(), static_cast<int>(index)) != list.end();
}

// The place in the context whose value is exactly the input: {"session", "sends"} of {session: {sends:
// "=…"}}.
void find_places(const Json& context, const std::string& expression, std::vector<std::string>& at,
                 std::vector<std::vector<std::string>>& places) {
  if (context.is_string() && context.as_string() == expression) places.push_back(at);
  if (!context.is_object()) return;
  for (const auto& [key, value] : context.as_object()) {
    at.push_back(key);
    find_places(value, expression, at, places);
    at.pop_back();
  }
}

}  // namespace

// Where an input without a bound is cut: where the model's own conditions and the policies compare it.
Status ModelLowering::cut_inputs(ModelGate& gate, const Json& context, const ModelRule& rule) {
  for (std::size_t i = 0; i < gate.inputs.size(); ++i) {
    ModelGateInput& input = gate.inputs[i];
    const ModelTermId term = gate.terms.variable(static_cast<int>(i), kModelUnbounded);
    std::int32_t max = kModelUnbounded;
    for (std::size_t t = 0; t < gate.terms.size(); ++t) {
      const ModelTerm& one = gate.terms[static_cast<ModelTermId>(t)];
      if (one.op == ModelTerm::Op::variable && one.value == static_cast<std::int32_t>(i) && one.max >= 0)
        max = one.max;
    }
    if (max >= 0) {
      for (std::int32_t value = 0; value <= max; ++value)
        input.cuts.push_back(value);
      continue;
    }
    std::set<std::int32_t> cuts = {0};
    for (std::size_t t = 0; t < gate.terms.size(); ++t) {
      const ModelTerm& one = gate.terms[static_cast<ModelTermId>(t)];
      if (one.op != ModelTerm::Op::at_least) continue;
      for (const std::size_t side : {std::size_t{0}, std::size_t{1}})
        if (one.args[side] == term) {
          const ModelTerm& other = gate.terms[one.args[1 - side]];
          if (other.op != ModelTerm::Op::constant)
            return fail("the gate of \"" + rule.name + "\" compares two counters without bounds",
                        model_.at(rule.line), "give one of them a `max`");
          cuts.insert({other.value, other.value + 1});
        }
    }
    std::vector<std::string> at;
    std::vector<std::vector<std::string>> places;
    find_places(context, "=" + input.path, at, places);
    for (const auto& place : places) {
      auto found = context_cuts(policies_.policies, place);
      if (!found) {
        found.error().where = model_.at(rule.line);
        found.error().hint = "give the counter \"" + input.path + "\" a `max`";
        return std::unexpected(std::move(found.error()));
      }
      for (const std::int64_t cut : *found)
        if (cut >= 0 && cut < kModelCounterMax)
          cuts.insert({static_cast<std::int32_t>(cut), static_cast<std::int32_t>(cut + 1)});
    }
    input.cuts.assign(cuts.begin(), cuts.end());
  }
  return {};
}

Result<int> ModelLowering::make_gate(const ModelRule& rule, const ModelAgent& agent, const Binding& binding) {
  const ModelGateSpec& spec = *rule.gate;
  auto entities = gate_entities(spec, agent, policies_);
  if (!entities) {
    entities.error().where = model_.at(spec.line);
    return std::unexpected(std::move(entities.error()));
  }
  auto gate = std::make_shared<ModelGate>(policies_, agent.principal.uid, spec.action, spec.resource.uid,
                                          std::move(*entities));
  gate->rule = rule.name;
  Json context = policies_.builtin_schema ? engine_context(model_, rule, agent) : Json::object();
  for (const auto& [key, value] : spec.context.as_object()) {
    Json* member = context.find(key);
    if (member != nullptr && member->is_object() && value.is_object() && !value.has("if"))
      for (const auto& [name, inner] : value.as_object())
        member->set(name, inner);
    else
      context.set(key, value);
  }
  ModelGateSymbols symbols(*this, binding, *gate);
  TRY(gate->context, compile_context(context, symbols, model_.at(spec.line)));
  TRY_STATUS(cut_inputs(*gate, context, rule));
  if (gate->combinations() > kModelGateInputsMax || gate->inputs.size() > 32)
    return fail(ErrorCode::limit,
                "the gate of \"" + rule.name + "\" depends on more than " +
                    std::to_string(kModelGateInputsMax) + " combinations",
                model_.at(spec.line), "bound its counters lower, or give it fewer facts");
  if (policies_.schema) TRY_STATUS(check_gate(*gate, *policies_.schema, model_.at(spec.line)));
  gate->drop_idle_inputs();
  system_.gates.push_back(std::move(gate));
  return static_cast<int>(system_.gates.size()) - 1;
}

// How labels flow: what is read joins the actor, the actor joins what it writes and whom it speaks to.
void ModelLowering::flow(ModelStep& step, const ModelRule& rule, const Binding& binding,
                         const std::string& view, const std::string& label) {
  ModelTerms& terms = system_.terms;
  const auto place = [&](const std::string& holder) { return view + "." + holder + "." + label; };
  const std::string& actor = system_.agents[static_cast<std::size_t>(binding.self)].name;
  const auto object = [&](int index) -> const ModelObject& {
    return model_.objects[static_cast<std::size_t>(index)];
  };
  const auto set = [&](const std::string& name, ModelTermId value) {
    if (value != variable(name).term) step.effects.push_back({index_.at(name), value});
  };
  ModelTermId own = variable(place(actor)).term;
  for (const int read : rule.reads)
    own = terms.maximum(own, resolve(place(object(read).name), binding)->term);
  for (const int written : rule.writes)
    set(place(object(written).name), terms.maximum(variable(place(object(written).name)).term, own));
  if (binding.peer >= 0) {
    const std::string& peer = system_.agents[static_cast<std::size_t>(binding.peer)].name;
    // The engine's own rule says what a narrow return brings, whatever its sender has read.
    constexpr auto kNarrow = flow::integrity_of_return(flow::Integrity::untrusted, true);
    const bool value_only = rule.narrow && label == "integrity";
    const ModelTermId brought = value_only ? terms.constant(static_cast<int>(kNarrow)) : own;
    set(place(peer), terms.maximum(variable(place(peer)).term, brought));
  }
  for (const ModelEndorsement& endorsement : rule.endorses) {
    const bool integrity = label == "integrity";
    const auto& to = integrity ? endorsement.integrity : endorsement.confidentiality;
    if (!to) continue;
    const std::string name = place(object(endorsement.object).name);
    // An endorsement is worth no more than who gives it.
    const ModelTermId floor = integrity ? terms.maximum(terms.constant(*to), own) : terms.constant(*to);
    set(name, terms.minimum(variable(name).term, floor));
  }
  if (rule.forgets)
    own = terms.constant(system_.variables[static_cast<std::size_t>(index_.at(place(actor)))].initial);
  set(place(actor), own);
}

// Facts and counters that events move. An event that both makes a fact true and ends it makes it true.
void ModelLowering::happen(ModelStep& step, const std::vector<std::string>& events,
                           const std::vector<int>& counts, const std::vector<int>& resets,
                           const std::string& view, const std::string& actor) {
  for (const ModelFact& fact : model_.facts) {
    const std::string name = view + "." + (fact.each_agent ? actor + "." : "") + fact.name;
    if (any_of(fact.sets, events))
      step.effects.push_back({index_.at(name), ModelTerms::kTrue});
    else if (any_of(fact.clears, events))
      step.effects.push_back({index_.at(name), ModelTerms::kFalse});
  }
  for (std::size_t i = 0; i < model_.counters.size(); ++i) {
    const ModelCounter& counter = model_.counters[i];
    const std::string name = view + "." + (counter.each_agent ? actor + "." : "") + counter.name;
    if (has(resets, i))
      step.effects.push_back({index_.at(name), ModelTerms::kFalse});
    else if (has(counts, i))
      step.effects.push_back(
          {index_.at(name),
           system_.terms.increment(variable(name).term, counter.max == 0 ? kModelUnbounded : counter.max)});
  }
}

void ModelLowering::add_effects(ModelStep& step, const ModelRule& rule, const Binding& binding) {
  const std::string& actor = system_.agents[static_cast<std::size_t>(binding.self)].name;
  flow(step, rule, binding, "true", "integrity");
  flow(step, rule, binding, "true", "confidentiality");
  happen(step, rule.emits, rule.counts, rule.resets, "true", actor);
  if (!rule.watched) return;
  if (rule.keeps_integrity) flow(step, rule, binding, "monitored", "integrity");
  if (rule.keeps_confidentiality) flow(step, rule, binding, "monitored", "confidentiality");
  happen(step, rule.emits, rule.counts, rule.resets, "monitored", actor);
}

Status ModelLowering::add_checks(ModelStep& step, const std::vector<std::string>& events,
                                 const Binding& binding) {
  for (std::size_t p = 0; p < model_.properties.size(); ++p) {
    const ModelProperty& property = model_.properties[p];
    if (property.kind != ModelProperty::Kind::never || !any_of(property.events, events)) continue;
    ModelTermId broken = ModelTerms::kTrue;
    if (property.when) {
      ModelStateSymbols symbols(*this, binding, true);
      TRY(broken, compile_condition(*property.when, symbols, model_.at(property.line)));
    }
    if (broken != ModelTerms::kFalse) step.checks.push_back({static_cast<int>(p), broken});
  }
  return {};
}

Status ModelLowering::add_step(const ModelRule& rule, int rule_index, Binding binding, int gate) {
  ModelStep step{
      .rule = rule_index, .actor = binding.self, .peer = binding.peer, .gate = gate, .asked = binding.asked};
  step.name = system_.agents[static_cast<std::size_t>(binding.self)].name + " " + rule.name;
  if (binding.peer >= 0) step.name += " " + system_.agents[static_cast<std::size_t>(binding.peer)].name;
  ModelStateSymbols symbols(*this, binding, false);
  if (rule.when) {
    TRY(step.guard, compile_condition(*rule.when, symbols, model_.at(rule.line)));
  }
  if (gate >= 0)
    for (const ModelGateInput& input : system_.gates[static_cast<std::size_t>(gate)]->inputs) {
      TRY(const ModelTyped value, resolve(input.path, binding));
      step.gate_inputs.push_back(input.cuts.size() > 1 ? value.term : ModelTerms::kFalse);
    }
  if (binding.asked) {
    const ModelApproval& approval = model_.approvals[static_cast<std::size_t>(rule.approval)];
    TRY(const ModelTyped held, resolve("approvals." + approval.name, binding));
    step.approvals = held.term;
    for (const std::string& person : approval.by)
      step.effects.push_back({index_.at("approvals." + approval.name + "." + person + "." +
                                        system_.agents[static_cast<std::size_t>(binding.self)].name),
                              ModelTerms::kFalse});
  }
  add_effects(step, rule, binding);
  TRY_STATUS(add_checks(step, rule.emits, binding));
  if (step.guard == ModelTerms::kFalse) return {};
  if (system_.steps.size() >= kModelRulesMax)
    return fail(ErrorCode::limit, "the model has more than " + std::to_string(kModelRulesMax) + " steps",
                model_.at(rule.line));
  system_.steps.push_back(std::move(step));
  return {};
}

Status ModelLowering::add_rule(const ModelRule& rule, std::size_t index) {
  // Members of one group share a gate: its inputs are paths, not agents.
  std::map<std::pair<int, int>, int> gates;
  const auto step = [&](int self, int peer) -> Status {
    Binding binding{.self = self, .peer = peer};
    if (!rule.gate) return add_step(rule, static_cast<int>(index), binding, -1);
    const int agent = system_.agents[static_cast<std::size_t>(self)].agent;
    const int other = peer < 0 ? -1 : system_.agents[static_cast<std::size_t>(peer)].agent;
    const auto [it, fresh] = gates.try_emplace({agent, other}, -1);
    if (fresh) {
      TRY(it->second, make_gate(rule, model_.agents[static_cast<std::size_t>(agent)], binding));
    }
    TRY_STATUS(add_step(rule, static_cast<int>(index), binding, it->second));
    if (rule.approval < 0) return {};
    binding.asked = true;
    return add_step(rule, static_cast<int>(index), binding, it->second);
  };
  for (std::size_t self = 0; self < system_.agents.size(); ++self) {
    if (!has(rule.actors, static_cast<std::size_t>(system_.agents[self].agent))) continue;
    if (rule.kind != ModelRule::Kind::message) {
      TRY_STATUS(step(static_cast<int>(self), -1));
      continue;
    }
    for (std::size_t peer = 0; peer < system_.agents.size(); ++peer)
      if (peer != self && has(rule.peers, static_cast<std::size_t>(system_.agents[peer].agent)))
        TRY_STATUS(step(static_cast<int>(self), static_cast<int>(peer)));
  }
  return {};
}

Status ModelLowering::add_steps() {
  for (std::size_t i = 0; i < model_.rules.size(); ++i)
    TRY_STATUS(add_rule(model_.rules[i], i));
  return {};
}

// A person approves: for one agent, once until it is used.
Status ModelLowering::add_approvals() {
  for (const ModelApproval& approval : model_.approvals)
    for (const std::string& person : approval.by)
      for (std::size_t i = 0; i < system_.agents.size(); ++i) {
        const std::string name = "approvals." + approval.name + "." + person + "." + system_.agents[i].name;
        if (!index_.contains(name)) continue;
        const Binding binding{.self = static_cast<int>(i)};
        ModelStep step{.name = person + " approves " + approval.name + " for " + system_.agents[i].name,
                       .actor = static_cast<int>(i)};
        step.guard = system_.terms.negation(variable(name).term);
        if (approval.when) {
          ModelStateSymbols symbols(*this, binding, false);
          TRY(const ModelTermId when, compile_condition(*approval.when, symbols, model_.at(approval.line)));
          step.guard = system_.terms.both(step.guard, when);
        }
        step.effects.push_back({index_.at(name), ModelTerms::kTrue});
        const std::vector<std::string> events = {"approve." + approval.name};
        happen(step, events, {}, {}, "true", system_.agents[i].name);
        happen(step, events, {}, {}, "monitored", system_.agents[i].name);
        TRY_STATUS(add_checks(step, events, binding));
        system_.steps.push_back(std::move(step));
      }
  return {};
}

Status ModelLowering::add_properties() {
  for (const ModelProperty& property : model_.properties) {
    system_.broken.push_back(ModelTerms::kFalse);
    if (property.kind != ModelProperty::Kind::always) continue;
    ModelStateSymbols symbols(*this, {}, false);
    TRY(const ModelTermId holds, compile_condition(*property.when, symbols, model_.at(property.line)));
    system_.broken.back() = system_.terms.negation(holds);
  }
  return {};
}

}  // namespace weir::prove
