#include "prove/model_terms.h"

#include <algorithm>

namespace weir::prove {
namespace {

using Op = ModelTerm::Op;

std::int32_t higher(std::int32_t a, std::int32_t b) {
  return a == kModelUnbounded || b == kModelUnbounded ? kModelUnbounded : std::max(a, b);
}

std::int32_t lower(std::int32_t a, std::int32_t b) {
  if (a == kModelUnbounded) return b;
  if (b == kModelUnbounded) return a;
  return std::min(a, b);
}

}  // namespace

ModelTerms::ModelTerms() {
  constant(0);
  constant(1);
}

ModelTermId ModelTerms::intern(ModelTerm term) {
  const auto [it, fresh] = known_.try_emplace(term, static_cast<ModelTermId>(terms_.size()));
  if (fresh) terms_.push_back(term);
  return it->second;
}

ModelTermId ModelTerms::constant(std::int32_t value) {
  return intern({.op = Op::constant, .value = value, .max = value});
}

ModelTermId ModelTerms::variable(int index, std::int32_t max) {
  return intern({.op = Op::variable, .value = index, .max = max});
}

ModelTermId ModelTerms::maximum(ModelTermId a, ModelTermId b) {
  if (a == b) return a;
  if (a > b) std::swap(a, b);
  for (const auto& [one, other] : {std::pair(a, b), std::pair(b, a)}) {
    if (!is_constant(one)) continue;
    const std::int32_t value = (*this)[one].value;
    if (value == 0) return other;
    if ((*this)[other].max != kModelUnbounded && value >= (*this)[other].max) return one;
  }
  return intern({.op = Op::maximum, .args = {a, b, -1}, .max = higher((*this)[a].max, (*this)[b].max)});
}

ModelTermId ModelTerms::minimum(ModelTermId a, ModelTermId b) {
  if (a == b) return a;
  if (a > b) std::swap(a, b);
  for (const auto& [one, other] : {std::pair(a, b), std::pair(b, a)}) {
    if (!is_constant(one)) continue;
    const std::int32_t value = (*this)[one].value;
    if (value == 0) return one;
    if ((*this)[other].max != kModelUnbounded && value >= (*this)[other].max) return other;
  }
  return intern({.op = Op::minimum, .args = {a, b, -1}, .max = lower((*this)[a].max, (*this)[b].max)});
}

ModelTermId ModelTerms::at_least(ModelTermId a, ModelTermId b) {
  if (a == b) return kTrue;
  const bool a_constant = is_constant(a);
  const bool b_constant = is_constant(b);
  if (a_constant && b_constant) return (*this)[a].value >= (*this)[b].value ? kTrue : kFalse;
  if (b_constant && (*this)[b].value <= 0) return kTrue;
  if (b_constant && (*this)[a].max != kModelUnbounded && (*this)[b].value > (*this)[a].max) return kFalse;
  if (a_constant && (*this)[b].max != kModelUnbounded && (*this)[a].value >= (*this)[b].max) return kTrue;
  if (b_constant && (*this)[b].value == 1 && (*this)[a].max == 1) return a;  // truth >= 1
  return intern({.op = Op::at_least, .args = {a, b, -1}, .max = 1});
}

ModelTermId ModelTerms::choose(ModelTermId condition, ModelTermId yes, ModelTermId no) {
  if (condition == kTrue) return yes;
  if (condition == kFalse) return no;
  if (yes == no) return yes;
  const bool truths =
      (*this)[yes].max <= 1 && (*this)[no].max <= 1 && (*this)[yes].max >= 0 && (*this)[no].max >= 0;
  if (truths && yes == kTrue) return maximum(condition, no);
  if (truths && no == kFalse) return minimum(condition, yes);
  if (yes == kFalse && no == kTrue) {  // not not x is x
    const ModelTerm& inner = (*this)[condition];
    if (inner.op == Op::choose && inner.args[1] == kFalse && inner.args[2] == kTrue) return inner.args[0];
  }
  return intern(
      {.op = Op::choose, .args = {condition, yes, no}, .max = higher((*this)[yes].max, (*this)[no].max)});
}

ModelTermId ModelTerms::increment(ModelTermId a, std::int32_t max) {
  if (is_constant(a)) {
    const std::int32_t next = (*this)[a].value + 1;
    return constant(max == kModelUnbounded ? next : std::min(next, max));
  }
  return intern({.op = Op::increment, .args = {a, -1, -1}, .max = max});
}

std::int32_t ModelTerms::evaluate(ModelTermId id, std::span<const std::int32_t> state) const {
  const ModelTerm& term = (*this)[id];
  switch (term.op) {
    case Op::constant:
      return term.value;
    case Op::variable:
      return state[static_cast<std::size_t>(term.value)];
    case Op::maximum: {
      const std::int32_t a = evaluate(term.args[0], state);
      // A join, often a disjunction: the rest cannot add to the highest value.
      if (a == term.max) return a;
      return std::max(a, evaluate(term.args[1], state));
    }
    case Op::minimum: {
      const std::int32_t a = evaluate(term.args[0], state);
      if (a == 0) return a;
      return std::min(a, evaluate(term.args[1], state));
    }
    case Op::at_least:
      return evaluate(term.args[0], state) >= evaluate(term.args[1], state) ? 1 : 0;
    case Op::choose:
      return evaluate(term.args[evaluate(term.args[0], state) != 0 ? 1 : 2], state);
    case Op::increment: {
      const std::int32_t a = evaluate(term.args[0], state);
      return term.max != kModelUnbounded && a >= term.max ? term.max : a + 1;
    }
  }
  return 0;
}

void ModelTerms::mark_variables(std::span<const ModelTermId> roots, std::vector<bool>& marked) const {
  std::vector<bool> seen(terms_.size(), false);
  std::vector<ModelTermId> open(roots.begin(), roots.end());
  while (!open.empty()) {
    const ModelTermId id = open.back();
    open.pop_back();
    if (id < 0 || seen[static_cast<std::size_t>(id)]) continue;
    seen[static_cast<std::size_t>(id)] = true;
    const ModelTerm& term = (*this)[id];
    if (term.op == Op::variable) marked[static_cast<std::size_t>(term.value)] = true;
    open.insert(open.end(), term.args.begin(), term.args.end());
  }
}

}  // namespace weir::prove
