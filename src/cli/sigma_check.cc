// `weir sigma check|test|list`: look at rules without events of one's own.
#include <fmt/format.h>

#include <ostream>

#include "base/bytes.h"
#include "cli/sigma_commands.h"
#include "cli/sigma_input.h"
#include "sigma/engine.h"

namespace weir::cli {
namespace {

Result<sigma::RuleSet> rules_of(const Args& args) {
  TRY(const SigmaFiles files, read_sigma_files(args.positionals()));
  return load_sigma_rules(files, args);
}

// ---- check ----

int run_check(const Args& args, Context& context) {
  auto set = rules_of(args);
  if (!set) return report(set.error(), context);
  const auto engine = sigma::Engine::compile(set->rules);
  if (!engine) return report(engine.error(), context);
  const std::size_t warnings = set->problems.size() - set->errors();
  const bool bad = set->errors() > 0 || (args.has("--strict") && warnings > 0);
  if (context.json) {
    Json problems = Json::array();
    for (const auto& problem : set->problems)
      problems.push(problem_json(problem));
    context.out << compact(
                       Json::object({{"documents", static_cast<std::int64_t>(set->documents)},
                                     {"rules", static_cast<std::int64_t>(set->rules.size())},
                                     {"correlations", static_cast<std::int64_t>(set->correlations.size())},
                                     {"filters", static_cast<std::int64_t>(set->filters.size())},
                                     {"errors", static_cast<std::int64_t>(set->errors())},
                                     {"warnings", static_cast<std::int64_t>(warnings)},
                                     {"problems", std::move(problems)}}))
                << "\n";
  } else {
    report_sigma_problems(*set, context, !context.quiet);
    context.out << fmt::format("{} rules, {} correlations, {} filters; {} errors, {} warnings\n",
                               set->rules.size(), set->correlations.size(), set->filters.size(),
                               set->errors(), warnings);
  }
  return bad ? exit_code::kFindings : exit_code::kFine;
}

// ---- test ----

struct Tally {
  std::size_t passed = 0, failed = 0;
};

void print_failure(const sigma::Case& one, const std::string& why, Context& context) {
  if (context.json)
    context.out << compact(Json::object({{"rule", one.rule}, {"where", one.where}, {"what", why}})) << "\n";
  else
    context.err << context.style.red("failed") << ": " << printable(one.rule) << ": " << why << " ("
                << printable(one.where) << ")\n";
}

int run_test(const Args& args, Context& context) {
  const auto files = read_sigma_files(args.positionals());
  if (!files) return report(files.error(), context);
  auto set = load_sigma_rules(*files, args);
  if (!set) return report(set.error(), context);
  std::vector<sigma::Case> cases;
  for (const auto& [path, text] : files->cases)
    sigma::read_cases(text, path, cases, set->problems);
  report_sigma_problems(*set, context, false);
  const auto engine = sigma::Engine::compile(set->rules);
  if (!engine) return report(engine.error(), context);
  sigma::Workspace workspace;
  Tally tally;
  for (const sigma::Case& one : cases) {
    const auto outcome = sigma::run_case(one, *set, *engine, workspace);
    ++(outcome.as_expected ? tally.passed : tally.failed);
    if (!outcome.as_expected) print_failure(one, outcome.why, context);
  }
  if (context.json)
    context.out << compact(Json::object({{"passed", static_cast<std::int64_t>(tally.passed)},
                                         {"failed", static_cast<std::int64_t>(tally.failed)},
                                         {"errors", static_cast<std::int64_t>(set->errors())}}))
                << "\n";
  else
    context.out << fmt::format("{} cases passed, {} failed; {} rules\n", tally.passed, tally.failed,
                               set->rules.size());
  return tally.failed > 0 || set->errors() > 0 ? exit_code::kFindings : exit_code::kFine;
}

// ---- list ----

Json listed(const sigma::Meta& meta, std::string_view kind) {
  return Json::object({{"id", meta.id},
                       {"kind", kind},
                       {"title", meta.title},
                       {"level", name(meta.level)},
                       {"status", meta.status},
                       {"tags", Json::strings(meta.tags)},
                       {"where", meta.where}});
}

std::string logsource_text(const sigma::LogSource& logsource) {
  std::string out;
  for (const std::string& part : {logsource.product, logsource.category, logsource.service})
    if (!part.empty()) out += (out.empty() ? "" : "/") + part;
  return out;
}

void list_line(const sigma::Meta& meta, const std::string& about, Context& context) {
  context.out << fmt::format("{:36}  {:13}  {:32}  {}\n", printable(meta.key()), name(meta.level),
                             printable(about), printable(meta.title));
}

int run_list(const Args& args, Context& context) {
  const auto set = rules_of(args);
  if (!set) return report(set.error(), context);
  report_sigma_problems(*set, context, false);
  for (const auto& rule : set->rules) {
    if (!context.json) {
      list_line(rule.meta, logsource_text(rule.logsource), context);
      continue;
    }
    Json row = listed(rule.meta, "rule");
    row.set("logsource", to_json(rule.logsource));
    context.out << compact(row) << "\n";
  }
  for (const auto& correlation : set->correlations)
    if (context.json)
      context.out << compact(listed(correlation.meta, "correlation")) << "\n";
    else
      list_line(correlation.meta, std::string(name(correlation.type)), context);
  for (const auto& filter : set->filters)
    if (context.json)
      context.out << compact(listed(filter.meta, "filter")) << "\n";
    else
      list_line(filter.meta, "filter", context);
  return set->errors() > 0 ? exit_code::kFindings : exit_code::kFine;
}

std::vector<Option> with_shared(std::vector<Option> options) {
  for (auto& option : sigma_options())
    options.push_back(std::move(option));
  return options;
}

const Positional kPaths{"PATH", "rule files or directories; default: the rules that ship with Weir", false,
                        true};

}  // namespace

std::vector<CommandSpec> sigma_check_commands() {
  return {{.name = "sigma check",
           .summary = "Check Sigma rules: what cannot be used, and why",
           .description =
               "Names file, line and reason of every bad rule, unknown modifier, duplicate and missing id. "
               "Exit 1 when a document had to be left out.",
           .options = with_shared({{"--strict", "", "exit 1 for warnings too"}}),
           .positionals = {kPaths},
           .takes_rest = false,
           .examples = {{"weir sigma check rules/", "a directory of rules"},
                        {"weir sigma check --strict --json my_rule.yml", "for a pipeline"}},
           .run = run_check},
          {.name = "sigma test",
           .summary = "Run the cases beside Sigma rules",
           .description = "Files *.cases.yml hold events that a rule must and must not match "
                          "(docs/formats/sigma-cases.md). Exit 1 when one does not come out so.",
           .options = with_shared({}),
           .positionals = {kPaths},
           .takes_rest = false,
           .examples = {{"weir sigma test", "the rules that ship with Weir"},
                        {"weir sigma test rules/", "one's own"}},
           .run = run_test},
          {.name = "sigma list",
           .summary = "List Sigma rules",
           .description = "One line a rule: id, level, log source, title. With --json one object a line.",
           .options = with_shared({}),
           .positionals = {kPaths},
           .takes_rest = false,
           .examples = {{"weir sigma list rules/", "what is there"},
                        {"weir sigma list --json | jq .title", "for scripts"}},
           .run = run_list}};
}

}  // namespace weir::cli
