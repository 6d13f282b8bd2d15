// `weir cedar validate|translate-schema`: what needs a schema.
#include <fmt/format.h>

#include <charconv>
#include <ostream>

#include "cedar/diagnostic.h"
#include "cedar/entity_json.h"
#include "cedar/validate_data.h"
#include "cedar/validate_row.h"
#include "cli/cedar_commands.h"
#include "cli/cedar_input.h"
#include "cli/jsonl.h"

namespace weir::cli {
namespace {

// All that was checked in one run.
struct Findings {
  cedar::ValidationResult policies;
  std::vector<cedar::DataProblem> entities;
  std::vector<cedar::DataProblem> request;
  bool deny_warnings = false;

  bool valid() const {
    return policies.valid() && entities.empty() && request.empty() &&
           (!deny_warnings || policies.warnings.empty());
  }
};

Result<std::optional<std::uint32_t>> read_level(const Args& args) {
  const auto text = args.value("--level");
  if (!text) return std::nullopt;
  std::uint32_t level = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), level);
  if (error != std::errc() || end != text->data() + text->size())
    return fail(fmt::format("`{}` is no level", *text), "--level", "give a number from 0");
  return level;
}

Result<std::optional<cedar::Request>> read_any_request(const Args& args, Context& context,
                                                       const cedar::Schema& schema) {
  const auto file = args.value("--request");
  if (!file) return read_request(args, context, &schema);
  TRY(const std::string text, read_input(*file, context));
  TRY(const Json json, parse_json(text));
  TRY(cedar::Request request, cedar::read_request(json, &schema));
  return request;
}

Json problems_json(const std::vector<cedar::DataProblem>& problems) {
  Json::Array out;
  for (const auto& problem : problems) {
    Json json = Json::object({{"where", problem.where}, {"message", problem.message}});
    if (!problem.help.empty()) json.set("help", problem.help);
    out.push_back(std::move(json));
  }
  return Json(std::move(out));
}

void print_diagnostics(const std::vector<cedar::Diagnostic>& diagnostics, std::string_view severity,
                       const std::string& text, const std::string& name, Context& context) {
  for (const auto& each : diagnostics) {
    const std::string message = fmt::format("for policy `{}`, {}", each.policy, each.message);
    if (text.empty())
      context.out << severity << ": " << message << (each.help.empty() ? "" : "\n  help: " + each.help)
                  << "\n";
    else
      context.out << cedar::picture(text, name, each.span, {severity, message, each.help}) << "\n";
  }
}

void print_problems(const std::vector<cedar::DataProblem>& problems, const char* what, Context& context) {
  for (const auto& problem : problems)
    context.out << "error: " << what << " " << problem.where << ": " << problem.message
                << (problem.help.empty() ? "" : "\n  help: " + problem.help) << "\n";
}

// `text` is empty where the policies were not one text.
int answer(const Findings& found, const std::string& text, const std::string& name, Context& context) {
  const int code = found.valid() ? exit_code::kFine : exit_code::kFindings;
  if (context.json) {
    context.out << pretty(Json::object({{"valid", found.valid()},
                                        {"errors", cedar::diagnostics_json(found.policies.errors, text)},
                                        {"warnings", cedar::diagnostics_json(found.policies.warnings, text)},
                                        {"entities", problems_json(found.entities)},
                                        {"request", problems_json(found.request)}}))
                << "\n";
    return code;
  }
  print_diagnostics(found.policies.errors, "error", text, name, context);
  print_diagnostics(found.policies.warnings, "warning", text, name, context);
  print_problems(found.entities, "entity", context);
  print_problems(found.request, "request", context);
  if (!context.quiet) {
    const std::size_t errors = found.policies.errors.size() + found.entities.size() + found.request.size();
    const std::size_t warnings = found.policies.warnings.size();
    context.out << fmt::format("policy set validation {}: {} error{}, {} warning{}\n",
                               found.valid() ? "passed" : "failed", errors, errors == 1 ? "" : "s", warnings,
                               warnings == 1 ? "" : "s");
  }
  return code;
}

