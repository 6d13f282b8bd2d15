// Many regular expressions over short texts: which of them match, exactly.
//
//   TRY(RegexSet set, RegexSet::compile(expressions, {.ignore_case = true}));
//   TRY(const auto& which, set.matching(window, scratch));      // indices, ascending
//
// RE2 tells for each expression which strings a match must hold; Vectorscan finds those in one pass; only the
// expressions that can still match are run. Compiles in milliseconds where one database of the expressions
// themselves takes seconds (bounded repeats), and is exact.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "match/database.h"
#include "match/regex.h"

namespace weir::match {

class RegexSet {
 public:
  // Errors: `invalid` names the first expression that cannot be compiled; `limit`.
  static Result<RegexSet> compile(std::span<const std::string> expressions, const RegexOptions& options = {});

  // Indices of the expressions that can match: what they need occurs. (*this)[i].contains(text) tells.
  Result<std::vector<std::size_t>> possible(std::string_view text, Scratch& scratch) const;
  // Indices of the expressions that match somewhere in `text`.
  Result<std::vector<std::size_t>> matching(std::string_view text, Scratch& scratch) const;

  const Regex& operator[](std::size_t i) const;
  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace weir::match
