// A question as SMT-LIB text, and the way back: what a solver's values mean.
//
//   Script script(terms, {formula, axiom}, {path, role});
//   TRY(Reply reply, solver.check(script.text(), script.get_values()));
//   TRY(cedar::Value value, script.decode(answer, *terms.sort(path)));
//
// Self-contained and deterministic: sorts are numbered as they come (E0, R0 …), and comments say what stands
// for what. Two questions that differ only in the names of types have the same body(), so that one answer
// serves both.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cedar/value.h"
#include "prove/sexpr.h"
#include "prove/term.h"

namespace weir::prove {

class Script {
 public:
  // `wanted` are the terms whose values are asked for when the assertions can hold.
  Script(const Terms& terms, const std::vector<Term>& assertions, std::vector<Term> wanted);

  const std::string& body() const { return body_; }  // without comments
  std::string text() const { return comments_ + body_; }
  std::string get_values() const;  // "(get-value (…))"; empty when nothing is wanted
  const std::vector<Term>& wanted() const { return wanted_; }

  // A value of a sort. Errors: what the solver says does not fit the sort.
  Result<cedar::Value> decode(const SExpr& value, const Sort& sort) const;

 private:
  void declare_sort(const Sort& sort);
  void declare_entity(const Sort& sort);
  void declare_record(const Sort& sort);
  void declare(Term term);
  void visit(Term term, std::vector<Term>& order);
  void define_shared(const std::vector<Term>& order);
  std::string sort_text(const Sort& sort) const;
  std::string print(Term term) const;   // by name where it has one
  std::string expand(Term term) const;  // one level
  std::string function_name(Term term) const;
  Result<cedar::Value> decode_set(const SExpr& value, const Sort& sort) const;
  Result<cedar::Value> decode_record(const SExpr& value, const Sort& sort) const;

  const Terms& terms_;
  std::vector<Term> wanted_;
  std::map<std::string, std::string> sort_names_;     // by key: entity, record and option sorts
  std::map<std::string, bool> declared_;              // functions and symbols
  std::map<std::uint32_t, unsigned> uses_;            // of a term, for sharing
  std::map<std::uint32_t, std::string> definitions_;  // names of shared terms
  std::string comments_;
  std::string body_;
};

}  // namespace weir::prove