Result<int> validate(const Args& args, Context& context) {
  TRY(const auto level, read_level(args));
  TRY(const auto schema, read_schema(args, context));
  if (!schema) return fail("validation needs a schema", "--schema", "give --schema FILE");
  const std::string file = args.value_or("--policies", "");
  const bool one_text =
      args.value_or("--policy-format", "cedar") == "cedar" && !args.has("--template-linked");
  std::string text;
  cedar::PolicySet policies;
  if (one_text) {
    TRY(text, read_input(file, context));
    TRY(policies, cedar::PolicySet::parse(text, input_name(file)));
  } else {
    TRY(policies, read_policies(args, context));
  }
  Findings found;
  found.deny_warnings = args.has("--deny-warnings");
  found.policies = cedar::validate(policies, *schema, {level});
  if (args.has("--entities")) {
    TRY(const cedar::Entities entities, read_entities(args, context, &*schema));
    found.entities = cedar::validate_entities(entities, *schema);
  }
  TRY(const auto request, read_any_request(args, context, *schema));
  if (request) found.request = cedar::validate_request(*request, *schema);
  return answer(found, text, input_name(file), context);
}

int run_validate(const Args& args, Context& context) {
  if (args.has("--jsonl"))
    return run_jsonl(args.positional_or(0, ""), context,
                     [](const Json& row) { return cedar::validate_row(row); });
  if (!args.has("--schema"))
    return usage_error("`weir cedar validate` needs a schema", context, "give --schema FILE");
  auto code = validate(args, context);
  return code ? *code : report(code.error(), context);
}

Result<std::string> translate(const std::string& direction, const std::string& text,
                              const std::string& name) {
  if (direction == "json-to-cedar") {
    TRY(const Json json, parse_json(text));
    return cedar::schema_json_to_text(json);
  }
  const bool resolved = direction == "cedar-to-json-with-resolved-types";
  TRY(const Json json, cedar::schema_text_to_json(text, name, resolved));
  return pretty(json) + "\n";
}

int run_translate(const Args& args, Context& context) {
  const std::string direction = args.value_or("--direction", "");
  if (direction != "json-to-cedar" && direction != "cedar-to-json" &&
      direction != "cedar-to-json-with-resolved-types")
    return usage_error("give --direction json-to-cedar, cedar-to-json or cedar-to-json-with-resolved-types",
                       context);
  const std::string file = args.value_or("--schema", "");
  auto text = read_input(file, context);
  auto out = text ? translate(direction, *text, input_name(file)) : text;
  if (!out) return report(out.error(), context);
  context.out << *out;
  return exit_code::kFine;
}

CommandSpec validate_command() {
  return {
      .name = "cedar validate",
      .summary = "Check Cedar policies, entities and requests against a schema",
      .description = "Strict validation as Cedar's own. Exit 0 valid, 1 not valid, 2 usage (docs/cedar.md).",
      .options =
          joined({schema_options(),
                  policy_options(),
                  {{"--level", "N", "also check that policies take at most N steps from entity to entity"},
                   {"--deny-warnings", "", "warnings count as errors"}},
                  entity_options(),
                  request_options(),
                  {{"--request", "FILE", "the same as --request-json"},
                   {"--jsonl", "", "rows {id, policies, schema} on standard input or in FILE"}}}),
      .positionals = {{"FILE", "rows of --jsonl; default: standard input"}},
      .takes_rest = false,
      .examples = {{"weir cedar validate --schema team.cedarschema --policies team.cedar", ""},
                   {"weir cedar validate --schema team.cedarschema --policies team.cedar --level 1",
                    "and nothing is read of entities that principal and resource point to"},
                   {"weir cedar validate --jsonl rows.jsonl", "one answer for each row"}},
      .run = run_validate};
}

CommandSpec translate_command() {
  return {
      .name = "cedar translate-schema",
      .summary = "Turn a Cedar schema from text into JSON or back",
      .description = "Names are kept as written; with resolved types they are full and told apart.",
      .options = {{"--direction",
                   "DIRECTION",
                   "json-to-cedar, cedar-to-json or cedar-to-json-with-resolved-types",
                   false,
                   false,
                   {"json-to-cedar", "cedar-to-json", "cedar-to-json-with-resolved-types"}},
                  {"-s,--schema", "FILE", "the schema; default: standard input"}},
      .positionals = {},
      .takes_rest = false,
      .examples = {{"weir cedar translate-schema --direction cedar-to-json --schema team.cedarschema", ""}},
      .run = run_translate};
}

}  // namespace

std::vector<CommandSpec> cedar_schema_commands() {
  return {validate_command(), translate_command()};
}

}  // namespace weir::cli
