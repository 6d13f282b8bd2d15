// What the commands of `weir sigma` read: rule files, case files, placeholders.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/cli.h"
#include "sigma/cases.h"
#include "sigma/parse.h"

namespace weir::cli {

struct SigmaFiles {
  std::vector<std::pair<std::string, std::string>> rules;  // path, text
  std::vector<std::pair<std::string, std::string>> cases;
};

// Options that all of them take.
std::vector<Option> sigma_options();

// *.yml and *.yaml below each path; without paths the rules that ship with Weir. Errors: not_found, limit.
Result<SigmaFiles> read_sigma_files(const std::vector<std::string>& paths);

// Parsed and linked, with the placeholders of --placeholders.
Result<sigma::RuleSet> load_sigma_rules(const SigmaFiles& files, const Args& args);

// One line a problem on standard error, and how many documents were left out.
void report_sigma_problems(const sigma::RuleSet& set, Context& context, bool warnings);
Json problem_json(const sigma::Problem& problem);

}  // namespace weir::cli
