#include "prove/report.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace weir::prove {
namespace {

Json environment_json(const cedar::RequestEnvironment& environment, const ShortNames& names) {
  return Json::object({{"principal", names.type(environment.principal)},
                       {"action", names.action(environment.action)},
                       {"resource", names.type(environment.resource)}});
}

std::string environment_text(const cedar::RequestEnvironment& environment, const ShortNames& names) {
  return fmt::format("{} {} {}", names.type(environment.principal), names.action(environment.action),
                     names.type(environment.resource));
}

Json finding_json(const AnalysisFinding& finding) {
  Json json = Json::object({{"kind", name(finding.kind)}, {"policy", finding.policy}});
  if (!finding.by.empty()) json.set("by", finding.by);
  if (finding.example) json.set("counterexample", to_json(*finding.example));
  return json;
}

std::string finding_text(const AnalysisFinding& finding) {
  using Kind = AnalysisFinding::Kind;
  const std::string policy = printable(finding.policy, 200);
  const std::string by = printable(finding.by, 200);
  switch (finding.kind) {
    case Kind::redundant:
      return fmt::format("{} matches exactly what {} matches", policy, by);
    case Kind::shadowed:
      return fmt::format("{} is shadowed: {} matches all it matches", policy, by);
    case Kind::overridden:
      return fmt::format("{} is overridden: {} forbids all it permits", policy, by);
    case Kind::conflicting:
      return fmt::format("{} and {} match one request; the forbid wins", policy, by);
    case Kind::never_applies:
      return fmt::format("{} never applies here: its conditions cannot hold", policy);
    case Kind::always_applies:
      return fmt::format("{} always applies here: its conditions always hold", policy);
    case Kind::may_error:
      break;
  }
  return fmt::format("{} can err, and a policy that errs is skipped", policy);
}

Json change_json(const Change& change, std::string_view direction) {
  Json json = to_json(change.example);
  json.set("direction", direction);
  json.set("before",
           Json::object({{"decision", change.before}, {"policies", Json::strings(change.policies_before)}}));
  json.set("after",
           Json::object({{"decision", change.after}, {"policies", Json::strings(change.policies_after)}}));
  if (!change.severity.empty()) json.set("severity", change.severity);
  return json;
}

std::string change_text(const Change& change, std::string_view direction) {
  return fmt::format("  {}: {} before, {} now\n{}", direction, change.before, change.after,
                     to_text(change.example, "    "));
}

}  // namespace

Json to_json(const Analysis& analysis, const cedar::Schema& schema) {
  const ShortNames names(schema);
  Json vacuous = Json::array();
  Json kinds = Json::object();
  for (const auto& entry : analysis.vacuous) {
    vacuous.push(entry.policy);
    kinds.set(entry.policy, entry.always ? "always_applies" : "never_applies");
  }
  Json environments = Json::array();
  for (const auto& at : analysis.environments) {
    Json json = environment_json(at.environment, names);
    Json findings = Json::array();
    for (const auto& finding : at.findings)
      findings.push(finding_json(finding));
    json.set("findings", std::move(findings));
    if (!at.unknown.empty()) json.set("unknown", Json::strings(at.unknown));
    environments.push(std::move(json));
  }
  Json counts = Json::object();
  for (const auto severity : {AnalysisSeverity::note, AnalysisSeverity::warning, AnalysisSeverity::error})
    counts.set(name(severity), static_cast<std::int64_t>(analysis.count(severity)));
  return Json::object({{"counts", std::move(counts)},
                       {"vacuous", std::move(vacuous)},
                       {"vacuous_kinds", std::move(kinds)},
                       {"allows_all", analysis.allows_all},
                       {"denies_all", analysis.denies_all},
                       {"environments", static_cast<std::int64_t>(analysis.environment_count)},
                       {"unread", Json::strings(analysis.unread)},
                       {"envs", std::move(environments)}});
}

