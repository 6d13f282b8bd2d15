#include "prove/script.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace weir::prove {
namespace {

// Long values on 64 bits: a sum or product that differs from the same one over wider numbers does not fit.
constexpr std::string_view kNumbers =
    R"((define-fun weir.add_overflows ((a (_ BitVec 64)) (b (_ BitVec 64))) Bool
  (not (= ((_ sign_extend 1) (bvadd a b)) (bvadd ((_ sign_extend 1) a) ((_ sign_extend 1) b)))))
(define-fun weir.subtract_overflows ((a (_ BitVec 64)) (b (_ BitVec 64))) Bool
  (not (= ((_ sign_extend 1) (bvsub a b)) (bvsub ((_ sign_extend 1) a) ((_ sign_extend 1) b)))))
(define-fun weir.multiply_overflows ((a (_ BitVec 64)) (b (_ BitVec 64))) Bool
  (not (= ((_ sign_extend 64) (bvmul a b)) (bvmul ((_ sign_extend 64) a) ((_ sign_extend 64) b)))))
)";

// Addresses as Cedar's symbolic compiler has them: a prefix that covers the whole address is a constructor of
// its own, so that every value of the datatype is an address.
constexpr std::string_view kAddresses =
    R"((declare-datatype Prefix4 ((Whole4) (Prefix4 (bits4 (_ BitVec 5)))))
(declare-datatype Prefix6 ((Whole6) (Prefix6 (bits6 (_ BitVec 7)))))
(declare-datatype Ip ((V4 (addr4 (_ BitVec 32)) (prefix4 Prefix4)) (V6 (addr6 (_ BitVec 128)) (prefix6 Prefix6))))
(define-fun weir.free4 ((a Ip)) (_ BitVec 32)
  (ite ((_ is Whole4) (prefix4 a)) (_ bv0 32) (bvsub (_ bv32 32) ((_ zero_extend 27) (bits4 (prefix4 a))))))
(define-fun weir.free6 ((a Ip)) (_ BitVec 128)
  (ite ((_ is Whole6) (prefix6 a)) (_ bv0 128) (bvsub (_ bv128 128) ((_ zero_extend 121) (bits6 (prefix6 a))))))
(define-fun weir.low4 ((a Ip)) (_ BitVec 32) (bvshl (bvlshr (addr4 a) (weir.free4 a)) (weir.free4 a)))
(define-fun weir.low6 ((a Ip)) (_ BitVec 128) (bvshl (bvlshr (addr6 a) (weir.free6 a)) (weir.free6 a)))
(define-fun weir.high4 ((a Ip)) (_ BitVec 32)
  (bvsub (bvadd (weir.low4 a) (bvshl (_ bv1 32) (weir.free4 a))) (_ bv1 32)))
(define-fun weir.high6 ((a Ip)) (_ BitVec 128)
  (bvsub (bvadd (weir.low6 a) (bvshl (_ bv1 128) (weir.free6 a))) (_ bv1 128)))
(define-fun weir.in_range ((a Ip) (b Ip)) Bool
  (or (and ((_ is V4) a) ((_ is V4) b) (bvule (weir.high4 a) (weir.high4 b)) (bvule (weir.low4 b) (weir.low4 a)))
      (and ((_ is V6) a) ((_ is V6) b) (bvule (weir.high6 a) (weir.high6 b)) (bvule (weir.low6 b) (weir.low6 a)))))
)";

bool is_leaf(const TermNode& node) {
  switch (node.op) {
    case TermOp::boolean:
    case TermOp::literal:
    case TermOp::entity:
    case TermOp::symbol:
    case TermOp::none:
      return true;
    default:
      return node.args.empty();
  }
}

