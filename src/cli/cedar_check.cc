// `weir cedar check-parse` and `weir cedar evaluate`.
#include <fmt/format.h>

#include <ostream>

#include "base/bytes.h"
#include "cedar/check_parse.h"
#include "cedar/diagnostic.h"
#include "cedar/est.h"
#include "cedar/evaluator.h"
#include "cedar/parser.h"
#include "cedar/template.h"
#include "cedar/value_json.h"
#include "cli/cedar_commands.h"
#include "cli/cedar_input.h"
#include "cli/jsonl.h"

namespace weir::cli {
namespace {

using cedar::Mistake;

void append(std::vector<Mistake>& out, std::vector<Mistake> more) {
  out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// A file as text or as JSON, by its format.
std::vector<Mistake> check_file(const std::string& file, bool as_json, Context& context,
                                std::vector<Mistake> (*check_text)(std::string_view, std::string_view),
                                std::vector<Mistake> (*check_json)(const Json&, std::string_view)) {
  const std::string name = input_name(file);
  const auto text = read_input(file, context);
  if (!text) return {cedar::plain_mistake(text.error())};
  if (!as_json) return check_text(*text, name);
  auto document = parse_json(*text, cedar::kEstJsonLimits);
  if (document) return check_json(*document, name);
  document.error().where = name;
  return {cedar::plain_mistake(std::move(document.error()))};
}

std::vector<Mistake> check_all(const Args& args, Context& context) {
  std::vector<Mistake> out;
  std::vector<std::string> files = args.positionals();
  if (args.has("--policies")) files.push_back(args.value_or("--policies", ""));
  const bool others = args.has("--expression") || args.has("--schema") || args.has("--entities");
  if (files.empty() && !others) files.emplace_back();
  for (const auto& file : files)
    append(out, check_file(file, args.value_or("--policy-format", "cedar") == "json", context,
                           cedar::check_policies, cedar::check_policies_json));
  if (const auto expression = args.value("--expression"))
    append(out, cedar::check_expression(*expression, "expression"));
  std::optional<cedar::Schema> schema;
  if (const auto file = args.value("--schema")) {
    const std::size_t before = out.size();
    append(out, check_file(*file, args.value_or("--schema-format", "cedar") == "json", context,
                           cedar::check_schema, cedar::check_schema_json));
    if (out.size() == before)
      if (auto read = read_schema(args, context)) schema = *std::move(read);
  }
  if (args.has("--entities"))
    if (auto read = read_entities(args, context, schema ? &*schema : nullptr); !read)
      out.push_back(cedar::plain_mistake(std::move(read.error())));
  if (out.empty() && args.has("--template-linked") && args.has("--policies"))
    if (auto read = read_policies(args, context); !read)
      out.push_back(cedar::plain_mistake(std::move(read.error())));
  return out;
}

int run_check_parse(const Args& args, Context& context) {
  if (args.has("--jsonl"))
    return run_jsonl(args.positional_or(0, ""), context, cedar::check_row, cedar::kEstJsonLimits);
  const std::vector<Mistake> mistakes = check_all(args, context);
  if (context.json) {
    Json errors = Json::array();
    for (const auto& mistake : mistakes)
      errors.push(cedar::mistake_json(mistake));
    context.out << compact(Json::object({{"valid", mistakes.empty()}, {"errors", std::move(errors)}}))
                << "\n";
  } else {
    for (const auto& mistake : mistakes)
      context.err << mistake.picture << "\n";
    if (mistakes.size() > 1) context.err << mistakes.size() << " mistakes\n";
  }
  return mistakes.empty() ? exit_code::kFine : exit_code::kFindings;
}

// The variable that an expression reads, other than the empty context; none when it reads none.
const cedar::Expression* reads_request(const cedar::Expression& at) {
  if (at.op == cedar::Op::variable && at.variable != cedar::Variable::context) return &at;
  for (const auto& arg : at.args)
    if (const auto* found = reads_request(arg)) return found;
  return nullptr;
}

int mistaken(const Mistake& mistake, Context& context) {
  if (context.json)
    context.out << compact(Json::object({{"error", cedar::mistake_json(mistake)}})) << "\n";
  else
    context.err << mistake.picture;
  return exit_code::kFindings;
}

Result<int> evaluate(const Args& args, Context& context) {
  const std::string text = args.positional_or(0, "");
  TRY(const auto schema, read_schema(args, context));
  const cedar::Schema* types = schema ? &*schema : nullptr;
  TRY(const cedar::Entities entities, read_entities(args, context, types));
  TRY(auto request, read_request(args, context, types));
  const auto mistakes = cedar::check_expression(text, "expression");
  if (!mistakes.empty()) return mistaken(mistakes.front(), context);
  const auto expression = cedar::parse_expression(text);
  if (!request) {
    if (const auto* variable = reads_request(*expression))
      return fail(fmt::format("the expression reads {}, and there is no request", name(variable->variable)),
                  {}, "give --principal, --action and --resource, or --request-json");
    const cedar::EntityUid nobody("None", "none");
    request.emplace(nobody, nobody, nobody);
  }
  cedar::Evaluator evaluator(*request, entities);
  const cedar::Value* value = evaluator.evaluate(*expression);
  if (value == nullptr)
    return mistaken(cedar::plain_mistake({ErrorCode::invalid, evaluator.error().message, {}, {}}), context);
  if (context.json)
    context.out << compact(Json::object({{"value", cedar::value_json(*value)}, {"text", value->text()}}))
                << "\n";
  else
    context.out << value->text() << "\n";
  return exit_code::kFine;
}

int run_evaluate(const Args& args, Context& context) {
  const auto code = evaluate(args, context);
  return code ? *code : report(code.error(), context);
}

}  // namespace

CommandSpec cedar_check_parse_command() {
  return {
      .name = "cedar check-parse",
      .summary = "Show every syntax mistake of policies, a schema, an expression or entities",
      .description =
          "Goes on behind a mistake and shows each with its place. Exit 1 when there is one. --json: {valid, "
          "errors:[{what, where, hint, span?}]}. With --jsonl rows {id, policies?, json?, expression?, "
          "schema?, "
          "entities?} in, {id, valid, errors} out.",
      .options = joined({{{"--jsonl", "", "rows on standard input or in the first FILE"}},
                         policy_options(),
                         {{"--expression", "TEXT", "an expression"}},
                         schema_options(),
                         entity_options()}),
      .positionals = {{"FILE", "more policies", false, true}},
      .takes_rest = false,
      .examples = {{"weir cedar check-parse team.cedar", "every mistake of a file"},
                   {"weir cedar check-parse -s team.cedarschema --entities team.json",
                    "a schema, and entities that are read with it"}},
      .run = run_check_parse};
}

CommandSpec cedar_evaluate_command() {
  return {
      .name = "cedar evaluate",
      .summary = "Print the value of a Cedar expression",
      .description =
          "Without a request only an expression that reads none can be evaluated. Exit 1 when it errs. "
          "--json: "
          "{value, text}, the value as in Cedar's JSON for entities.",
      .options = joined({request_options(), schema_options(), entity_options()}),
      .positionals = {{"EXPRESSION", "what could stand after `when {`", true}},
      .takes_rest = false,
      .examples = {{"weir cedar evaluate '[1, 2].contains(1 + 1)'", "true"},
                   {"weir cedar evaluate 'principal in Team::\"ops\"' --request-json request.json --entities "
                    "team.json",
                    "with a request"}},
      .run = run_evaluate};
}

}  // namespace weir::cli
