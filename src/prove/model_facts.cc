#include "prove/model_facts.h"

#include <algorithm>
#include <array>

#include "facts/monitor.h"

namespace weir::prove {
namespace {

using facts::Formula;
using Kind = Formula::Kind;

bool is_temporal(const Formula& formula) {
  return formula.kind == Kind::once || formula.kind == Kind::since || formula.kind == Kind::previously;
}

bool has_past(const Formula& formula) {
  return is_temporal(formula) || formula.is_integer() ||
         std::any_of(formula.args.begin(), formula.args.end(), has_past);
}

// "" when a model can express the formula, else what it cannot.
std::string obstacle(const Formula& formula) {
  static constexpr std::array<std::string_view, 5> kOfTheRun = {"agent", "sub_agent", "session", "user",
                                                                "plane"};
  if (formula.is_integer() || formula.kind == Kind::measured) return "counts and sums";
  if (std::find(kOfTheRun.begin(), kOfTheRun.end(), formula.field) != kOfTheRun.end())
    return "the field \"" + formula.field + "\"";
  if (is_temporal(formula) && formula.interval.from_ns != 0) return "an interval that begins in the past";
  if (is_temporal(formula) && std::any_of(formula.args.begin(), formula.args.end(), has_past))
    return "an operator within an operator";
  for (const Formula& arg : formula.args)
    if (std::string found = obstacle(arg); !found.empty()) return found;
  return {};
}

bool speaks_of(const Formula& formula, std::string_view field) {
  return formula.field == field || std::any_of(formula.args.begin(), formula.args.end(),
                                               [&](const auto& arg) { return speaks_of(arg, field); });
}

// ---- Steps as instants ----

void add_texts(facts::Instant& instant, std::string_view field, const Json& value) {
  if (value.is_string() && !value.as_string().starts_with("=")) instant.add(field, value.as_string());
  if (!value.is_array()) return;
  for (const Json& item : value.as_array())
    if (item.is_string()) instant.add(field, item.as_string());
}

void add_resource(facts::Instant& instant, const ModelEntity& resource) {
  const std::string& id = resource.uid.id();
  instant.add("resource_type", resource.uid.type());
  instant.add("resource", id);
  instant.add("name", std::string_view(id).substr(id.rfind('/') + 1));
  for (const cedar::EntityUid& parent : resource.parents)
    if (parent.type() == "PathClass") instant.add("class", parent.id());
  for (const auto& [name, value] : resource.attributes.fields()) {
    if (const auto* flag = value.get_if<bool>(); flag != nullptr && *flag) instant.add("flag", name);
    if (const auto* text = value.get_if<std::string>(); text != nullptr && name == "host")
      instant.add("host", *text);
  }
  if (resource.uid.type() == "Host" && resource.attributes.find("host") == nullptr)
    instant.add("host", id.substr(0, id.rfind(':')));
}

// Whether the step is an instant at all: something that the guard is asked about, or says it is one.
bool is_instant(const ModelRule& rule) {
  return rule.gate.has_value() || rule.instant.is_object();
}

facts::Instant instant_of(const ModelRule& rule) {
  facts::Instant instant;
  const Json& own = rule.instant;
  if (!own.has("kind")) instant.add("kind", "tool.call");
  if (rule.gate) {
    if (!own.has("verb")) instant.add("verb", rule.gate->action.id());
    if (!own.has("tool")) instant.add("tool", rule.call["tool"].text_or(rule.name));
    if (!own.has("certainty")) instant.add("certainty", "certain");
    add_resource(instant, rule.gate->resource);
    add_texts(instant, "flag", rule.gate->context["flags"]);
    if (const Json& attrs = rule.gate->context["attrs"]; attrs.is_object())
      for (const auto& [name, value] : attrs.as_object()) {
        if (value.is_int()) instant.add("attr." + name, std::to_string(value.as_int()));
        add_texts(instant, "attr." + name, value);
      }
  }
  if (own.is_object())
    for (const auto& [name, value] : own.as_object())
      add_texts(instant, name, value);
  return instant;
}

// Whether a part of the gate that the formula asks for is known only while the model runs.
bool depends_on_state(const ModelRule& rule, const Formula& formula) {
  if (!rule.gate || !speaks_of(formula, "flag")) return false;
  const Json& flags = rule.gate->context["flags"];
  return flags.is_array() && std::any_of(flags.as_array().begin(), flags.as_array().end(),
                                         [](const Json& flag) { return !flag.is_string(); });
}

// A formula without a past, decided by the engine that decides it for the guard.
Result<bool> holds_at(const ModelRule& rule, const Formula& formula) {
  facts::Definition alone{.name = "part", .says = "", .by = {}, .when = formula, .references = {}};
  TRY(auto set, facts::FactSet::compile({std::move(alone)}));
  facts::Monitor monitor(set);
  const facts::Instant instant = instant_of(rule);
  return !monitor.commit({&instant, 1}).front().facts.empty();
}

// ---- Formulas as facts of the model ----

class Defining {
 public:
  Defining(Model& model, ModelFact fact, const facts::Definition& definition)
      : model_(model), fact_(std::move(fact)), definition_(definition) {}

