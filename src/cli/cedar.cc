// `weir cedar …`: exactly Cedar, nothing of Weir's own strictness.
#include "cedar/authorize_row.h"

#include <ostream>

#include "cli/cedar_commands.h"
#include "cli/jsonl.h"

namespace weir::cli {
namespace {

int run_authorize(const Args& args, Context& context) {
  if (!args.has("--jsonl")) {
    context.err << "weir: `weir cedar authorize` reads JSON Lines; give --jsonl\n";
    return exit_code::kUsage;
  }
  return run_jsonl(args.positional_or(0, ""), context,
                   [](const Json& row) { return cedar::authorize_row(row); });
}

}  // namespace

CommandSpec cedar_authorize_command() {
  return {.name = "cedar authorize",
          .summary = "Decide Cedar requests",
          .description =
              "Rows {id, policies, entities, schema?, requests} in, {id, responses} out (docs/cedar.md).",
          .options = {{"--jsonl", "", "rows on standard input or in FILE, one answer a line"}},
          .positionals = {{"FILE", "rows; default: standard input"}},
          .takes_rest = false,
          .examples = {{"weir cedar authorize --jsonl rows.jsonl", "one answer for each row"}},
          .run = run_authorize};
}

std::vector<CommandSpec> cedar_commands() {
  std::vector<CommandSpec> out = {cedar_authorize_command()};
  for (auto& group : {cedar_policy_commands(), cedar_schema_commands()})
    out.insert(out.end(), group.begin(), group.end());
  return out;
}

}  // namespace weir::cli
