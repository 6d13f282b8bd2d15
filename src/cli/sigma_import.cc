// `weir sigma import`: rules of other formats as Sigma.
#include <fmt/format.h>

#include <ostream>

#include "base/bytes.h"
#include "cli/sigma_commands.h"
#include "cli/sigma_input.h"
#include "os/files.h"
#include "sigma/write.h"

namespace weir::cli {
namespace {

// "HIGH-205" → "high_205.yml"
std::string file_name(const std::string& id) {
  std::string out;
  for (const char c : to_lower_ascii(id))
    out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
  return out.substr(0, 66) + ".yml";
}

int run_import(const Args& args, Context& context) {
  const auto files = read_sigma_files(args.positionals());
  if (!files) return report(files.error(), context);
  const auto set = load_sigma_rules(*files, args);
  if (!set) return report(set.error(), context);
  report_sigma_problems(*set, context, false);
  const auto dir = args.value("--out");
  if (dir)
    if (auto made = os::make_dirs(*dir, 0755); !made) return report(made.error(), context);
  bool first = true;
  for (const sigma::Rule& rule : set->rules) {
    const std::string text = sigma::to_yaml(rule);
    if (!dir) {
      context.out << (first ? "" : "---\n") << text;
      first = false;
      continue;
    }
    const std::string path = *dir + "/" + file_name(rule.meta.key());
    if (os::exists(path) && !args.has("--force"))
      return report(
          {ErrorCode::exists, "the file is there already", path, "use --force or another directory"},
          context);
    if (auto written = os::write_file_atomic(path, text); !written) return report(written.error(), context);
  }
  if (!context.quiet) context.err << fmt::format("{} rules\n", set->rules.size());
  return set->errors() > 0 ? exit_code::kFindings : exit_code::kFine;
}

}  // namespace

CommandSpec sigma_import_command() {
  std::vector<Option> options = {{"--out", "DIR", "one file a rule; default: all on standard output"},
                                 {"--force", "", "write over files that are there"}};
  for (auto& option : sigma_options())
    options.push_back(std::move(option));
  return {.name = "sigma import",
          .summary = "Write rules of other formats as Sigma",
          .description =
              "Reads CanaryAI's YAML rules (and Sigma itself, which is written anew). Importing is not "
              "needed to use them: every command of weir sigma reads them as they are.",
          .options = std::move(options),
          .positionals = {{"PATH", "rule files or directories", true, true}},
          .takes_rest = false,
          .examples = {{"weir sigma import ~/.config/canaryai/rules --out rules/", "one file a rule"},
                       {"weir sigma import rule.yaml", "to look at"}},
          .run = run_import};
}

}  // namespace weir::cli