  Status run() {
    if (const std::string what = obstacle(definition_.when); !what.empty())
      return bad("a model cannot express " + what + ", which the fact \"" + fact_.name + "\" speaks of",
                 "state what it stands for with once: or since:");
    TRY_STATUS(read_slices());
    for (const ModelRule& rule : model_.rules)
      if (depends_on_state(rule, definition_.when))
        return bad("the flags of \"" + rule.name + "\" are not the same each time, and the fact \"" +
                       fact_.name + "\" asks for them",
                   "make it two tools");
    // A fact that is one operator is known by its own name, so that properties can speak of it.
    TRY_STATUS(add_states(definition_.when, is_temporal(definition_.when)));
    bool ever = false;
    for (ModelRule& rule : model_.rules) {
      if (!is_instant(rule)) continue;
      std::size_t state = 0;
      TRY(std::string condition, condition_of(definition_.when, rule, state));
      ever = ever || condition != "false";
      if (rule.gate) rule.facts.emplace_back(fact_.name, std::move(condition));
    }
    if (!ever)
      return bad("nothing in this model makes the fact \"" + fact_.name + "\" true",
                 "give a tool a gate or an `instant:` at which it holds: " + to_text(definition_.when));
    return {};
  }

 private:
  std::unexpected<Error> bad(std::string what, std::string hint) const {
    return fail(std::move(what), model_.at(fact_.line), std::move(hint));
  }

  // The whole model is one session; what is kept apart for each agent is moved by that agent alone.
  Status read_slices() {
    for (const std::string& by : definition_.by) {
      if (by == "agent" || by == "sub_agent")
        fact_.each_agent = true;
      else if (by != "session" && by != "user")
        return bad("a model cannot express the fact \"" + fact_.name + "\", which is apart for each " + by,
                   "state what it stands for with once: or since:");
    }
    return {};
  }

  std::string state_name(std::size_t number) const {
    return own_name_ ? fact_.name : fact_.name + "--" + std::to_string(number + 1);
  }

  // One fact of the model for every operator, in the order in which condition_of() meets them.
  Status add_states(const Formula& formula, bool own_name) {
    own_name_ = own_name;
    if (!is_temporal(formula)) {
      for (const Formula& arg : formula.args)
        TRY_STATUS(add_states(arg, false));
      return {};
    }
    ModelFact state{.name = state_name(states_++), .each_agent = fact_.each_agent, .line = fact_.line};
    state.hidden = true;
    for (const ModelRule& rule : model_.rules) {
      if (!is_instant(rule)) continue;
      TRY(const bool sets, holds_at(rule, formula.args.back()));
      bool clears = !sets && formula.kind == Kind::previously;
      if (formula.kind == Kind::since) {
        TRY(const bool goes_on, holds_at(rule, formula.args.front()));
        clears = !goes_on;
      }
      if (sets)
        state.sets.push_back(rule.emits.front());
      else if (clears)
        state.clears.push_back(rule.emits.front());
    }
    if (formula.interval.to_ns != facts::Interval::kForever) state.clears.emplace_back(kTimePasses);
    can_hold_.push_back(!state.sets.empty());
    model_.facts.push_back(std::move(state));
    return {};
  }

