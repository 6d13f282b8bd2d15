#include "prove/term.h"

#include <fmt/format.h>

#include <algorithm>

#include "cedar/evaluator.h"

namespace weir::prove {
namespace {

std::string key_of(const TermNode& node) {
  std::string key = fmt::format("{}|{}|{}|", static_cast<int>(node.op), node.sort->key, node.text.size());
  key += node.text;
  for (const Term arg : node.args)
    key += fmt::format("|{}", arg.index);
  return key;
}

std::string number_text(std::int64_t value) {
  return fmt::format("#x{:016x}", static_cast<std::uint64_t>(value));
}

}  // namespace

Terms::Terms(bool verbatim)
    : verbatim_(verbatim),
      boolean_(Sorts::plain(Sort::Kind::boolean)),
      string_(Sorts::plain(Sort::Kind::string)) {
  make({TermOp::boolean, boolean_, "false", {}});
  make({TermOp::boolean, boolean_, "true", {}});
}

Term Terms::make(TermNode node) {
  const auto [at, added] = known_.try_emplace(key_of(node), Term{static_cast<std::uint32_t>(nodes_.size())});
  if (added) nodes_.push_back(std::move(node));
  return at->second;
}

bool Terms::is_literal(Term term) const {
  const TermOp op = node(term).op;
  return op == TermOp::boolean || op == TermOp::literal || op == TermOp::entity;
}

const std::int64_t* Terms::constant(Term term) const {
  const TermNode& at = node(term);
  return at.op == TermOp::literal && at.sort->is_number() ? &at.number : nullptr;
}

Term Terms::number(std::int64_t value, const SortPtr& sort) {
  return make({TermOp::literal, sort, number_text(value), {}, value});
}
Term Terms::string(std::string_view text) {
  return make({TermOp::literal, string_, smt_string(text), {}});
}
Term Terms::entity(const SortPtr& sort, std::string id) {
  return make({TermOp::entity, sort, std::move(id), {}});
}
Term Terms::symbol(std::string name, SortPtr sort) {
  return make({TermOp::symbol, std::move(sort), std::move(name), {}});
}
Term Terms::function(std::string path, SortPtr sort, std::vector<Term> args) {
  return make({TermOp::function, std::move(sort), std::move(path), std::move(args)});
}
Term Terms::ancestors(Term entity, const SortPtr& ancestor) {
  return make({TermOp::ancestors, Sorts::set_of(ancestor), {}, {entity}});
}

Term Terms::address(const cedar::IpAddr& address) {
  const unsigned bytes = address.is_v6 ? 16 : 4;
  std::string text = address.is_v6 ? "(V6 #x" : "(V4 #x";
  for (unsigned i = 0; i < bytes; ++i)
    text += fmt::format("{:02x}", address.bytes[i]);
  const unsigned version = address.is_v6 ? 6 : 4;
  if (address.prefix_bits == bytes * 8)
    text += fmt::format(" Whole{})", version);
  else if (address.is_v6)
    text += fmt::format(" (Prefix6 #b{:07b}))", address.prefix_bits);
  else
    text += fmt::format(" (Prefix4 #b{:05b}))", address.prefix_bits);
  return make({TermOp::literal, Sorts::plain(Sort::Kind::ipaddr), std::move(text), {}});
}

// Pushed down to the leaves, so that a && !a shows however it was written.
Term Terms::negate(Term term) {
  if (is_true(term) || is_false(term)) return boolean(is_false(term));
  const TermNode at = node(term);
  if (at.op == TermOp::not_) return at.args[0];
  if (!verbatim_ && (at.op == TermOp::and_ || at.op == TermOp::or_)) {
    std::vector<Term> args;
    for (const Term arg : at.args)
      args.push_back(negate(arg));
    return junction(at.op == TermOp::and_ ? TermOp::or_ : TermOp::and_, std::move(args));
  }
  return make({TermOp::not_, boolean_, {}, {term}});
}

Term Terms::all(std::vector<Term> terms) {
  return junction(TermOp::and_, std::move(terms));
}
Term Terms::any(std::vector<Term> terms) {
  return junction(TermOp::or_, std::move(terms));
}

Term Terms::junction(TermOp op, std::vector<Term> terms) {
  const bool is_and = op == TermOp::and_;
  const Term neutral = boolean(is_and);
  std::vector<Term> flat = std::move(terms);
  for (std::size_t i = 0, given = flat.size(); i < given; ++i) {
    if (node(flat[i]).op != op) continue;
    const std::vector<Term>& args = node(flat[i]).args;
    flat.insert(flat.end(), args.begin(), args.end());
    flat[i] = neutral;
  }
  std::sort(flat.begin(), flat.end());
  flat.erase(std::unique(flat.begin(), flat.end()), flat.end());
  std::erase(flat, neutral);
  if (std::binary_search(flat.begin(), flat.end(), boolean(!is_and))) return boolean(!is_and);
  if (flat.empty()) return boolean(is_and);
  if (flat.size() == 1) return flat.front();
  if (verbatim_) return make({op, boolean_, {}, std::move(flat)});
  for (const Term term : flat)
    if (node(term).op == TermOp::not_ && std::binary_search(flat.begin(), flat.end(), node(term).args[0]))
      return boolean(!is_and);
  // Absorption: a || (!a && b) is a || b; a && (a || b) is a.
  for (Term& term : flat) {
    const TermNode inner = node(term);
    if (inner.op != (is_and ? TermOp::or_ : TermOp::and_)) continue;
    std::vector<Term> left;
    bool covered = false;
    for (const Term arg : inner.args) {
      if (std::binary_search(flat.begin(), flat.end(), arg)) covered = true;
      if (!std::binary_search(flat.begin(), flat.end(), negate(arg))) left.push_back(arg);
    }
    if (!covered && left.size() == inner.args.size()) continue;
    std::vector<Term> again;
    for (const Term other : flat)
      if (other != term) again.push_back(other);
    if (!covered) again.push_back(junction(inner.op, std::move(left)));
    return junction(op, std::move(again));
  }
  return make({op, boolean_, {}, std::move(flat)});
}

Term Terms::equal(Term a, Term b) {
  if (a == b) return boolean(true);
  if (is_literal(a) && is_literal(b)) return boolean(false);
  if (sort(a)->kind == Sort::Kind::boolean) {
    if (is_true(a) || is_true(b)) return is_true(a) ? b : a;
    if (is_false(a) || is_false(b)) return negate(is_false(a) ? b : a);
  }
  return make({TermOp::equal, boolean_, {}, {std::min(a, b), std::max(a, b)}});
}

Term Terms::ite(Term condition, Term a, Term b) {
  if (is_true(condition) || a == b) return a;
  if (is_false(condition)) return b;
  if (sort(a)->kind == Sort::Kind::boolean) return any({all({condition, a}), all({negate(condition), b})});
  return make({TermOp::ite, sort(a), {}, {condition, a, b}});
}

Term Terms::set(const SortPtr& sort, std::vector<Term> elements) {
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  return make({TermOp::set, sort, {}, std::move(elements)});
}

Term Terms::member(Term element, Term set) {
  if (node(set).op != TermOp::set) return make({TermOp::member, boolean_, {}, {element, set}});
  std::vector<Term> cases;
  for (const Term other : std::vector<Term>(node(set).args))
    cases.push_back(equal(element, other));
  return any(std::move(cases));
}

Term Terms::subset(Term a, Term b) {
  if (a == b) return boolean(true);
  if (node(a).op != TermOp::set) return make({TermOp::subset, boolean_, {}, {a, b}});
  std::vector<Term> cases;
  for (const Term element : std::vector<Term>(node(a).args))
    cases.push_back(member(element, b));
  return all(std::move(cases));
}

Term Terms::meet(Term a, Term b) {
  if (node(a).op != TermOp::set && node(b).op == TermOp::set) std::swap(a, b);
  if (node(a).op != TermOp::set) return make({TermOp::meet, boolean_, {}, {std::min(a, b), std::max(a, b)}});
  std::vector<Term> cases;
  for (const Term element : std::vector<Term>(node(a).args))
    cases.push_back(member(element, b));
  return any(std::move(cases));
}

Term Terms::record(const SortPtr& sort, std::vector<Term> fields) {
  return make({TermOp::record, sort, {}, std::move(fields)});
}
Term Terms::some(Term value) {
  return make({TermOp::some, Sorts::option_of(sort(value)), {}, {value}});
}
Term Terms::none(const SortPtr& element) {
  return make({TermOp::none, Sorts::option_of(element), {}, {}});
}

Term Terms::call(std::string op, SortPtr sort, std::vector<Term> args) {
  return make({TermOp::call, std::move(sort), std::move(op), std::move(args)});
}

Term Terms::retyped(Term number, const SortPtr& sort) {
  if (const auto* value = constant(number)) return this->number(*value, sort);
  return make({TermOp::call, sort, {}, {number}});  // no operator: printed as its argument
}

Term Terms::like(Term text, const std::vector<std::string>& pattern) {
  if (pattern.size() == 1) return equal(text, string(pattern.front()));
  const TermNode& at = node(text);
  if (at.op == TermOp::literal)
    if (const auto plain = from_smt_string(std::string_view(at.text).substr(1, at.text.size() - 2)))
      return boolean(cedar::matches(*plain, pattern));
  std::string expression = "(re.++";
  bool only_star = true;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (i != 0) expression += " (re.* re.allchar)";
    if (pattern[i].empty()) continue;
    only_star = false;
    expression += " (str.to_re " + smt_string(pattern[i]) + ")";
  }
  if (only_star) return boolean(true);
  return call("str.in_re", boolean_, {text, call(expression + ")", string_, {})});
}

}  // namespace weir::prove
