#include "prove/model_smt.h"

#include <algorithm>

namespace weir::prove {
namespace {

constexpr std::int32_t kLevelsMax = 7;  // higher numbers are integers

bool moves(const ModelVariable& variable) {
  return variable.unbounded || variable.max != variable.initial;
}
bool is_integer(const ModelVariable& variable) {
  return variable.unbounded || variable.max > kLevelsMax;
}

std::string ite(const std::string& condition, const std::string& yes, const std::string& no) {
  if (yes == no) return yes;
  if (yes == "true" && no == "false") return condition;
  if (yes == "false" && no == "true") return "(not " + condition + ")";
  if (yes == "true") return smt_or({condition, no});
  if (no == "false") return smt_and({condition, yes});
  return "(ite " + condition + " " + yes + " " + no + ")";
}

std::string level(const ModelSmtValue& value, std::size_t k) {  // "value >= k", k from 1
  return k <= value.levels.size() ? value.levels[k - 1] : "false";
}

std::string integer_of(const ModelSmtValue& value) {
  if (value.is_integer()) return value.integer;
  std::string text = "0";
  for (std::size_t k = 1; k <= value.levels.size(); ++k) {
    const std::string one = ite(value.levels[k - 1], "1", "0");
    text = text == "0" ? one : "(+ " + text + " " + one + ")";
  }
  return text;
}

std::string chain(std::string_view op, std::string_view neutral, std::string_view absorbing,
                  const std::vector<std::string>& parts) {
  std::vector<std::string> kept;
  for (const std::string& part : parts) {
    if (part == absorbing) return part;
    if (part != neutral && std::find(kept.begin(), kept.end(), part) == kept.end()) kept.push_back(part);
  }
  if (kept.empty()) return std::string(neutral);
  if (kept.size() == 1) return kept[0];
  std::string text = "(" + std::string(op);
  for (const std::string& part : kept)
    text += " " + part;
  return text + ")";
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& one : list)
    text += (text.empty() ? "" : " ") + one;
  return text;
}

}  // namespace

std::string smt_and(const std::vector<std::string>& parts) {
  return chain("and", "true", "false", parts);
}
std::string smt_or(const std::vector<std::string>& parts) {
  return chain("or", "false", "true", parts);
}

ModelSmt::ModelSmt(const ModelSystem& system) : terms(system.terms), system_(system) {
  for (std::size_t v = 0; v < system.variables.size(); ++v) {
    const ModelVariable& variable = system.variables[v];
    if (!moves(variable)) continue;
    const std::string name = "v" + std::to_string(v);
    if (is_integer(variable)) {
      names_.push_back(name);
      sorts_.push_back("Int");
      continue;
    }
    for (std::int32_t k = 1; k <= variable.max; ++k) {
      names_.push_back(name + "_" + std::to_string(k));
      sorts_.push_back("Bool");
    }
  }
  find_pairs();
}

// Whether a step can make the two differ although all other pairs are equal.
bool ModelSmt::parted(const ModelStep& step, int truth, int belief, const std::vector<int>& partner) const {
  const ModelAssignment* real = nullptr;
  const ModelAssignment* seen = nullptr;
  for (const ModelAssignment& effect : step.effects) {
    if (effect.variable == truth) real = &effect;
    if (effect.variable == belief) seen = &effect;
  }
  if (real == nullptr && seen == nullptr) return false;
  if (real == nullptr || seen == nullptr) return true;
  std::vector<bool> reads(system_.variables.size(), false);
  terms.mark_variables(std::vector<ModelTermId>{real->value}, reads);
  for (std::size_t v = 0; v < reads.size(); ++v)
    if (reads[v] && partner[v] < 0 && system_.variables[v].name.starts_with("true.")) return true;
  return false;
}