std::string to_text(const Analysis& analysis, const cedar::Schema& schema) {
  const ShortNames names(schema);
  std::string out;
  if (analysis.allows_all) out += "The set allows every request.\n";
  if (analysis.denies_all) out += "The set denies every request.\n";
  for (const auto& entry : analysis.vacuous)
    out += fmt::format("{}: {} applies to {} request.\n", name(entry.severity), printable(entry.policy, 200),
                       entry.always ? "every" : "no");
  for (const auto& at : analysis.environments) {
    out += environment_text(at.environment, names) + "\n";
    for (const auto& finding : at.findings) {
      out += fmt::format("  {}: {}\n", name(finding.severity), finding_text(finding));
      if (finding.example) out += to_text(*finding.example, "    ");
    }
    for (const auto& text : at.unknown)
      out += "  not proved: " + printable(text, 500) + "\n";
  }
  if (!analysis.unread.empty()) out += "No policy depends on:";
  for (const auto& attribute : analysis.unread)
    out += " " + attribute;
  if (!analysis.unread.empty()) out += "\n";
  return out + fmt::format(
                   "{} request environments, {} with findings or open questions; {} errors, {} "
                   "warnings, {} notes.\n",
                   analysis.environment_count, analysis.environments.size(),
                   analysis.count(AnalysisSeverity::error), analysis.count(AnalysisSeverity::warning),
                   analysis.count(AnalysisSeverity::note));
}

Json to_json(const Comparison& comparison, const cedar::Schema& schema) {
  const ShortNames names(schema);
  Json environments = Json::array();
  for (const auto& at : comparison.environments) {
    Json json = environment_json(at.environment, names);
    json.set("verdict", name(at.verdict));
    Json examples = Json::array();
    if (at.loosened) examples.push(change_json(*at.loosened, "looser"));
    if (at.tightened) examples.push(change_json(*at.tightened, "tighter"));
    json.set("examples", std::move(examples));
    if (!at.why.empty()) json.set("unknown", at.why);
    environments.push(std::move(json));
  }
  return Json::object({{"envs", std::move(environments)}});
}

std::string to_text(const Comparison& comparison, const cedar::Schema& schema) {
  const ShortNames names(schema);
  std::string out;
  std::size_t equivalent = 0;
  for (const auto& at : comparison.environments) {
    if (at.verdict == EnvironmentComparison::Verdict::equivalent) {
      ++equivalent;
      continue;
    }
    out += fmt::format("{}: {}\n", environment_text(at.environment, names), name(at.verdict));
    if (at.loosened) out += change_text(*at.loosened, "looser");
    if (at.tightened) out += change_text(*at.tightened, "tighter");
    if (!at.why.empty()) out += "  not proved: " + printable(at.why, 500) + "\n";
  }
  return out +
         fmt::format("{} request environments, {} equivalent.\n", comparison.environments.size(), equivalent);
}

std::string to_text(const Example& example, std::string_view indent) {
  const auto& request = example.request;
  std::string out = fmt::format(
      "{}principal {}\n{}action    {}\n{}resource  {}\n", indent, printable(request.principal().text(), 300),
      indent, printable(request.action().text(), 300), indent, printable(request.resource().text(), 300));
  if (!request.context().fields().empty())
    out += fmt::format("{}context   {}\n", indent, printable(request.context_value().text(), 3000));
  for (const auto& entity : example.entities.all()) {
    if (entity.attributes.fields().empty() && entity.parents.empty() && entity.tags.fields().empty())
      continue;
    std::string line = printable(entity.uid.text(), 300);
    for (std::size_t i = 0; i < entity.parents.size(); ++i)
      line += (i == 0 ? " in " : ", ") + printable(entity.parents[i].text(), 300);
    if (!entity.attributes.fields().empty())
      line += " " + printable(cedar::Value(entity.attributes).text(), 2000);
    if (!entity.tags.fields().empty()) line += " tags " + printable(cedar::Value(entity.tags).text(), 1000);
    out += fmt::format("{}          {}\n", indent, line);
  }
  return out;
}

}  // namespace weir::prove