  // What must hold before the step for the formula to hold with it: "true", "false", or an expression.
  Result<std::string> condition_of(const Formula& formula, const ModelRule& rule, std::size_t& state) {
    if (is_temporal(formula)) {
      const std::size_t number = state++;
      std::string before = "false";
      if (can_hold_[number])
        before = (fact_.each_agent ? "monitored.self." : "monitored.") + state_name(number);
      if (formula.kind == Kind::previously) return before;
      TRY(const bool now, holds_at(rule, formula.args.back()));
      if (now) return "true";
      if (formula.kind == Kind::once) return before;
      TRY(const bool goes_on, holds_at(rule, formula.args.front()));
      return goes_on ? before : "false";
    }
    if (!has_past(formula)) {
      TRY(const bool now, holds_at(rule, formula));
      return now ? "true" : "false";
    }
    const bool all = formula.kind == Kind::all;
    std::string joined;
    bool decided = false;
    for (const Formula& arg : formula.args) {
      TRY(std::string part, condition_of(arg, rule, state));
      if (formula.kind == Kind::negation)
        return part == "true" ? "false" : part == "false" ? "true" : "not (" + part + ")";
      decided = decided || part == (all ? "false" : "true");
      if (part != "true" && part != "false") joined += (joined.empty() ? "(" : all ? " and " : " or ") + part;
    }
    if (decided) return all ? "false" : "true";
    return joined.empty() ? (all ? "true" : "false") : joined + ")";
  }

  Model& model_;
  ModelFact fact_;
  const facts::Definition& definition_;
  std::size_t states_ = 0;
  std::vector<bool> can_hold_;  // by state: some step sets it
  bool own_name_ = false;
};

bool waits_for_time(const Model& model) {
  return std::any_of(model.facts.begin(), model.facts.end(), [](const ModelFact& fact) {
    return std::find(fact.clears.begin(), fact.clears.end(), kTimePasses) != fact.clears.end();
  });
}

// A step that any agent may take and that does nothing but let time pass.
void add_time(Model& model) {
  ModelRule rule{.name = std::string(kTimePasses), .emits = {std::string(kTimePasses)}};
  for (std::size_t i = 0; i < model.agents.size(); ++i) {
    rule.actors.push_back(static_cast<int>(i));
    model.agents[i].tools.push_back(static_cast<int>(model.rules.size()));
  }
  model.rules.push_back(std::move(rule));
}

}  // namespace

Status define_facts(Model& model, std::span<const facts::Definition> catalogue) {
  std::vector<ModelFact> wanted;
  for (const ModelFact& fact : model.facts)
    if (fact.catalogue) wanted.push_back(fact);
  std::erase_if(model.facts, [](const ModelFact& fact) { return fact.catalogue; });
  for (ModelFact& fact : wanted) {
    const auto found = std::find_if(catalogue.begin(), catalogue.end(),
                                    [&](const auto& one) { return one.name == fact.name; });
    if (found == catalogue.end())
      return fail(ErrorCode::not_found, "no catalogue has the fact \"" + fact.name + "\"",
                  model.at(fact.line), "content/facts/*.yaml, docs/facts.md");
    fact.catalogue = false;
    TRY_STATUS(Defining(model, fact, *found).run());
  }
  if (waits_for_time(model)) add_time(model);
  return {};
}

}  // namespace weir::prove