// Pairs that stay equal: begin with all, part those that some step moves apart, until nothing changes.
void ModelSmt::find_pairs() {
  std::map<std::string, int> index;
  for (std::size_t v = 0; v < system_.variables.size(); ++v)
    if (moves(system_.variables[v])) index[system_.variables[v].name] = static_cast<int>(v);
  std::vector<int> partner(system_.variables.size(), -1);
  for (const auto& [name, v] : index)
    if (name.starts_with("true."))
      if (const auto it = index.find("monitored." + name.substr(5)); it != index.end())
        partner[static_cast<std::size_t>(v)] = it->second;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t v = 0; v < partner.size(); ++v) {
      if (partner[v] < 0) continue;
      for (const ModelStep& step : system_.steps)
        if (partner[v] >= 0 && parted(step, static_cast<int>(v), partner[v], partner)) {
          partner[v] = -1;
          changed = true;
        }
    }
  }
  for (std::size_t v = 0; v < partner.size(); ++v)
    if (partner[v] >= 0) pairs_.emplace_back(static_cast<int>(v), partner[v]);
}

std::string ModelSmt::parameters() const {
  std::string text = "(";
  for (std::size_t i = 0; i < names_.size(); ++i)
    text += (i > 0 ? " (" : "(") + names_[i] + " " + sorts_[i] + ")";
  return text + ")";
}

std::string ModelSmt::current() const {
  return joined(names_);
}

void ModelSmt::append(std::vector<std::string>& list, const ModelSmtValue& value,
                      const ModelVariable& variable) {
  if (is_integer(variable)) {
    list.push_back(integer_of(value));
    return;
  }
  for (std::int32_t k = 1; k <= variable.max; ++k)
    list.push_back(value.is_integer() ? "(>= " + value.integer + " " + std::to_string(k) + ")"
                                      : level(value, static_cast<std::size_t>(k)));
}

std::string ModelSmt::initial() const {
  std::vector<std::string> list;
  for (const ModelVariable& variable : system_.variables) {
    if (!moves(variable)) continue;
    if (is_integer(variable)) {
      list.push_back(std::to_string(variable.initial));
      continue;
    }
    for (std::int32_t k = 1; k <= variable.max; ++k)
      list.push_back(variable.initial >= k ? "true" : "false");
  }
  return joined(list);
}

std::string ModelSmt::after(const ModelStep& step) {
  std::map<int, ModelTermId> effects;
  for (const ModelAssignment& effect : step.effects)
    effects[effect.variable] = effect.value;
  std::vector<std::string> list;
  for (std::size_t v = 0; v < system_.variables.size(); ++v) {
    const ModelVariable& variable = system_.variables[v];
    if (!moves(variable)) continue;
    const auto it = effects.find(static_cast<int>(v));
    const ModelTermId term =
        it != effects.end()
            ? it->second
            : terms.variable(static_cast<int>(v), variable.unbounded ? kModelUnbounded : variable.max);
    append(list, value(term), variable);
  }
  return joined(list);
}

std::string ModelSmt::well_formed() const {
  std::vector<std::string> parts;
  for (std::size_t v = 0; v < system_.variables.size(); ++v) {
    const ModelVariable& variable = system_.variables[v];
    if (!moves(variable)) continue;
    const std::string name = "v" + std::to_string(v);
    if (is_integer(variable)) {
      parts.push_back("(>= " + name + " 0)");
      if (!variable.unbounded) parts.push_back("(<= " + name + " " + std::to_string(variable.max) + ")");
      continue;
    }
    for (std::int32_t k = 2; k <= variable.max; ++k)
      parts.push_back("(=> " + name + "_" + std::to_string(k) + " " + name + "_" + std::to_string(k - 1) +
                      ")");
  }
  for (const auto& [truth, belief] : pairs_) {
    const ModelVariable& variable = system_.variables[static_cast<std::size_t>(truth)];
    const std::string a = "v" + std::to_string(truth);
    const std::string b = "v" + std::to_string(belief);
    if (is_integer(variable))
      parts.push_back("(= " + a + " " + b + ")");
    else
      for (std::int32_t k = 1; k <= variable.max; ++k)
        parts.push_back("(= " + a + "_" + std::to_string(k) + " " + b + "_" + std::to_string(k) + ")");
  }
  return smt_and(parts);
}