std::string_view operator_text(TermOp op) {
  switch (op) {
    case TermOp::not_:
      return "not";
    case TermOp::and_:
      return "and";
    case TermOp::or_:
      return "or";
    case TermOp::equal:
      return "=";
    case TermOp::ite:
      return "ite";
    case TermOp::member:
      return "set.member";
    case TermOp::subset:
      return "set.subset";
    default:
      return "";
  }
}

}  // namespace

Script::Script(const Terms& terms, const std::vector<Term>& assertions, std::vector<Term> wanted)
    : terms_(terms), wanted_(std::move(wanted)) {
  std::vector<Term> order;
  for (const Term term : assertions)
    visit(term, order);
  for (const Term term : wanted_)
    visit(term, order);
  std::string head = "(set-option :produce-models true)\n(set-logic ALL)\n";
  if (declared_.contains("weir.numbers")) head += kNumbers;
  if (declared_.contains("weir.addresses")) head += kAddresses;
  body_ = head + body_;
  define_shared(order);
  for (const Term term : assertions)
    body_ += fmt::format("(assert {})\n", print(term));
}

void Script::visit(Term term, std::vector<Term>& order) {
  if (uses_[term.index]++ > 0) return;
  const TermNode& node = terms_.node(term);
  for (const Term arg : node.args)
    visit(arg, order);
  declare(term);
  order.push_back(term);
}

void Script::declare(Term term) {
  const TermNode& node = terms_.node(term);
  declare_sort(*node.sort);
  if (node.text.starts_with("weir.") && node.text.ends_with("_overflows"))
    declared_.emplace("weir.numbers", true);
  if (node.op != TermOp::symbol && node.op != TermOp::function && node.op != TermOp::ancestors) return;
  const std::string name = function_name(term);
  if (!declared_.emplace(name, true).second) return;
  std::string arguments;
  for (const Term arg : node.args)
    arguments += (arguments.empty() ? "" : " ") + sort_text(*terms_.sort(arg));
  body_ += fmt::format("(declare-fun {} ({}) {})\n", name, arguments, sort_text(*node.sort));
}

void Script::declare_sort(const Sort& sort) {
  if (sort.element) declare_sort(*sort.element);
  for (const auto& field : sort.fields)
    declare_sort(*field.sort);
  if (sort.kind == Sort::Kind::ipaddr) declared_.emplace("weir.addresses", true);
  if (sort_names_.contains(sort.key)) return;
  if (sort.kind == Sort::Kind::entity) declare_entity(sort);
  if (sort.kind == Sort::Kind::record) declare_record(sort);
  if (sort.kind == Sort::Kind::option) {
    const std::string name = fmt::format("O{}", sort_names_.size());
    sort_names_.emplace(sort.key, name);
    body_ += fmt::format("(declare-datatype {0} (({0}.none) ({0}.some ({0}.value {1}))))\n", name,
                         sort_text(*sort.element));
  }
}

void Script::declare_entity(const Sort& sort) {
  const std::string name = fmt::format("E{}", sort_names_.size());
  sort_names_.emplace(sort.key, name);
  comments_ += fmt::format("; {} is {}\n", name, printable(sort.name, 200));
  if (!sort.closed) {
    body_ += fmt::format("(declare-datatype {0} (({0} ({0}.id String))))\n", name);
    return;
  }
  std::string constructors;
  for (std::size_t i = 0; i < sort.choices.size(); ++i) {
    constructors += fmt::format(" ({}.{})", name, i);
    comments_ += fmt::format("; {}.{} is {}\n", name, i, printable(sort.choices[i], 200));
  }
  body_ += fmt::format("(declare-datatype {} ({}))\n", name, constructors.substr(1));
}

void Script::declare_record(const Sort& sort) {
  for (const auto& field : sort.fields)
    if (!field.required) declare_sort(*Sorts::option_of(field.sort));
  const std::string name = fmt::format("R{}", sort_names_.size());
  sort_names_.emplace(sort.key, name);
  std::string fields;
  for (std::size_t i = 0; i < sort.fields.size(); ++i) {
    const auto& field = sort.fields[i];
    comments_ += fmt::format("; {}.{} is {}\n", name, i, printable(field.name, 200));
    fields += fmt::format(" ({}.{} {})", name, i,
                          sort_text(field.required ? *field.sort : *Sorts::option_of(field.sort)));
  }
  body_ += fmt::format("(declare-datatype {0} (({0}{1})))\n", name, fields);
}

