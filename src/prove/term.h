// SMT terms: made once each, simplified as they are made, compared by index.
//
//   Terms terms;
//   Term path = terms.symbol("context.path", Sorts::plain(Sort::Kind::string));
//   Term rule = terms.all({terms.like(path, {"/srv/", ""}), terms.negate(terms.equal(path,
//   terms.string("/srv/x")))});
//
// What can be decided without a solver is decided here: constants, x = x, a && !a, membership in a set that
// is written out. A formula that ends as `true` or `false` needs no question.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cedar/ipaddr.h"
#include "prove/sort.h"

namespace weir::prove {

struct Term {
  std::uint32_t index = 0;
  bool operator==(const Term&) const = default;
  auto operator<=>(const Term&) const = default;
};

enum class TermOp : std::uint8_t {
  //           text                  args
  boolean,    // "true" "false"       -
  literal,    // SMT text             -              numbers, strings, addresses
  entity,     // id                   -
  symbol,     // its name             -
  function,   // attribute path       entity (tag)   an attribute, its presence, tags, of an entity
  ancestors,  // -                    entity         the ancestors of one type: a set
  not_,       // -                    one
  and_,       // -                    two or more, sorted
  or_,        // -                    two or more, sorted
  equal,      // -                    two, sorted
  ite,        // -                    condition, then, else
  set,        // -                    elements, maybe none
  member,     // -                    element, set
  subset,     // -                    set, set
  meet,       // -                    set, set       whether they share an element
  record,     // -                    one for each field of the sort
  some,       // -                    one
  none,       // -                    -
  call,       // an SMT operator      any
};

struct TermNode {
  TermOp op = TermOp::boolean;
  SortPtr sort;
  std::string text;
  std::vector<Term> args;
  std::int64_t number = 0;  // literal of a number sort
};

class Terms {
 public:
  // `verbatim`: formulas are left as they come but for constants, so that a certificate shows the whole
  // question and a reader need not trust what is decided here.
  explicit Terms(bool verbatim = false);

  const TermNode& node(Term term) const { return nodes_[term.index]; }
  const SortPtr& sort(Term term) const { return nodes_[term.index].sort; }
  std::size_t size() const { return nodes_.size(); }

  Term boolean(bool value) const { return Term{value ? 1U : 0U}; }
  bool is_true(Term term) const { return term.index == 1; }
  bool is_false(Term term) const { return term.index == 0; }
  // A constant: booleans, numbers, strings, entities, addresses.
  bool is_literal(Term term) const;

  Term number(std::int64_t value, const SortPtr& sort);
  Term string(std::string_view text);  // code points up to kCodePointMax
  Term address(const cedar::IpAddr& address);
  Term entity(const SortPtr& sort, std::string id);
  Term symbol(std::string name, SortPtr sort);
  Term function(std::string path, SortPtr sort, std::vector<Term> args);
  Term ancestors(Term entity, const SortPtr& ancestor);

  Term negate(Term term);
  Term all(std::vector<Term> terms);
  Term any(std::vector<Term> terms);
  Term implies(Term a, Term b) { return any({negate(a), b}); }
  Term equal(Term a, Term b);  // of one sort
  Term ite(Term condition, Term a, Term b);

  Term set(const SortPtr& sort, std::vector<Term> elements);
  Term member(Term element, Term set);
  Term subset(Term a, Term b);
  Term meet(Term a, Term b);
  Term record(const SortPtr& sort, std::vector<Term> fields);
  Term some(Term value);
  Term none(const SortPtr& element);

  // Signed 64-bit numbers of one sort.
  Term less(Term a, Term b);
  Term less_equal(Term a, Term b);
  // The value as if there were no limit, and apart from that whether it leaves 64 bits.
  Term add(Term a, Term b);
  Term subtract(Term a, Term b);
  Term multiply(Term a, Term b);
  Term negative(Term a);
  Term add_overflows(Term a, Term b);
  Term subtract_overflows(Term a, Term b);
  Term multiply_overflows(Term a, Term b);
  Term negative_overflows(Term a);

  // Whether a text matches the pattern of `like`, cut at its wildcards.
  Term like(Term text, const std::vector<std::string>& pattern);
  // Any other operator; nothing is simplified.
  Term call(std::string op, SortPtr sort, std::vector<Term> args);
  // The same term as a value of another sort with the same representation.
  Term retyped(Term number, const SortPtr& sort);

 private:
  Term make(TermNode node);
  Term junction(TermOp op, std::vector<Term> terms);
  const std::int64_t* constant(Term term) const;

  bool verbatim_;
  std::vector<TermNode> nodes_;
  std::unordered_map<std::string, Term> known_;
  SortPtr boolean_;
  SortPtr string_;
};

// The largest character of an SMT-LIB string; Cedar has some beyond it, which are not supported.
inline constexpr char32_t kCodePointMax = 0x2FFFF;
// Whether all characters of a UTF-8 text are within it.
bool fits_smt(std::string_view text);
// As an SMT-LIB string literal with its quotes.
std::string smt_string(std::string_view text);
// Back from what stood between the quotes. Errors: a character that is not Unicode.
Result<std::string> from_smt_string(std::string_view text);

}  // namespace weir::prove
