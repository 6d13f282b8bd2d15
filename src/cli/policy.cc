// `weir policy analyze|diff|prove|recheck`: what policies can and cannot let happen.
#include <fmt/format.h>

#include <ostream>

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/policies.h"
#include "cli/policy_input.h"
#include "daemon/proofs.h"
#include "os/files.h"
#include "prove/report.h"

namespace weir::cli {
namespace {

int finish(const Result<int>& result, Context& context) {
  return result ? *result : report(result.error(), context);
}

Result<prove::Prover> start_prover(const Args& args, bool keep_obligations) {
  TRY(prove::SolverOptions solver, read_solver_options(args, "cvc5"));
  return prove::Prover::start({.solver = std::move(solver), .keep_obligations = keep_obligations});
}

Result<int> analyze(const Args& args, Context& context) {
  TRY(const PolicyFiles files, read_policy_files(args.positional_or(0, "")));
  const cedar::PolicySet& policies = files.policies;
  TRY(const SchemaFile schema, read_policy_schema(args));
  const auto fail_on = prove::severity_from(args.value_or("--fail-on", "warning"));
  if (!fail_on) return fail("this is no severity", "--fail-on", "use note, warning or error");
  TRY(prove::Prover prover, start_prover(args, false));
  TRY(const prove::Analysis analysis,
      prove::analyze(policies, schema.schema, prover, {.conflicts = args.has("--conflicts")}));
  if (context.json)
    context.out << canonical(prove::to_json(analysis, schema.schema)) << "\n";
  else
    context.out << prove::to_text(analysis, schema.schema);
  return analysis.has_findings(*fail_on) || analysis.has_unknown() ? exit_code::kFindings : exit_code::kFine;
}

// What @decision means counts unless asked otherwise, as soon as either side uses it.
prove::Semantics semantics_of(const Args& args, const cedar::PolicySet& before,
                              const cedar::PolicySet& after) {
  const bool verdicts = prove::has_verdicts(before) || prove::has_verdicts(after);
  return verdicts && !args.has("--cedar") ? prove::Semantics::weir : prove::Semantics::cedar;
}

Result<int> diff(const Args& args, Context& context) {
  TRY(const PolicyFiles old_files, read_policy_files(args.positional_or(0, "")));
  TRY(const PolicyFiles new_files, read_policy_files(args.positional_or(1, "")));
  const cedar::PolicySet& before = old_files.policies;
  const cedar::PolicySet& after = new_files.policies;
  TRY(const SchemaFile schema_file, read_policy_schema(args));
  const cedar::Schema& schema = schema_file.schema;
  TRY(prove::Prover prover, start_prover(args, false));
  TRY(const prove::Comparison comparison,
      prove::compare(before, after, schema, prover, semantics_of(args, before, after)));
  if (context.json)
    context.out << canonical(prove::to_json(comparison, schema)) << "\n";
  else
    context.out << prove::to_text(comparison, schema);
  return comparison.looser() || comparison.unknown() ? exit_code::kFindings : exit_code::kFine;
}

// What properties are proved about: --policies, else the pack in force with its schema.
struct Subject {
  cedar::PolicySet policies;
  SchemaFile schema;
  std::string digest;   // of the policies, or of the pack
  std::string profile;  // of the pack
  bool in_force = false;
};

Result<Subject> subject_of(const Args& args, const Context& context) {
  TRY(SchemaFile schema, read_policy_schema(args));
  if (const auto path = args.value("--policies")) {
    TRY(PolicyFiles files, read_policy_files(*path));
    return Subject{std::move(files.policies), std::move(schema), std::move(files.digest), {}};
  }
  TRY(const auto pack, load_policies(args, context));
  return Subject{pack->policies(), std::move(schema), pack->policy_digest(), pack->profile(), true};
}

std::string_view word(const prove::PropertyOutcome& outcome) {
  if (outcome.truth == prove::Truth::yes) return "proved";
  return outcome.truth == prove::Truth::no ? "refuted" : "unknown";
}

Json outcome_json(const prove::PropertyOutcome& outcome) {
  Json json = Json::object({{"id", outcome.id},
                            {"description", outcome.description},
                            {"verdict", word(outcome)},
                            {"environments", static_cast<std::int64_t>(outcome.environment_count)}});
  if (outcome.vacuous) json.set("vacuous", true);
  if (outcome.example) {
    Json example = to_json(*outcome.example);
    example.set("answer", outcome.answer);
    json.set("example", std::move(example));
  }
  if (!outcome.why.empty()) json.set("why", outcome.why);
  return json;
}

void print_outcome(const prove::PropertyOutcome& outcome, Context& context) {
  const bool proved = outcome.truth == prove::Truth::yes && !outcome.vacuous;
  context.out << (proved ? context.style.green(word(outcome)) : context.style.red(word(outcome))) << "  "
              << printable(outcome.id, 200) << (outcome.vacuous ? " (about no request at all)" : "");
  if (!outcome.description.empty()) context.out << ": " << printable(outcome.description, 500);
  context.out << "\n";
  if (!outcome.why.empty()) context.out << "  " << printable(outcome.why, 500) << "\n";
  if (outcome.example) {
    context.out << "  this request is answered with " << outcome.answer << ":\n"
                << prove::to_text(*outcome.example, "    ");
  }
}

// The certificate's digest, and where it was written.
struct Certified {
  std::string digest;
  std::vector<std::string> dirs;
};

Result<Certified> certify(const Args& args, const Context& context, const prove::Prover& prover,
                          const Subject& subject, const std::string& properties_digest, bool all) {
  const prove::Certificate certificate = prove::certify(
      prover, {{subject.in_force ? std::string(daemon::kPackInput) : "policies", subject.digest},
               {"properties", properties_digest},
               {"schema", subject.schema.digest}});
  Certified out{certificate.digest, {}};
  if (const auto dir = args.value("--certificate")) {
    TRY_STATUS(prove::write_certificate(certificate, *dir));
    out.dirs.push_back(*dir);
  }
  if (args.has("--keep") && all) {
    const std::string proofs = daemon::proofs_dir(context.places.state);
    TRY_STATUS(daemon::keep_proof(proofs, subject.digest, daemon::kPropertiesProof, certificate));
    out.dirs.push_back(daemon::proof_dir(proofs, subject.digest, daemon::kPropertiesProof));
  }
  return out;
}

Status check_keep(const Args& args) {
  const bool others = args.has("--policies") || args.has("--schema") || args.has("--profile");
  if (!args.has("--keep") || !others) return {};
  return fail("--keep is for the policies in force", "weir policy prove",
              "leave --policies, --schema and --profile out, or use --certificate DIR");
}

Result<int> prove_all(const Args& args, Context& context) {
  TRY_STATUS(check_keep(args));
  TRY(const Subject subject, subject_of(args, context));
  TRY(const auto properties, read_properties(args.value_or("--properties", ""), subject.profile));
  const bool certifies = args.has("--certificate") || args.has("--keep");
  TRY(prove::Prover prover, start_prover(args, certifies));
  TRY(const auto outcomes,
      prove::prove_properties(properties.properties, subject.policies, subject.schema.schema, prover));
  bool all = true;
  Json list = Json::array();
  for (const auto& outcome : outcomes) {
    all = all && outcome.truth == prove::Truth::yes && !outcome.vacuous;
    if (context.json)
      list.push(outcome_json(outcome));
    else
      print_outcome(outcome, context);
  }
  // What is not proved whole is written where it was asked for, but never kept for the ledger.
  Certified certified;
  if (args.has("--certificate") || (args.has("--keep") && all)) {
    TRY(certified, certify(args, context, prover, subject, properties.digest, all));
  }
  if (context.json) {
    Json out = Json::object({{"properties", std::move(list)},
                             {"solver", prover.solver_version()},
                             {"questions", static_cast<std::int64_t>(prover.questions())}});
    if (!certified.digest.empty())
      out.set("certificate", certified.digest).set("written", Json::strings(certified.dirs));
    context.out << canonical(out) << "\n";
  } else {
    context.out << fmt::format("{} properties, {} questions to {}.\n", outcomes.size(), prover.questions(),
                               prover.solver_version());
    for (const auto& dir : certified.dirs)
      context.out << "certificate " << certified.digest << " in " << printable(dir, 500) << "\n";
    if (args.has("--keep") && !all) context.out << "nothing is kept: only what is proved as a whole is\n";
  }
  return all ? exit_code::kFine : exit_code::kFindings;
}

Result<int> recheck(const Args& args, Context& context) {
  const std::string dir = args.positional_or(0, "");
  TRY(const std::string index, os::read_file(dir + "/certificate.json", std::size_t{64} << 20));
  TRY(const prove::SolverOptions solver, read_solver_options(args, "z3"));
  TRY(const prove::Recheck found, prove::recheck(index, prove::files_of(dir), solver));
  if (context.json) {
    context.out << canonical(Json::object({{"agreed", static_cast<std::int64_t>(found.agreed)},
                                           {"unknown", Json::strings(found.open)},
                                           {"disagreed", Json::strings(found.disagreed)},
                                           {"first", found.first},
                                           {"second", found.second},
                                           {"certificate", found.digest}}))
                << "\n";
  } else {
    for (const auto& name : found.disagreed)
      context.out << "disagreed  " << name << "\n";
    for (const auto& name : found.open)
      context.out << "unknown    " << printable(name, 500) << "\n";
    context.out << fmt::format("{} of {} obligations confirmed by {} (first {}).\ncertificate {}\n",
                               found.agreed, found.agreed + found.unknown + found.disagreed.size(),
                               found.second, found.first, found.digest);
  }
  return found.disagreed.empty() && found.open.empty() ? exit_code::kFine : exit_code::kFindings;
}

constexpr const char* kSchemaHelp = "the schema, in either form; default: the one that ships";

std::vector<Option> with_solver(std::vector<Option> options) {
  const auto more = solver_options();
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

}  // namespace

CommandSpec policy_analyze_command() {
  return {
      .name = "policy analyze",
      .summary = "Find policies that do nothing, say what others say, or can err",
      .description = "For every request environment of the schema, proved with a solver (docs/prove.md).",
      .options = with_solver({{"--schema", "FILE", kSchemaHelp},
                              {"--conflicts", "", "list permits and forbids that match one request, too"},
                              {"--fail-on",
                               "SEVERITY",
                               "exit 1 from this severity on: note, warning (default) or error",
                               false,
                               false,
                               {"note", "warning", "error"}}}),
      .positionals = {{"POLICIES", "a file, or a directory of *.cedar", true}},
      .takes_rest = false,
      .examples = {{"weir policy analyze --schema team.cedarschema policies/",
                    "findings in each environment"},
                   {"weir policy analyze --json ~/.config/weir/policies", "for scripts; exit 1 on warnings"}},
      .run = [](const Args& args, Context& context) { return finish(analyze(args, context), context); }};
}

CommandSpec policy_diff_command() {
  return {.name = "policy diff",
          .summary = "Show what a change of policies opens and closes",
          .description =
              "NEW as seen from OLD, with requests that show it; what opens comes first, the most severe "
              "first. Exit 1 when anything is looser or not proved.",
          .options = with_solver({{"--schema", "FILE", kSchemaHelp},
                                  {"--cedar", "", "only allow and deny count, not what @decision says"}}),
          .positionals = {{"OLD", "a file, or a directory of *.cedar", true}, {"NEW", "likewise", true}},
          .takes_rest = false,
          .examples = {{"weir policy diff old/ new/", "before a change is merged"}},
          .run = [](const Args& args, Context& context) { return finish(diff(args, context), context); }};
}

CommandSpec policy_prove_command() {
  return {
      .name = "policy prove",
      .summary = "Prove properties of the policies in force",
      .description =
          "Each property is proved for every request, refuted with one that breaks it, or unknown.",
      .options =
          with_solver({{"--policies", "PATH", "a file or directory; default: the policies in force"},
                       profile_option(),
                       {"--schema", "FILE", kSchemaHelp},
                       {"--properties", "PATH", "*.cedarprop; default: those that ship"},
                       {"--certificate", "DIR", "write what was proved, for `weir policy recheck`"},
                       {"--keep", "", "keep it for the daemon: the ledger names it at each activation"}}),
      .positionals = {},
      .takes_rest = false,
      .examples = {{"weir policy prove", "all properties that ship"},
                   {"weir policy prove --certificate proof/", "and write what was proved"},
                   {"weir policy prove --keep && weir reload", "and have the ledger name it"}},
      .run = [](const Args& args, Context& context) { return finish(prove_all(args, context), context); }};
}

CommandSpec policy_recheck_command() {
  return {.name = "policy recheck",
          .summary = "Check a certificate with a second solver",
          .description = "Every obligation is asked again, of z3 unless --solver says otherwise.",
          .options = solver_options(),
          .positionals = {{"DIR", "what `weir policy prove --certificate` wrote", true}},
          .takes_rest = false,
          .examples = {{"weir policy recheck proof/", "exit 0 only when every obligation is confirmed"}},
          .run = [](const Args& args, Context& context) { return finish(recheck(args, context), context); }};
}

}  // namespace weir::cli
