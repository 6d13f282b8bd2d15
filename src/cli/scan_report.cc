#include "cli/scan_report.h"

#include <algorithm>
#include <ostream>

#include "base/bytes.h"
#include "daemon/scan_totals.h"

namespace weir::cli {
namespace {

using daemon::counts_json;

int rank(const daemon::ScanFinding& finding) {
  return static_cast<int>(event::severity_from(finding.severity).value_or(event::Severity::medium));
}

Json tally_json(const ScanTally& tally) {
  return Json::object({{"findings", tally.findings},
                       {"occurrences", tally.occurrences},
                       {"by_severity", counts_json(tally.by_severity)}});
}

Json tallies_json(const std::map<std::string, ScanTally>& tallies) {
  Json json = Json::object();
  for (const auto& [name, tally] : tallies)
    json.set(name, tally_json(tally));
  return json;
}

// What each agent did and what was found in it.
Json agents_json(const ScanReport& report) {
  Json json = Json::object();
  const auto number = [](const auto& counts, const std::string& name) {
    const auto it = counts.find(name);
    return it == counts.end() ? std::uint64_t{0} : it->second;
  };
  for (const auto& [name, sessions] : report.totals.sessions_by_agent) {
    const auto it = report.by_agent.find(name);
    Json one = tally_json(it == report.by_agent.end() ? ScanTally() : it->second);
    one.set("sessions", sessions);
    one.set("tool_calls", number(report.totals.calls_by_agent, name));
    json.set(name, std::move(one));
  }
  return json;
}

// "  12  shell.destructive (3 more copies)", the most first.
void print_tallies(std::string_view title, const std::map<std::string, ScanTally>& tallies,
                   std::size_t lines_max, Context& context) {
  if (tallies.empty()) return;
  std::vector<const std::pair<const std::string, ScanTally>*> sorted;
  for (const auto& one : tallies)
    sorted.push_back(&one);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->second.findings > b->second.findings; });
  context.out << context.style.bold(title) << "\n";
  for (std::size_t i = 0; i < sorted.size() && i < lines_max; ++i) {
    const auto& [name, tally] = *sorted[i];
    std::string count = std::to_string(tally.findings);
    if (count.size() < 6) count.insert(0, 6 - count.size(), ' ');
    context.out << "  " << count << "  " << printable(name);
    if (tally.occurrences > tally.findings)
      context.out << context.style.dim(" (+" + std::to_string(tally.occurrences - tally.findings) +
                                       " copies)");
    context.out << "\n";
  }
  if (sorted.size() > lines_max) context.out << "          and " << sorted.size() - lines_max << " more\n";
}

void print_agents(const ScanReport& report, Context& context) {
  if (report.agents.empty()) return;
  context.out << context.style.bold("Agents on this machine") << "\n";
  for (const auto& agent : report.agents) {
    context.out << "  " << agent.name << (agent.version.empty() ? "" : " " + agent.version) << "  ";
    if (!agent.guarded.empty())
      context.out << context.style.green("guarded");
    else if (agent.supported)
      context.out << context.style.yellow("not guarded") << ": weir init " << agent.name;
    else
      context.out << context.style.dim("no hooks for it in this version");
    context.out << "\n";
  }
}

}  // namespace

void print_finding(const daemon::ScanFinding& finding, Context& context) {
  const Style& style = context.style;
  const bool severe = rank(finding) >= static_cast<int>(event::Severity::high);
  const std::string verdict(event::name(finding.verdict));
  context.out << (severe ? style.red(finding.severity) : style.yellow(finding.severity)) << "  would "
              << verdict << "  " << style.bold(rule_of(finding)) << "  " << printable(finding.reason)
              << "\n    " << printable(finding.tool, 80) << ": " << finding.text << "\n    "
              << style.dim(printable(finding.file) + ":" + std::to_string(finding.line) + "  " +
                           printable(finding.session) + "  " + finding.time +
                           (finding.occurrences > 1
                                ? "  and " + std::to_string(finding.occurrences - 1) + " copies"
                                : ""))
              << "\n";
}

void print_problems(const ScanReport& report, Context& context) {
  if (const Json& left_out = report.redacted["problems"]; left_out.is_array())
    for (const auto& problem : left_out.as_array())
      context.err << "weir: " << printable(problem.text_or(""), 300) << "\n";
  for (const auto& problem : report.totals.problems)
    context.err << "weir: " << printable(problem, 300) << "\n";
  if (report.totals.problems_not_listed > 0)
    context.err << "weir: and " << report.totals.problems_not_listed << " more such lines or files\n";
}

Json redact_json(const daemon::RedactReport& redacted) {
  return Json::object({{"complete", redacted.whole},
                       {"files", redacted.files},
                       {"lines", redacted.lines},
                       {"changed_lines", redacted.changed_lines},
                       {"left_out_lines", redacted.left_out_lines},
                       {"places", counts_json(redacted.places)},
                       {"problems", Json::strings(redacted.problems)}});
}