std::string Script::sort_text(const Sort& sort) const {
  switch (sort.kind) {
    case Sort::Kind::boolean:
      return "Bool";
    case Sort::Kind::string:
      return "String";
    case Sort::Kind::ipaddr:
      return "Ip";
    case Sort::Kind::set:
      return fmt::format("(Set {})", sort_text(*sort.element));
    case Sort::Kind::entity:
    case Sort::Kind::record:
    case Sort::Kind::option:
      return sort_names_.at(sort.key);
    default:
      return "(_ BitVec 64)";
  }
}

void Script::define_shared(const std::vector<Term>& order) {
  for (const Term term : order) {
    if (uses_[term.index] < 2 || is_leaf(terms_.node(term))) continue;
    const std::string name = fmt::format("t{}", definitions_.size());
    body_ += fmt::format("(define-fun {} () {} {})\n", name, sort_text(*terms_.sort(term)), expand(term));
    definitions_.emplace(term.index, name);
  }
}

std::string Script::function_name(Term term) const {
  const TermNode& node = terms_.node(term);
  if (node.op == TermOp::symbol) return node.text;
  const std::string owner = sort_text(*terms_.sort(node.args.front()));
  if (node.op == TermOp::ancestors) return fmt::format("{}.in.{}", owner, sort_text(*node.sort->element));
  return fmt::format("{}/{}", owner, node.text);
}

std::string Script::print(Term term) const {
  const auto at = definitions_.find(term.index);
  return at != definitions_.end() ? at->second : expand(term);
}

std::string Script::expand(Term term) const {
  const TermNode& node = terms_.node(term);
  std::string args;
  for (const Term arg : node.args)
    args += (args.empty() ? "" : " ") + print(arg);
  switch (node.op) {
    case TermOp::boolean:
    case TermOp::literal:
    case TermOp::symbol:
      return node.text;
    case TermOp::entity: {
      const std::string sort = sort_text(*node.sort);
      if (!node.sort->closed) return fmt::format("({} {})", sort, smt_string(node.text));
      const auto& choices = node.sort->choices;
      return fmt::format("{}.{}", sort,
                         std::lower_bound(choices.begin(), choices.end(), node.text) - choices.begin());
    }
    case TermOp::function:
    case TermOp::ancestors:
      return fmt::format("({} {})", function_name(term), args);
    case TermOp::set:
      if (args.empty()) return fmt::format("(as set.empty {})", sort_text(*node.sort));
      return fmt::format("(set.insert {} (as set.empty {}))", args, sort_text(*node.sort));
    case TermOp::meet:
      return fmt::format("(not (= (set.inter {}) (as set.empty {})))", args,
                         sort_text(*terms_.sort(node.args.front())));
    case TermOp::record:
      return args.empty() ? sort_text(*node.sort) : fmt::format("({} {})", sort_text(*node.sort), args);
    case TermOp::some:
      return fmt::format("({}.some {})", sort_text(*node.sort), args);
    case TermOp::none:
      return sort_text(*node.sort) + ".none";
    case TermOp::call:
      if (node.text.empty()) return args;
      return args.empty() ? node.text : fmt::format("({} {})", node.text, args);
    default:
      return fmt::format("({} {})", operator_text(node.op), args);
  }
}

std::string Script::get_values() const {
  std::string terms;
  for (const Term term : wanted_)
    terms += (terms.empty() ? "" : " ") + print(term);
  return terms.empty() ? "" : fmt::format("(get-value ({}))", terms);
}

}  // namespace weir::prove
