// What every entity store keeps of its hierarchy, written out for the entities of one question.
//
// For ancestor functions f: nothing is above itself, t not in f(t); what is above an ancestor is above, b in
// f(a) implies g(b) within h(a). Grounding on the entities that a question mentions is enough, since a store
// that agrees on those can be completed: all other entities get no ancestors (Cedar.SymCC.Enforcer and
// Extractor in cedar-policy/cedar-spec prove it). Only functions that a question mentions need axioms; those
// that the axioms themselves bring in are added until nothing new comes.
#include <set>
#include <tuple>

#include "prove/encoder.h"
#include "prove/limits.h"

namespace weir::prove {

std::vector<Term> Encoder::reachable(const std::vector<Term>& assertions) const {
  std::vector<Term> order;
  std::set<Term> seen;
  std::vector<Term> open(assertions);
  while (!open.empty()) {
    const Term term = open.back();
    open.pop_back();
    if (!seen.insert(term).second) continue;
    order.push_back(term);
    const auto& args = terms_.node(term).args;
    open.insert(open.end(), args.begin(), args.end());
  }
  return order;
}

std::vector<Term> Encoder::footprint(const std::vector<Term>& assertions) const {
  std::set<Term> out;
  for (const Term term : reachable(assertions)) {
    const TermNode& node = terms_.node(term);
    const bool basic = node.op == TermOp::symbol || node.op == TermOp::entity || node.op == TermOp::function;
    if (basic && node.sort->kind == Sort::Kind::entity) out.insert(term);
  }
  return {out.begin(), out.end()};
}

std::vector<Term> Encoder::axioms(const std::vector<Term>& assertions) {
  // Pairs of types whose ancestor function is mentioned.
  std::set<std::pair<std::string, std::string>> active;
  for (const Term term : reachable(assertions)) {
    const TermNode& node = terms_.node(term);
    if (node.op == TermOp::ancestors)
      active.emplace(terms_.sort(node.args[0])->name, node.sort->element->name);
  }
  const std::vector<Term> entities = footprint(assertions);
  if (active.empty() || entities.size() > limits::kFootprintMax) return {};
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& [a, b] : std::set<std::pair<std::string, std::string>>(active))
      for (const auto& [from, c] : std::set<std::pair<std::string, std::string>>(active))
        if (from == b && sorts_.has_ancestors(a, c)) grown |= active.emplace(a, c).second;
  }
  std::vector<Term> out;
  for (const Term t : entities) {
    const SortPtr sort = terms_.sort(t);
    if (active.contains({sort->name, sort->name}))
      out.push_back(terms_.negate(terms_.member(t, terms_.ancestors(t, sort))));
    for (const Term u : entities) {
      const SortPtr above = terms_.sort(u);
      if (t == u || !active.contains({sort->name, above->name})) continue;
      const Term is_above = terms_.member(u, terms_.ancestors(t, above));
      for (const auto& [from, top] : active) {
        if (from != above->name) continue;
        const auto top_sort = sorts_.entity(top);
        if (!top_sort) continue;
        const Term higher = terms_.ancestors(u, *top_sort);
        const Term within = sorts_.has_ancestors(sort->name, top)
                                ? terms_.subset(higher, terms_.ancestors(t, *top_sort))
                                : terms_.equal(higher, terms_.set(terms_.sort(higher), {}));
        out.push_back(terms_.implies(is_above, within));
      }
    }
  }
  return out;
}

}  // namespace weir::prove
