#include "prove/model_report.h"

#include <algorithm>

namespace weir::prove {
namespace {

using Says = ModelVariable::Says;

std::string value_text(const ModelVariable& variable, std::int32_t value) {
  switch (variable.says) {
    case Says::truth:
      return value != 0 ? "true" : "false";
    case Says::number:
      return std::to_string(value);
    case Says::integrity:
      return std::string(integrity_name(value));
    case Says::confidentiality:
      break;
  }
  return std::string(confidentiality_name(value));
}

// "true.X" and "monitored.X" that move alike are told once, as X.
std::vector<std::string> changes(const ModelSystem& system, const ModelTraceStep& step) {
  std::vector<std::string> list;
  const auto& variables = system.variables;
  const auto moved = [&](std::size_t v) { return step.before[v] != step.after[v]; };
  const auto partner = [&](const std::string& name) {
    for (std::size_t v = 0; v < variables.size(); ++v)
      if (variables[v].name == name) return v;
    return variables.size();
  };
  for (std::size_t v = 0; v < variables.size(); ++v) {
    const std::string& name = variables[v].name;
    if (!moved(v)) continue;
    const std::string text = value_text(variables[v], step.after[v]);
    if (name.starts_with("true.")) {
      const std::size_t other = partner("monitored." + name.substr(5));
      // A belief that nothing depends on is not followed, and not told.
      const bool alike = other < variables.size() && (step.after[other] == step.after[v] ||
                                                      variables[other].max == variables[other].initial);
      list.push_back((alike ? name.substr(5) : name) + " = " + text);
    } else if (name.starts_with("monitored.")) {
      const std::size_t other = partner("true." + name.substr(10));
      if (other < variables.size() && moved(other) && step.after[other] == step.after[v]) continue;
      list.push_back(name + " = " + text);
    } else {
      list.push_back(name + " = " + text);
    }
  }
  return list;
}

// Where the monitor is wrong at the end: what the counterexample is about.
std::vector<std::string> differences(const ModelSystem& system, const std::vector<std::int32_t>& state) {
  std::vector<std::string> list;
  const auto& variables = system.variables;
  for (std::size_t v = 0; v + 1 < variables.size(); ++v) {
    if (!variables[v].name.starts_with("true.")) continue;
    const std::string name = variables[v].name.substr(5);
    for (std::size_t w = 0; w < variables.size(); ++w)
      if (variables[w].name == "monitored." + name && state[v] != state[w] &&
          variables[w].max > variables[w].initial)
        list.push_back(name + " is " + value_text(variables[v], state[v]) + ", the monitor believes " +
                       value_text(variables[w], state[w]));
  }
  return list;
}

const ModelRule* rule_of(const ModelSystem& system, const ModelStep& step) {
  return step.rule < 0 ? nullptr : &system.model->rules[static_cast<std::size_t>(step.rule)];
}

std::string gate_text(const ModelStep& step, const ModelGateAnswer& answer) {
  std::string text = std::string(event::name(answer.verdict));
  for (const std::string& policy : answer.policies)
    text += " " + policy;
  return text + (step.asked ? ", approved" : "");
}

std::string joined(const std::vector<std::string>& list, std::string_view separator) {
  std::string text;
  for (const std::string& one : list)
    text += (text.empty() ? "" : std::string(separator)) + one;
  return text;
}

}  // namespace

std::string trace_text(const ModelSystem& system, const ModelOutcome& outcome) {
  std::string text;
  int number = 0;
  for (const ModelTraceStep& one : outcome.trace) {
    const ModelStep& step = system.steps[static_cast<std::size_t>(one.step)];
    text += "  " + std::to_string(++number) + ". " + step.name;
    const ModelRule* rule = rule_of(system, step);
    if (rule != nullptr && !rule->watched) text += "  (not watched)";
    if (const ModelGateAnswer* answer = system.answer(step, one.before))
      text += "  [" + gate_text(step, *answer) + "]";
    const auto list = changes(system, one);
    if (!list.empty()) text += "\n       " + joined(list, ", ");
    text += "\n";
  }
  if (outcome.trace.empty()) return text + "  the initial state\n";
  const auto wrong = differences(system, outcome.trace.back().before);
  for (const std::string& difference : wrong)
    text += "  before the last step: " + difference + "\n";
  return text;
}

Json trace_json(const ModelSystem& system, const ModelOutcome& outcome) {
  Json list = Json::array();
  for (const ModelTraceStep& one : outcome.trace) {
    const ModelStep& step = system.steps[static_cast<std::size_t>(one.step)];
    Json row = Json::object({{"step", step.name}, {"changes", Json::strings(changes(system, one))}});
    if (const ModelRule* rule = rule_of(system, step)) {
      row.set("rule", rule->name);
      row.set("watched", rule->watched);
    }
    if (step.actor >= 0) row.set("actor", system.agents[static_cast<std::size_t>(step.actor)].name);
    if (const ModelGateAnswer* answer = system.answer(step, one.before)) {
      row.set("verdict", event::name(answer->verdict));
      row.set("policies", Json::strings(answer->policies));
      row.set("approved", step.asked);
    }
    list.push(std::move(row));
  }
  return list;
}

Json trace_events(const ModelSystem& system, const ModelOutcome& outcome, const std::string& id) {
  Json trace = Json::array();
  Json expected = Json::array();
  int calls = 0;
  for (const ModelTraceStep& one : outcome.trace) {
    const ModelStep& step = system.steps[static_cast<std::size_t>(one.step)];
    const ModelRule* rule = rule_of(system, step);
    if (rule == nullptr) {
      trace.push(Json::object({{"r", "user"}, {"t", step.name}}));
      continue;
    }
    Json row = Json::object({{"r", "assistant"}, {"t", step.name}});
    if (rule->call.is_null()) {
      trace.push(std::move(row));
      continue;
    }
    row.set("c", Json::array({Json::object({{"f", rule->call["tool"]}, {"a", rule->call["input"]}})}));
    trace.push(std::move(row));
    trace.push(Json::object({{"r", "tool"}, {"f", rule->call["tool"]}, {"t", rule->result}}));
    Json expect = Json::object({{"call", calls++}, {"step", step.name}});
    if (const ModelGateAnswer* answer = system.answer(step, one.before)) {
      expect.set("verdict", event::name(answer->verdict));
      expect.set("policies", Json::strings(answer->policies));
    }
    expected.push(std::move(expect));
  }
  return Json::object({{"id", id}, {"trace", std::move(trace)}, {"expected", std::move(expected)}});
}

std::vector<std::string> model_assumptions(const ModelSystem& system) {
  const Model& model = *system.model;
  std::vector<std::string> list = model.assumptions;
  list.push_back("Agents do nothing but what the model lists, and each step happens whole.");
  std::vector<std::string> unwatched;
  for (const ModelRule& rule : model.rules)
    if (!rule.watched) unwatched.push_back(rule.name);
  list.push_back(unwatched.empty() ? "Every channel is watched."
                                   : "Not watched: " + joined(unwatched, ", ") + "; everything else is.");
  if (!model.approvals.empty())
    list.push_back(
        "People may approve at any time their `when` allows; an approval names agent and call, not the "
        "data.");
  if (!system.gates.empty())
    list.push_back(
        "A refused call changes nothing; a frozen session (quarantine) is treated as one refusal.");
  return list;
}

}  // namespace weir::prove
