// `weir cedar authorize`: one request from options, or rows of many.
#include "cedar/authorize_row.h"

#include <fmt/format.h>

#include <ostream>

#include "base/bytes.h"
#include "cedar/authorizer.h"
#include "cedar/est.h"
#include "cli/cedar_commands.h"
#include "cli/cedar_input.h"
#include "cli/jsonl.h"

namespace weir::cli {
namespace {

Json response_json(const cedar::Response& response) {
  Json reason = Json::array(), errors = Json::array();
  for (const auto* policy : response.reason())
    reason.push(policy->id);
  for (const auto& error : response.errors)
    errors.push(Json::object({{"policy", error.policy->id}, {"error", error.error.message}}));
  return Json::object({{"decision", name(response.decision)}, {"reason", reason}, {"errors", errors}});
}

void print(const cedar::Response& response, bool verbose, Context& context) {
  const bool allowed = response.decision == cedar::Decision::allow;
  context.out << (allowed ? context.style.green("ALLOW") : context.style.red("DENY")) << "\n";
  for (const auto& error : response.errors)
    context.out << printable(fmt::format("error while evaluating policy `{}`: {}", error.policy->id,
                                         error.error.message))
                << "\n";
  if (!verbose) return;
  if (response.reason().empty()) context.out << "note: no policies applied to this request\n";
  for (const auto* policy : response.reason())
    context.out << "because of " << printable(policy->id) << " ("
                << printable(fmt::format("{}:{}:{}", policy->source, policy->position.line,
                                         policy->position.column))
                << ")\n";
}

Result<int> authorize_one(const Args& args, Context& context) {
  TRY(const cedar::PolicySet policies, read_policies(args, context));
  TRY(const auto schema, read_schema(args, context));
  const cedar::Schema* types = schema ? &*schema : nullptr;
  TRY(const cedar::Entities entities, read_entities(args, context, types));
  TRY(const auto request, read_request(args, context, types));
  if (!request)
    return fail("there is no request", {}, "give --principal, --action and --resource, or --request-json");
  const cedar::Response response = cedar::authorize(policies, *request, entities);
  if (context.json)
    context.out << compact(response_json(response)) << "\n";
  else
    print(response, args.has("--verbose"), context);
  return response.decision == cedar::Decision::allow ? exit_code::kFine : exit_code::kFindings;
}

int run_authorize(const Args& args, Context& context) {
  if (args.has("--jsonl"))
    return run_jsonl(
        args.positional_or(0, ""), context, [](const Json& row) { return cedar::authorize_row(row); },
        cedar::kEstJsonLimits);
  if (!args.positionals().empty())
    return usage_error("rows need --jsonl; policies are given with --policies", context);
  const auto code = authorize_one(args, context);
  return code ? *code : report(code.error(), context);
}

}  // namespace

CommandSpec cedar_authorize_command() {
  return {
      .name = "cedar authorize",
      .summary = "Decide Cedar requests",
      .description =
          "One request by options: exit 0 for allow, 1 for deny. With --jsonl rows {id, policies, entities, "
          "schema?, requests} in, {id, responses} out (docs/cedar.md).",
      .options = joined({{{"--jsonl", "", "rows on standard input or in FILE, one answer a line"}},
                         policy_options(),
                         schema_options(),
                         entity_options(),
                         request_options(),
                         {{"-v,--verbose", "", "name the policies that decided"}}}),
      .positionals = {{"FILE", "rows; default: standard input"}},
      .takes_rest = false,
      .examples = {{"weir cedar authorize -p team.cedar --entities team.json -l 'User::\"alice\"' -a "
                    "'Action::\"view\"' -r 'Photo::\"p\"' -v",
                    "one request, and why it was decided so"},
                   {"weir cedar authorize --jsonl rows.jsonl", "one answer for each row"}},
      .run = run_authorize};
}

}  // namespace weir::cli
