// Sigma documents -> a RuleSet. What is wrong is named with file and line and left out; the rest works.
//
//   RuleSet set;
//   read_rules(set, text, "rules/linux.yml", {});      // once for each file
//   link(set);                                          // then once: filters, correlations, duplicates
//   for (const Problem& problem : set.problems) …
//
// A file holds any number of documents, parted by "---". Rules of CanaryAI are read too (canary.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sigma/modifiers.h"
#include "sigma/rule.h"

namespace weir::sigma {

struct Problem {
  enum class Weight {
    warning,  // the document is used
    error     // it is left out
  } weight = Weight::error;
  std::string rule;  // id or name, "" when it has none
  Error error;       // where: "file:line"
};

struct RuleSet {
  std::vector<Rule> rules;
  std::vector<Correlation> correlations;  // after link(): those that others build on first
  std::vector<Filter> filters;
  std::vector<Problem> problems;
  std::size_t documents = 0;  // seen, bad ones too

  std::size_t errors() const;
};

// Adds the documents of one file. `where` names it in problems.
void read_rules(RuleSet& set, std::string_view text, std::string_view where, const ParseOptions& options);

// Leaves out second documents of an id or name, joins filters to their rules, finds the rules of
// correlations, leaves out correlations that lead in a circle or name what is not there, and puts them in
// order.
void link(RuleSet& set);

}  // namespace weir::sigma
