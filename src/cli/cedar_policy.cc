// `weir cedar format`, `translate-policy` and `link`.
#include <fmt/format.h>

#include <charconv>
#include <ostream>

#include "base/bytes.h"
#include "cedar/est_policy_set.h"
#include "cedar/format.h"
#include "cedar/policy_text.h"
#include "cedar/template.h"
#include "cli/cedar_commands.h"
#include "cli/cedar_input.h"
#include "cli/jsonl.h"
#include "os/files.h"

namespace weir::cli {
namespace {

// --- format

Result<int> number(const Args& args, const char* option, int fallback) {
  const std::string text = args.value_or(option, fmt::to_string(fallback));
  int out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc() && end == text.data() + text.size()) return out;
  return fail(fmt::format("{} is not a number", printable(text, 40)), option, "give a number of columns");
}

// Formats one input; `changed` tells whether it was not formatted before.
Status format_one(const std::string& file, const Args& args, const cedar::FormatOptions& options,
                  Context& context, bool& changed) {
  TRY(const std::string text, read_input(file, context));
  TRY(const std::string formatted, cedar::format_policies(text, options, input_name(file)));
  const bool differs = formatted != text;
  changed = changed || differs;
  if (args.has("--check")) {
    if (differs && !context.quiet)
      context.err << "weir: not formatted: " << printable(input_name(file)) << "\n";
  } else if (!args.has("--write")) {
    context.out << formatted;
  } else if (differs) {
    TRY_STATUS(os::write_file_atomic(file, formatted));
  }
  return {};
}

Result<int> format_all(const Args& args, Context& context) {
  cedar::FormatOptions options;
  TRY(options.width_columns, number(args, "--line-width", options.width_columns));
  TRY(options.indent_columns, number(args, "--indent-width", options.indent_columns));
  if (args.has("--jsonl"))
    return run_jsonl(args.positional_or(0, ""), context, [&](const Json& row) -> Result<Json> {
      if (!row["policies"].is_string())
        return fail("a row needs \"policies\"", "policies", "give Cedar text");
      TRY(std::string text, cedar::format_policies(row["policies"].as_string(), options, "policies"));
      return Json::object({{"policies", std::move(text)}});
    });
  std::vector<std::string> files = args.positionals();
  if (args.has("--policies")) files.push_back(args.value_or("--policies", ""));
  if (args.has("--check") && args.has("--write"))
    return fail("--check and --write exclude each other", {}, "give one of them");
  if (files.empty() && args.has("--write")) return fail("--write needs a file", {}, "name the file with -p");
  if (files.empty()) files.emplace_back();
  bool changed = false;
  for (const auto& file : files)
    TRY_STATUS(format_one(file, args, options, context, changed));
  return args.has("--check") && changed ? exit_code::kFindings : exit_code::kFine;
}

int run_format(const Args& args, Context& context) {
  const auto code = format_all(args, context);
  return code ? *code : report(code.error(), context);
}

// --- translate-policy

Result<cedar::PolicySet> policies_from_json(const std::string& text, const std::string& file) {
  const auto json = parse_json(text, cedar::kEstJsonLimits);
  auto policies = json ? cedar::read_policy_set_json(*json, input_name(file))
                       : Result<cedar::PolicySet>(std::unexpected(json.error()));
  if (policies) return policies;
  std::string& where = policies.error().where;
  where = where.empty() ? input_name(file) : fmt::format("{}: {}", input_name(file), where);
  return policies;
}

Result<int> translate(const Args& args, Context& context) {
  const std::string direction = args.value_or("--direction", "");
  const bool to_json = direction == "cedar-to-json";
  if (!to_json && direction != "json-to-cedar")
    return fail("the direction is missing", "--direction", "give cedar-to-json or json-to-cedar");
  const std::string file = args.value_or("--policies", args.positional_or(0, ""));
  TRY(const std::string text, read_input(file, context));
  if (to_json) {
    TRY(const cedar::PolicySet policies, cedar::PolicySet::parse(text, input_name(file)));
    TRY(const Json json, cedar::policy_set_json(policies));
    context.out << (context.json ? compact(json) : pretty(json)) << "\n";
    return exit_code::kFine;
  }
  TRY(const cedar::PolicySet policies, policies_from_json(text, file));
  TRY(const std::string policies_text, cedar::policy_set_text(policies));
  if (context.json)
    context.out << compact(Json::object({{"policies", policies_text}})) << "\n";
  else
    context.out << policies_text;
  return exit_code::kFine;
}

int run_translate(const Args& args, Context& context) {
  if (args.has("--jsonl"))
    return run_jsonl(args.positional_or(0, ""), context, cedar::translate_row, cedar::kEstJsonLimits);
  const auto code = translate(args, context);
  return code ? *code : report(code.error(), context);
}

// --- link

Result<int> link(const Args& args, Context& context) {
  for (const char* option : {"--template-id", "--new-id", "--arguments"})
    if (!args.has(option))
      return fail(fmt::format("{} is missing", option), {}, "see `weir cedar link --help`");
  TRY(const Json arguments, parse_json(args.value_or("--arguments", "")));
  cedar::TemplateLink wanted{args.value_or("--template-id", ""), args.value_or("--new-id", ""), {}};
  TRY(wanted.values, cedar::read_slot_values(arguments));
  TRY(cedar::PolicySet policies, read_policies(args, context, true));
  TRY(policies, cedar::link(policies, std::span(&wanted, 1)));
  const cedar::Policy& linked = *policies.find(wanted.new_id);
  if (const auto file = args.value("--template-linked"))
    TRY_STATUS(os::write_file_atomic(*file, compact(cedar::links_json(cedar::links_of(policies)))));
  TRY(const std::string text, cedar::policy_text(linked));
  if (context.json) {
    TRY(Json json, cedar::policy_json(linked));
    context.out << compact(Json::object({{"id", linked.id}, {"text", text}, {"json", std::move(json)}}))
                << "\n";
  } else {
    context.out << "Template-linked policy added: " << text << "\n";
  }
  return exit_code::kFine;
}

int run_link(const Args& args, Context& context) {
  const auto code = link(args, context);
  return code ? *code : report(code.error(), context);
}

}  // namespace

