// Many regular expressions over short texts: which of them match, exactly.
//
//   TRY(RegexSet set, RegexSet::compile(expressions, {.ignore_case = true}));
//   set.matching(window, memory, which);         // indices, ascending
//
// A Sieve tells in one pass which expressions can match, nearly exactly; only those are run. Compiles in
// milliseconds where one database of the expressions themselves takes seconds (bounded repeats).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "match/regex.h"
#include "match/sieve.h"

namespace weir::match {

class RegexSet {
 public:
  // Errors: `invalid` names the first expression that cannot be compiled; `limit`.
  static Result<RegexSet> compile(std::span<const std::string> expressions, const RegexOptions& options = {});

  // Indices of the expressions that can match. (*this)[i].contains(text) tells.
  void possible(std::string_view text, SieveMemory& memory, std::vector<std::uint32_t>& out) const;
  // Indices of the expressions that match somewhere in `text`.
  void matching(std::string_view text, SieveMemory& memory, std::vector<std::uint32_t>& out) const;

  const Regex& operator[](std::size_t i) const;
  std::size_t size() const;

 private:
  std::vector<Regex> regexes_;
  Sieve sieve_;
};

}  // namespace weir::match
