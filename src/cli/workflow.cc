// `weir workflow …`: models of several agents, searched, proved, exported.
#include <fmt/format.h>

#include <ostream>

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/workflow_load.h"
#include "os/files.h"
#include "prove/model_chc.h"
#include "prove/model_export.h"
#include "prove/model_report.h"
#include "prove/model_search.h"

namespace weir::cli {
namespace {

using prove::ModelOutcome;
using prove::ModelProof;

constexpr std::size_t kCertificateBytesMax = std::size_t{64} << 20;

Result<std::int64_t> number_option(const Args& args, std::string_view name, std::int64_t other) {
  const auto text = args.value(name);
  if (!text) return other;
  std::int64_t number = 0;
  for (const char c : *text) {
    if (c < '0' || c > '9' || number > 1'000'000'000'000)
      return fail("\"" + *text + "\" is no number", std::string(name));
    number = number * 10 + (c - '0');
  }
  return number;
}

// What is known of a property after search and, where wanted, Spacer.
struct Checked {
  prove::ModelSearch search;
  std::vector<std::optional<ModelProof>> proofs;
  Json certificates = Json::array();

  ModelOutcome::Verdict verdict(std::size_t property) const {
    const auto found = search.outcomes[property].verdict;
    if (found != ModelOutcome::Verdict::not_checked || !proofs[property]) return found;
    switch (proofs[property]->verdict) {
      case ModelProof::Verdict::proved:
        return ModelOutcome::Verdict::holds;
      case ModelProof::Verdict::refuted:
        return ModelOutcome::Verdict::violated;
      case ModelProof::Verdict::unknown:
        break;
    }
    return found;
  }
};

Status run_spacer(const Args& args, const LoadedWorkflow& loaded, Checked& checked) {
  TRY(const std::int64_t time_ms, number_option(args, "--solver-ms", 60'000));
  TRY(prove::Solver spacer, prove::Solver::start({.program = "z3", .query_ms = static_cast<int>(time_ms)}));
  for (std::size_t p = 0; p < loaded.model.properties.size(); ++p) {
    if (checked.search.outcomes[p].verdict == ModelOutcome::Verdict::violated) continue;
    TRY(ModelProof proof, prove::prove_model(loaded.system, p, spacer));
    if (proof.verdict == ModelProof::Verdict::proved) {
      TRY(Json certificate, prove::model_certificate(loaded.system, p, proof, loaded.digest));
      TRY(prove::Solver other,
          prove::Solver::start({.program = "cvc5", .query_ms = static_cast<int>(time_ms)}));
      TRY(const prove::ModelRecheck again, prove::check_certificate(certificate, other));
      certificate.set("checked_by", again.holds ? again.solver : "");
      if (!again.holds) {
        proof.verdict = ModelProof::Verdict::unknown;
        proof.why = "the invariant was not confirmed by " + again.solver + ": " + again.problem;
      } else {
        checked.certificates.push(std::move(certificate));
      }
    }
    checked.proofs[p] = std::move(proof);
  }
  return {};
}

std::string head_text(const LoadedWorkflow& loaded, const Style& style) {
  std::string text = style.bold(loaded.model.name);
  if (!loaded.model.variant.empty())
    text += " (variant " + loaded.model.variant + ": " + loaded.model.variant_why + ")";
  return text + "\n";
}

std::string search_text(const LoadedWorkflow& loaded, const prove::ModelSearch& search) {
  return fmt::format(
      "  agents {}, steps {}, gates {}, bits of a state {}\n"
      "  {} states, {} transitions, depth {}, in {:.1f} ms, {} requests to the policies; {}\n",
      loaded.system.agents.size(), loaded.system.steps.size(), loaded.system.gates.size(), search.bits,
      search.states, search.transitions, search.depth, static_cast<double>(search.elapsed_ns) / 1e6,
      search.requests, search.complete ? "complete" : "not complete: " + search.incomplete_why);
}

void print_property(const LoadedWorkflow& loaded, const Checked& checked, std::size_t p, Context& context) {
  const auto verdict = checked.verdict(p);
  const auto& property = loaded.model.properties[p];
  const std::string word(prove::name(verdict));
  const Style& style = context.style;
  context.out << (verdict == ModelOutcome::Verdict::holds      ? style.green(word)
                  : verdict == ModelOutcome::Verdict::violated ? style.red(word)
                                                               : style.yellow(word))
              << "  " << property.name << (property.why.empty() ? "" : "  " + property.why) << "\n";
  if (!checked.search.outcomes[p].trace.empty() || verdict == ModelOutcome::Verdict::violated)
    context.out << prove::trace_text(loaded.system, checked.search.outcomes[p]);
  if (!checked.proofs[p]) return;
  const ModelProof& proof = *checked.proofs[p];
  const std::string took = fmt::format(" in {:.1f} ms", static_cast<double>(proof.elapsed_ns) / 1e6);
  if (proof.verdict == ModelProof::Verdict::proved)
    context.out << "  proved by " << proof.solver << took << ", invariant confirmed by another solver\n";
  else if (proof.verdict == ModelProof::Verdict::refuted)
    context.out << "  refuted by " << proof.solver << took << "\n";
  else
    context.out << "  not proved: " << proof.why << "\n";
}

Json property_json(const LoadedWorkflow& loaded, const Checked& checked, std::size_t p) {
  const auto& property = loaded.model.properties[p];
  Json row = Json::object({{"property", property.name}, {"verdict", prove::name(checked.verdict(p))}});
  const ModelOutcome& outcome = checked.search.outcomes[p];
  if (outcome.verdict == ModelOutcome::Verdict::violated)
    row.set("trace", prove::trace_json(loaded.system, outcome));
  if (checked.proofs[p]) {
    const ModelProof& proof = *checked.proofs[p];
    static constexpr const char* kNames[] = {"proved", "refuted", "unknown"};
    row.set("spacer", Json::object({{"verdict", kNames[static_cast<int>(proof.verdict)]},
                                    {"solver", proof.solver},
                                    {"why", proof.why},
                                    {"elapsed_ns", proof.elapsed_ns}}));
  }
  return row;
}

void print_json(const LoadedWorkflow& loaded, const Checked& checked, Context& context) {
  const auto& search = checked.search;
  Json properties = Json::array();
  for (std::size_t p = 0; p < loaded.model.properties.size(); ++p)
    properties.push(property_json(loaded, checked, p));
  context.out << compact(
                     Json::object({{"model", loaded.model.name},
                                   {"variant", loaded.model.variant},
                                   {"digest", loaded.digest},
                                   {"complete", search.complete},
                                   {"incomplete_why", search.incomplete_why},
                                   {"states", static_cast<std::uint64_t>(search.states)},
                                   {"transitions", static_cast<std::uint64_t>(search.transitions)},
                                   {"depth", static_cast<std::uint64_t>(search.depth)},
                                   {"bits", static_cast<std::uint64_t>(search.bits)},
                                   {"requests", static_cast<std::uint64_t>(search.requests)},
                                   {"elapsed_ns", search.elapsed_ns},
                                   {"properties", std::move(properties)},
                                   {"never_happened", Json::strings(search.never_happened)},
                                   {"assumptions", Json::strings(prove::model_assumptions(loaded.system))}}))
              << "\n";
}

void print_text(const LoadedWorkflow& loaded, const Checked& checked, Context& context) {
  context.out << head_text(loaded, context.style) << search_text(loaded, checked.search);
  for (std::size_t p = 0; p < loaded.model.properties.size(); ++p)
    print_property(loaded, checked, p, context);
  for (const std::string& rule : checked.search.never_happened)
    context.out << context.style.yellow("never happens") << "  " << rule << "\n";
  if (context.quiet) return;
  context.out << "Assumed:\n";
  for (const std::string& assumption : prove::model_assumptions(loaded.system))
    context.out << "  - " << assumption << "\n";
}

Status write_files(const Args& args, const LoadedWorkflow& loaded, const Checked& checked) {
  if (const auto file = args.value("--certificate"))
    TRY_STATUS(os::write_file_atomic(*file, compact(checked.certificates) + "\n"));
  const auto file = args.value("--trace");
  if (!file) return {};
  std::string rows;
  for (std::size_t p = 0; p < loaded.model.properties.size(); ++p)
    if (checked.search.outcomes[p].verdict == ModelOutcome::Verdict::violated) {
      const std::string id =
          loaded.model.name + "/" + loaded.model.variant + "/" + loaded.model.properties[p].name;
      rows += compact(prove::trace_events(loaded.system, checked.search.outcomes[p], id)) + "\n";
    }
  return os::write_file_atomic(*file, rows);
}

Result<Checked> check(const Args& args, const LoadedWorkflow& loaded) {
  prove::ModelSearchOptions options;
  TRY(const std::int64_t states,
      number_option(args, "--states-max", static_cast<std::int64_t>(options.states_max)));
  TRY(const std::int64_t memory_mib, number_option(args, "--memory-mib", 2048));
  TRY(options.time_ms, number_option(args, "--time-ms", options.time_ms));
  options.states_max = static_cast<std::size_t>(states);
  options.memory_bytes_max = static_cast<std::size_t>(memory_mib) << 20;
  Checked checked{.search = prove::search_model(loaded.system, options)};
  checked.proofs.resize(loaded.model.properties.size());
  if (args.has("--prove") || args.has("--certificate") || !loaded.system.uncut.empty())
    TRY_STATUS(run_spacer(args, loaded, checked));
  return checked;
}

int run_check(const Args& args, Context& context) {
  const auto loaded = load_workflow(args.positional_or(0, ""), args.value_or("--variant", ""));
  if (!loaded) return report(loaded.error(), context);
  const auto checked = check(args, **loaded);
  if (!checked) return report(checked.error(), context);
  if (const auto written = write_files(args, **loaded, *checked); !written)
    return report(written.error(), context);
  if (context.json)
    print_json(**loaded, *checked, context);
  else
    print_text(**loaded, *checked, context);
  for (std::size_t p = 0; p < (*loaded)->model.properties.size(); ++p)
    if (checked->verdict(p) != ModelOutcome::Verdict::holds) return exit_code::kFindings;
  return exit_code::kFine;
}

int list_shipped(Context& context) {
  for (const std::string& name : shipped_workflows())
    if (context.json)
      context.out << compact(Json::object({{"model", name}})) << "\n";
    else
      context.out << name << "\n";
  return exit_code::kFine;
}

Json rule_json(const prove::Model& model, const prove::ModelRule& rule) {
  Json actors = Json::array();
  for (const int actor : rule.actors)
    actors.push(model.agents[static_cast<std::size_t>(actor)].name);
  Json peers = Json::array();
  for (const int peer : rule.peers)
    peers.push(model.agents[static_cast<std::size_t>(peer)].name);
  return Json::object({{"rule", rule.name},
                       {"channel", rule.channel},
                       {"from", std::move(actors)},
                       {"to", std::move(peers)},
                       {"watched", rule.watched},
                       {"action", rule.gate ? rule.gate->action.id() : ""},
                       {"resource", rule.gate ? rule.gate->resource.uid.text() : ""}});
}

int run_show(const Args& args, Context& context) {
  if (args.positionals().empty()) return list_shipped(context);
  const auto loaded = load_workflow(args.positional_or(0, ""), args.value_or("--variant", ""));
  if (!loaded) return report(loaded.error(), context);
  const prove::Model& model = (*loaded)->model;
  Json rules = Json::array();
  for (const prove::ModelRule& rule : model.rules)
    rules.push(rule_json(model, rule));
  Json agents = Json::array();
  for (const prove::ModelAgent& agent : model.agents)
    agents.push(
        Json::object({{"agent", agent.name},
                      {"count", agent.count},
                      {"principal", agent.principal.uid.text()},
                      {"integrity", prove::integrity_name(agent.labels.integrity)},
                      {"confidentiality", prove::confidentiality_name(agent.labels.confidentiality)}}));
  Json properties = Json::array();
  for (const prove::ModelProperty& property : model.properties)
    properties.push(Json::object({{"property", property.name},
                                  {"never", Json::strings(property.events)},
                                  {"condition", property.when ? prove::expression_text(*property.when) : ""},
                                  {"why", property.why}}));
  const Json all = Json::object({{"model", model.name},
                                 {"about", model.about},
                                 {"variants", Json::strings(model.variants)},
                                 {"agents", std::move(agents)},
                                 {"rules", std::move(rules)},
                                 {"properties", std::move(properties)},
                                 {"steps", static_cast<std::uint64_t>((*loaded)->system.steps.size())},
                                 {"digest", (*loaded)->digest}});
  context.out << (context.json ? compact(all) : pretty(all)) << "\n";
  return exit_code::kFine;
}

Result<std::string> exported(const Args& args, const LoadedWorkflow& loaded) {
  const std::string to = args.value_or("--to", "promela");
  prove::ModelExportOptions options;
  if (const auto wanted = args.value("--property")) {
    for (std::size_t p = 0; p < loaded.model.properties.size(); ++p)
      if (loaded.model.properties[p].name == *wanted) options.property = static_cast<int>(p);
    if (options.property < 0)
      return fail(ErrorCode::not_found, "the model has no property \"" + *wanted + "\"");
  }
  if (to == "promela") return prove::promela_text(loaded.system, options);
  if (to == "tla") return prove::tla_text(loaded.system, options);
  if (to != "smt") return fail("there is no export to \"" + to + "\"", "--to", "promela, tla or smt");
  if (options.property < 0 && loaded.model.properties.size() > 1)
    return fail("Horn clauses are about one property", "--to smt", "add --property NAME");
  return prove::horn_text(loaded.system, static_cast<std::size_t>(std::max(0, options.property)));
}

int run_export(const Args& args, Context& context) {
  const auto loaded = load_workflow(args.positional_or(0, ""), args.value_or("--variant", ""));
  if (!loaded) return report(loaded.error(), context);
  const auto text = exported(args, **loaded);
  if (!text) return report(text.error(), context);
  context.out << *text;
  return exit_code::kFine;
}

// A certificate is checked in two ways: it must be what the model gives for its invariant, and another solver
// must confirm every obligation.
Result<std::string> recheck_one(const Json& certificate, const std::string& given, prove::Solver& solver) {
  const std::string name = given.empty() ? std::string(certificate["model"].text_or("")) : given;
  TRY(const auto loaded, load_workflow(name, std::string(certificate["variant"].text_or(""))));
  const std::string wanted(certificate["property"].text_or(""));
  std::size_t property = 0;
  while (property < loaded->model.properties.size() && loaded->model.properties[property].name != wanted)
    ++property;
  if (property == loaded->model.properties.size())
    return fail(ErrorCode::not_found, "the model has no property \"" + wanted + "\"", name);
  if (certificate["digest"].text_or("") != loaded->digest)
    return fail(ErrorCode::corrupt, "model or policies have changed since the certificate was made", name,
                "make a new one: weir workflow check --certificate FILE");
  ModelProof proof{.verdict = ModelProof::Verdict::proved,
                   .invariant = std::string(certificate["invariant"].text_or("")),
                   .solver = std::string(certificate["proved_by"].text_or(""))};
  TRY(const Json again, prove::model_certificate(loaded->system, property, proof, loaded->digest));
  if (canonical(again["obligations"]) != canonical(certificate["obligations"]))
    return fail(ErrorCode::corrupt, "the obligations are not those of the model", wanted);
  TRY(const prove::ModelRecheck checked, prove::check_certificate(certificate, solver));
  if (!checked.holds) return fail("not confirmed by " + checked.solver + ": " + checked.problem, wanted);
  return fmt::format("{}: {} obligations confirmed by {}", wanted, checked.obligations, checked.solver);
}

int run_recheck(const Args& args, Context& context) {
  const auto text = os::read_file(args.positional_or(0, ""), kCertificateBytesMax);
  if (!text) return report(text.error(), context);
  const auto certificates = parse_json(*text);
  if (!certificates) return report(certificates.error(), context);
  if (!certificates->is_array() || certificates->as_array().empty())
    return report(Error{ErrorCode::invalid, "the file holds no certificates", args.positional_or(0, ""), ""},
                  context);
  auto solver = prove::Solver::start({.program = args.value_or("--solver", "cvc5")});
  if (!solver) return report(solver.error(), context);
  for (const Json& one : certificates->as_array()) {
    const auto said = recheck_one(one, args.positional_or(1, ""), *solver);
    if (!said) {
      (void)report(said.error(), context);
      return exit_code::kFindings;
    }
    if (context.json)
      context.out << compact(Json::object({{"property", one["property"]}, {"confirmed", true}})) << "\n";
    else
      context.out << *said << "\n";
  }
  return exit_code::kFine;
}

const Positional kModel = {"MODEL", "a model file, or the name of one that ships (`weir workflow show`)",
                           true};
const Option kVariant = {"--variant", "NAME", "a variant of the model instead of the model itself"};

}  // namespace

CommandSpec workflow_check_command() {
  return {
      .name = "workflow check",
      .summary = "Search all states of a workflow model for violations",
      .description =
          "The real policies stand as gates; the shortest violating trace is shown. Exit code 1 "
          "when a property is violated or was not checked completely (docs/workflows.md).",
      .options = {kVariant,
                  {"--prove", "", "also prove what holds with Z3's Spacer, confirmed by cvc5"},
                  {"--certificate", "FILE", "write the proofs for `weir workflow recheck`; means --prove"},
                  {"--trace", "FILE", "write violating traces as rows for `weir replay --jsonl`"},
                  {"--states-max", "N", "stop after so many states; default 50000000"},
                  {"--memory-mib", "N", "stop at so much memory for states; default 2048"},
                  {"--time-ms", "N", "stop searching after so long; default 600000"},
                  {"--solver-ms", "N", "time for each question to a solver; default 60000"}},
      .positionals = {kModel},
      .examples =
          {{"weir workflow check batch", "a model that ships"},
           {"weir workflow check team.yaml --prove", "search and proof"},
           {"weir workflow check batch --variant shared-cache --trace t.jsonl && weir replay --jsonl t.jsonl",
            "a flaw, and its trace through the real engine"}},
      .run = run_check};
}

CommandSpec workflow_show_command() {
  return {.name = "workflow show",
          .summary = "Show a workflow model, or list those that ship",
          .options = {kVariant},
          .positionals = {{"MODEL", "a model; default: list the names of those that ship"}},
          .examples = {{"weir workflow show", "names"},
                       {"weir workflow show batch", "agents, rules, properties"}},
          .run = run_show};
}

CommandSpec workflow_export_command() {
  return {
      .name = "workflow export",
      .summary = "Write a workflow model for Spin, TLA+ or a Horn clause solver",
      .options = {kVariant,
                  {"--to", "FORM", "promela (default), tla or smt", false, false, {"promela", "tla", "smt"}},
                  {"--property", "NAME", "only this property"}},
      .positionals = {kModel},
      .examples = {{"weir workflow export batch --to promela > batch.pml", "for Spin"}},
      .run = run_export};
}

CommandSpec workflow_recheck_command() {
  return {.name = "workflow recheck",
          .summary = "Check the certificates of a workflow proof again, with another solver",
          .options = {{"--solver", "PROGRAM", "cvc5 (default) or z3"}},
          .positionals = {{"FILE", "what `weir workflow check --certificate` wrote", true},
                          {"MODEL", "the model; default: the one that ships under the certificate's name"}},
          .examples = {{"weir workflow recheck proof.json", "every obligation, by cvc5"}},
          .run = run_recheck};
}

}  // namespace weir::cli