CommandSpec cedar_format_command() {
  return {.name = "cedar format",
          .summary = "Lay out Cedar policies in the official style, with all their comments",
          .description =
              "Prints the formatted text. --check: exit 1 when it would change. With --jsonl rows {id, "
              "policies} in "
              "and out.",
          .options = {{"-p,--policies", "FILE", "policies; default: standard input"},
                      {"-l,--line-width", "COLUMNS", "break longer lines; default: 80"},
                      {"-i,--indent-width", "COLUMNS", "indent what is nested; default: 2"},
                      {"-w,--write", "", "write the files anew instead of printing"},
                      {"-c,--check", "", "print nothing, say what is not formatted"},
                      {"--jsonl", "", "rows on standard input or in the first FILE"}},
          .positionals = {{"FILE", "more policies", false, true}},
          .takes_rest = false,
          .examples = {{"weir cedar format -p team.cedar", "print it formatted"},
                       {"weir cedar format --write *.cedar", "format files in place"},
                       {"weir cedar format --check *.cedar", "for CI"}},
          .run = run_format};
}

CommandSpec cedar_translate_policy_command() {
  return {
      .name = "cedar translate-policy",
      .summary = "Policies from text to Cedar's JSON form, and back",
      .description =
          "The JSON is a policy set {staticPolicies, templates, templateLinks}; one single policy is read "
          "too. "
          "With --jsonl rows {id, policies} in, {id, json} out, and {id, json} in, {id, policies} out.",
      .options = {{"--direction",
                   "WAY",
                   "cedar-to-json or json-to-cedar",
                   false,
                   false,
                   {"cedar-to-json", "json-to-cedar"}},
                  {"-p,--policies", "FILE", "what to translate; default: standard input"},
                  {"--jsonl", "", "rows on standard input or in FILE; the direction is each row's own"}},
      .positionals = {{"FILE", "what to translate"}},
      .takes_rest = false,
      .examples = {{"weir cedar translate-policy --direction cedar-to-json -p team.cedar", "text to JSON"},
                   {"weir cedar translate-policy --direction json-to-cedar -p team.json", "JSON to text"}},
      .run = run_translate};
}

CommandSpec cedar_link_command() {
  return {.name = "cedar link",
          .summary = "Make a policy from a template, and keep the link in a file",
          .description =
              "Checks that the values fit the slots and that the new id is free. With --template-linked the "
              "link is "
              "added to that file, which authorize and others read.",
          .options = joined({policy_options(),
                             {{"--template-id", "ID", "the template: its @id, else policy0, policy1, …"},
                              {"-n,--new-id", "ID", "the id of the linked policy"},
                              {"-a,--arguments", "JSON", "an entity for each slot"}}}),
          .positionals = {},
          .takes_rest = false,
          .examples = {{"weir cedar link -p team.cedar -k links.json --template-id share -n share-alice -a "
                        "'{\"?principal\": \"User::\\\"alice\\\"\"}'",
                        "let alice in by the template `share`"}},
          .run = run_link};
}

}  // namespace weir::cli
