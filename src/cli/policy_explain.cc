// `weir policy explain`: why a request gets its answer, and the nearest change that flips it.
#include <fmt/format.h>

#include <istream>
#include <iterator>
#include <ostream>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/entity_json.h"
#include "cli/commands.h"
#include "cli/jsonl.h"
#include "cli/policies.h"
#include "cli/policy_input.h"
#include "os/files.h"
#include "prove/explain.h"

namespace weir::cli {
namespace {

// {"request": {…}, "entities": […]}, as examples are written, or a request with "entities" beside its
// members.
Result<prove::Example> read_example(const Json& row, const cedar::Schema& schema) {
  const Json& request = row.has("request") ? row["request"] : row;
  TRY(cedar::Request read, cedar::read_request(request, &schema));
  TRY(cedar::Entities entities,
      cedar::read_entities(row.has("entities") ? row["entities"] : Json::array(), &schema));
  return prove::Example{std::move(read), std::move(entities)};
}

Json policy_json(const prove::ExplainedPolicy& policy) {
  Json clauses = Json::array();
  for (const auto& clause : policy.clauses) {
    Json json = Json::object({{"kind", clause.unless ? "unless" : "when"}, {"outcome", clause.outcome}});
    if (!clause.text.empty()) {
      json.set("text", clause.text);
      json.set("line", static_cast<std::int64_t>(clause.line));
    }
    clauses.push(std::move(json));
  }
  Json out = Json::object({{"policy", policy.id},
                           {"effect", policy.forbids ? "forbid" : "permit"},
                           {"decides", policy.decides},
                           {"outcome", policy.outcome},
                           {"where", policy.where},
                           {"clauses", std::move(clauses)}});
  if (!policy.reason.empty()) out.set("reason", policy.reason);
  return out;
}

Json explanation_json(const prove::Explanation& found) {
  Json policies = Json::array();
  for (const auto& policy : found.policies)
    policies.push(policy_json(policy));
  Json flips = Json::array();
  for (const auto& flip : found.flips)
    flips.push(Json::object({{"what", Json::strings(flip.what)},
                             {"before", Json::strings(flip.before)},
                             {"after", Json::strings(flip.after)},
                             {"answer", flip.answer}}));
  Json out = Json::object({{"answer", found.answer},
                           {"policies", std::move(policies)},
                           {"changes", std::move(flips)},
                           {"searched", found.searched}});
  if (!found.why.empty()) out.set("why", found.why);
  return out;
}

void print(const prove::Explanation& found, Context& context) {
  context.out << "answer: " << found.answer << "\n";
  for (const auto& policy : found.policies) {
    context.out << fmt::format("{} {} {} ({})\n", policy.decides ? "*" : " ", printable(policy.id, 200),
                               policy.outcome, printable(policy.where, 300));
    if (policy.decides && !policy.reason.empty())
      context.out << "    " << printable(policy.reason, 500) << "\n";
    for (const auto& clause : policy.clauses)
      context.out << fmt::format("    {} {{ {} }}: {}\n", clause.unless ? "unless" : "when",
                                 clause.text.empty() ? "…" : printable(clause.text, 300),
                                 printable(clause.outcome, 300));
  }
  for (const auto& flip : found.flips)
    for (std::size_t i = 0; i < flip.what.size(); ++i)
      context.out << fmt::format("{} {}: {} instead of {}{}\n",
                                 i == 0 ? "it would be different with" : "  and",
                                 printable(flip.what[i], 200), flip.after[i], flip.before[i],
                                 i + 1 == flip.what.size() ? " -> " + flip.answer : "");
  if (!found.why.empty()) context.out << "no change was looked for: " << printable(found.why, 300) << "\n";
  if (found.flips.empty() && found.searched)
    context.out << "no change of one or two facts gives another answer\n";
}

// The text of each file, so that clauses can be shown as they are written.
std::vector<prove::SourceText> sources_of(const cedar::PolicySet& policies) {
  std::vector<prove::SourceText> out;
  for (const auto& policy : policies.policies()) {
    if (policy.source.empty() || (!out.empty() && out.back().name == policy.source)) continue;
    if (auto text = os::read_file(policy.source, limits::kCedarBytesMax))
      out.push_back({policy.source, *text});
  }
  return out;
}

Result<Json> read_row(const std::string& file, Context& context) {
  std::string text;
  if (file.empty() || file == "-") {
    text.assign(std::istreambuf_iterator<char>(context.in), {});
  } else {
    TRY(text, os::read_file(file, limits::kJsonBytesMax));
  }
  return parse_json(text);
}

Result<int> explain(const Args& args, Context& context) {
  TRY(const SchemaFile schema_file, read_policy_schema(args));
  const cedar::Schema& schema = schema_file.schema;
  TRY(const Json row, read_row(args.positional_or(0, ""), context));
  TRY(const prove::Example example, read_example(row, schema));
  cedar::PolicySet policies;
  if (const auto path = args.value("--policies")) {
    TRY(PolicyFiles files, read_policy_files(*path));
    policies = std::move(files.policies);
  } else {
    TRY(const auto pack, load_policies(args, context));
    policies = pack->policies();
  }
  TRY(prove::SolverOptions options, read_solver_options(args, "cvc5"));
  auto prover = prove::Prover::start({.solver = std::move(options)});
  const auto semantics = args.has("--cedar") ? prove::Semantics::cedar : prove::Semantics::weir;
  TRY(const prove::Explanation found, prove::explain(policies, schema, example, sources_of(policies),
                                                     semantics, prover ? &*prover : nullptr));
  if (context.json)
    context.out << canonical(explanation_json(found)) << "\n";
  else
    print(found, context);
  return exit_code::kFine;
}

}  // namespace

CommandSpec policy_explain_command() {
  std::vector<Option> options = {
      {"--policies", "PATH", "a file or directory; default: the policies in force"},
      {"--schema", "FILE", "the schema, in either form; default: the one that ships"},
      {"--cedar", "", "only allow and deny count, not what @decision says"}};
  for (const auto& option : solver_options())
    options.push_back(option);
  return {.name = "policy explain",
          .summary = "Say why a request gets its answer, and what would change it",
          .description =
              "REQUEST is JSON: principal, action, resource, context and entities, or an example that "
              "`weir policy prove|diff|analyze --json` printed.",
          .options = std::move(options),
          .positionals = {{"REQUEST", "a file; default: standard input"}},
          .takes_rest = false,
          .examples = {{"weir policy explain request.json", "which clause of which policy decided"}},
          .run = [](const Args& args, Context& context) {
            const auto result = explain(args, context);
            return result ? *result : report(result.error(), context);
          }};
}

}  // namespace weir::cli