Json finding_json(const daemon::ScanFinding& finding) {
  Json policies = Json::array();
  for (const auto& hit : finding.policies)
    policies.push(hit.policy);
  return Json::object({{"file", finding.file},
                       {"line", finding.line},
                       {"agent", finding.agent},
                       {"session", finding.session},
                       {"tool", finding.tool},
                       {"tool_use_id", finding.tool_use_id},
                       {"time", finding.time},
                       {"verdict", event::name(finding.verdict)},
                       {"severity", finding.severity},
                       {"class", finding.policies.empty() ? "" : finding.policies.front().evidence_class},
                       {"policies", std::move(policies)},
                       {"reason", finding.reason},
                       {"text", finding.text},
                       {"occurrences", finding.occurrences},
                       {"fingerprint", finding.fingerprint()}});
}

Json report_json(const ScanReport& report) {
  Json findings = Json::array();
  for (const auto& finding : report.findings)
    findings.push(finding_json(finding));
  Json agents = Json::array();
  for (const auto& agent : report.agents)
    agents.push(Json::object({{"name", agent.name},
                              {"version", agent.version},
                              {"supported", agent.supported.has_value()},
                              {"guarded", Json::strings(agent.guarded)}}));
  Json json = Json::object({{"complete", !report.partial}});
  const Json totals = daemon::to_json(report.totals);
  for (const auto& [name, value] : totals.as_object()) {
    if (name == "findings") continue;  // the list has this name; copies are counted below
    json.set(name, value);
    if (name == "files") json.set("resumed_files", report.resumed);
  }
  json.set("agents", std::move(agents))
      .set("known", report.known)
      .set("findings_total", report.distinct)
      .set("occurrences_total", report.occurrences)
      .set("findings_not_listed", report.not_listed)
      .set("by_rule", tallies_json(report.by_rule))
      .set("by_agent", agents_json(report))
      .set("by_session", tallies_json(report.by_session))
      .set("sessions_not_listed", report.sessions_not_listed)
      .set("findings", std::move(findings));
  if (!report.redacted.is_null()) json.set("redacted", report.redacted);
  return json;
}

void print_report(const ScanReport& report, Context& context) {
  const auto& t = report.totals;
  if (!context.quiet) print_agents(report, context);
  std::vector<const daemon::ScanFinding*> findings;
  for (const auto& finding : report.findings)
    findings.push_back(&finding);
  std::stable_sort(findings.begin(), findings.end(),
                   [](const auto* a, const auto* b) { return rank(*a) > rank(*b); });
  if (!findings.empty()) context.out << context.style.bold("What Weir would have stopped") << "\n";
  for (const auto* finding : findings)
    print_finding(*finding, context);
  constexpr std::size_t kSessionsShown = 10;
  if (report.distinct > 1) {
    print_tallies("By rule", report.by_rule, SIZE_MAX, context);
    print_tallies("By agent", report.by_agent, SIZE_MAX, context);
    print_tallies("By session", report.by_session, kSessionsShown, context);
  }
  print_problems(report, context);
  if (!report.redacted.is_null()) {
    std::int64_t places = 0;
    for (const auto& [type, count] : report.redacted["places"].as_object())
      places += count.int_or(0);
    context.out << "cleaned copies: " << report.redacted["files"].int_or(0) << " files, " << places
                << " secrets replaced";
    if (const auto lines = report.redacted["left_out_lines"].int_or(0); lines > 0)
      context.out << ", " << lines << " lines left out";
    context.out << "\n";
  }
  context.out << (report.partial ? context.style.yellow("partial: interrupted. ") : "") << t.files
              << " transcripts, " << t.tool_calls << " tool calls, " << report.distinct << " findings";
  if (report.occurrences > report.distinct)
    context.out << " (" << report.occurrences - report.distinct << " more copies of them)";
  if (report.not_listed > 0) context.out << " (" << report.not_listed << " of them not listed)";
  if (report.known > 0) context.out << " (" << report.known << " known ones not shown)";
  if (t.repeated_calls > 0) context.out << ", " << t.repeated_calls << " repeated calls";
  if (report.resumed > 0) context.out << ", " << report.resumed << " transcripts read before";
  if (t.unknown_files > 0) context.out << ", " << t.unknown_files << " other files";
  if (t.bad_lines > 0) context.out << ", " << t.bad_lines << " unreadable lines";
  if (t.gaps > 0) context.out << ", " << t.gaps << " gaps";
  if (!t.unknown_types.empty()) context.out << ", " << t.unknown_types.size() << " unknown record types";
  context.out << "\n";
}

}  // namespace weir::cli
