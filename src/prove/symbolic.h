// A Cedar value whose parts are terms. Records are taken apart: each attribute is a value of its own, and an
// optional one also has a condition for being there. So a question mentions only the attributes that it
// reads.
//
//   Unknowns unknowns(terms, sorts);
//   TRY(Symbolic context, unknowns.make(*declaration.context, "context", {}));    // context.path,
//   context.path? … TRY(Symbolic owner, unknowns.make(type, "owner", {resource}));                //
//   (E1:owner resource)
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "prove/term.h"

namespace weir::prove {

struct Symbolic {
  struct Field;

  SortPtr sort;
  Term term;                                         // all but records
  std::shared_ptr<const std::vector<Field>> fields;  // records, in the order of the sort's

  bool is(Sort::Kind kind) const { return sort->kind == kind; }
  const Field* field(std::string_view name) const;  // nullptr when absent
};

struct Symbolic::Field {
  std::string name;
  Term present;  // `true` where it is required
  Symbolic value;
};

Symbolic symbolic(const Terms& terms, Term term);

class Unknowns {
 public:
  Unknowns(Terms& terms, const Sorts& sorts) : terms_(terms), sorts_(sorts) {}

  // An unknown value of a type: a symbol of that name when there are no arguments, else what a function of
  // that name makes of them.
  Result<Symbolic> make(const cedar::SchemaType& type, const std::string& name,
                        const std::vector<Term>& args);

 private:
  Terms& terms_;
  const Sorts& sorts_;
};

// The parts of a name that SMT-LIB would not take as they are, escaped.
std::string smt_name(std::string_view attribute);

// a == b for values of the same type; errors when that cannot be told from their sorts.
Result<Term> equal(Terms& terms, const Symbolic& a, const Symbolic& b);
// One value or the other, of the same sort.
Result<Symbolic> choose(Terms& terms, Term condition, const Symbolic& a, const Symbolic& b);
// As one term, records as constructors: what a set can hold.
Term packed(Terms& terms, const Symbolic& value);

}  // namespace weir::prove