std::string ModelSmt::truth(ModelTermId id) {
  const ModelSmtValue& found = value(id);
  if (found.is_integer()) return "(>= " + found.integer + " 1)";
  return level(found, 1);
}

const ModelSmtValue& ModelSmt::value(ModelTermId id) {
  if (const auto it = values_.find(id); it != values_.end()) return it->second;
  return values_.emplace(id, compute(id)).first->second;
}

std::string ModelSmt::at_least(const ModelSmtValue& a, const ModelSmtValue& b) {
  if (a.is_integer() || b.is_integer()) return "(>= " + integer_of(a) + " " + integer_of(b) + ")";
  std::vector<std::string> parts;
  for (std::size_t k = 1; k <= b.levels.size(); ++k)
    parts.push_back(ite(b.levels[k - 1], level(a, k), "true"));
  return smt_and(parts);
}

ModelSmtValue ModelSmt::compute(ModelTermId id) {
  using Op = ModelTerm::Op;
  const ModelTerm term = terms[id];
  ModelSmtValue result;
  const auto arg = [&](std::size_t i) -> const ModelSmtValue& { return value(term.args[i]); };
  const auto levels = [&](auto make) {
    for (std::int32_t k = 1; k <= term.max; ++k)
      result.levels.push_back(make(static_cast<std::size_t>(k)));
  };
  switch (term.op) {
    case Op::constant:
      if (term.value > kLevelsMax)
        result.integer = std::to_string(term.value);
      else
        levels([](std::size_t) { return std::string("true"); });
      break;
    case Op::variable: {
      const ModelVariable& variable = system_.variables[static_cast<std::size_t>(term.value)];
      const std::string name = "v" + std::to_string(term.value);
      if (!moves(variable)) {
        for (std::int32_t k = 1; k <= variable.initial; ++k)
          result.levels.push_back("true");
      } else if (is_integer(variable)) {
        result.integer = name;
      } else {
        levels([&](std::size_t k) { return name + "_" + std::to_string(k); });
      }
      break;
    }
    case Op::maximum:
    case Op::minimum: {
      const bool maximum = term.op == Op::maximum;
      if (arg(0).is_integer() || arg(1).is_integer()) {
        const std::string a = integer_of(arg(0));
        const std::string b = integer_of(arg(1));
        result.integer = "(ite (>= " + a + " " + b + ") " + (maximum ? a + " " + b : b + " " + a) + ")";
      } else {
        levels([&](std::size_t k) {
          const std::vector<std::string> both = {level(arg(0), k), level(arg(1), k)};
          return maximum ? smt_or(both) : smt_and(both);
        });
      }
      break;
    }
    case Op::at_least:
      result.levels.push_back(at_least(arg(0), arg(1)));
      break;
    case Op::choose: {
      const std::string condition = truth(term.args[0]);
      if (arg(1).is_integer() || arg(2).is_integer())
        result.integer = "(ite " + condition + " " + integer_of(arg(1)) + " " + integer_of(arg(2)) + ")";
      else
        levels([&](std::size_t k) { return ite(condition, level(arg(1), k), level(arg(2), k)); });
      break;
    }
    case Op::increment:
      if (!arg(0).is_integer()) {
        levels([&](std::size_t k) { return k == 1 ? std::string("true") : level(arg(0), k - 1); });
        break;
      }
      result.integer = "(+ " + arg(0).integer + " 1)";
      if (term.max != kModelUnbounded)
        result.integer = "(ite (>= " + arg(0).integer + " " + std::to_string(term.max) + ") " +
                         std::to_string(term.max) + " " + result.integer + ")";
      break;
  }
  return result;
}

}  // namespace weir::prove
