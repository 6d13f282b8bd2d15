#include "cli/scan_report.h"

#include <algorithm>
#include <ostream>
#include <set>

#include "base/bytes.h"

namespace weir::cli {
namespace {

Json counts_json(const std::map<std::string, std::uint64_t>& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts)
    json.set(name, count);
  return json;
}

int rank(const daemon::ScanFinding& finding) {
  return static_cast<int>(event::severity_from(finding.severity).value_or(event::Severity::medium));
}

std::string sarif_level(const daemon::ScanFinding& finding) {
  return rank(finding) >= static_cast<int>(event::Severity::high) ? "error" : "warning";
}

// RFC 8089 with the path percent-encoded as RFC 3986 section 2.1 says, so that any name is a valid URI.
std::string file_uri(const std::string& path) {
  constexpr std::string_view kPlain = "-._~/";
  std::string uri = "file://";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    if (plain)
      uri += c;
    else
      (uri += '%') += to_hex(as_bytes(std::string_view(&c, 1)));
  }
  return uri;
}

std::string policy_of(const daemon::ScanFinding& finding) {
  return finding.policies.empty() ? "weir" : finding.policies.front().policy;
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
              << verdict << "  " << style.bold(policy_of(finding)) << "  " << printable(finding.reason)
              << "\n    " << printable(finding.tool, 80) << ": " << finding.text << "\n    "
              << style.dim(printable(finding.file) + ":" + std::to_string(finding.line) + "  " +
                           printable(finding.session) + "  " + finding.time)
              << "\n";
}

void print_problems(const ScanReport& report, Context& context) {
  for (const auto& problem : report.totals.problems)
    context.err << "weir: " << printable(problem, 300) << "\n";
  if (report.totals.problems_not_listed > 0)
    context.err << "weir: and " << report.totals.problems_not_listed << " more such lines or files\n";
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
  const auto& t = report.totals;
  return Json::object({{"complete", !report.partial},
                       {"files", t.files},
                       {"other_files", t.unknown_files},
                       {"bytes", t.bytes},
                       {"lines", t.lines},
                       {"bad_lines", t.bad_lines},
                       {"gaps", t.gaps},
                       {"tool_calls", t.tool_calls},
                       {"calls_by_agent", counts_json(t.calls_by_agent)},
                       {"sessions_by_agent", counts_json(t.sessions_by_agent)},
                       {"unknown_types", counts_json(t.unknown_types)},
                       {"problems", Json::strings(t.problems)},
                       {"problems_not_listed", t.problems_not_listed},
                       {"agents", std::move(agents)},
                       {"known", report.known},
                       {"findings_total", t.findings - report.known},
                       {"findings_not_listed", report.not_listed},
                       {"findings", std::move(findings)}});
}

std::string sarif(const ScanReport& report) {
  Json results = Json::array();
  Json rules = Json::array();
  std::set<std::string> seen;
  for (const auto& finding : report.findings) {
    const std::string policy = policy_of(finding);
    if (seen.insert(policy).second)
      rules.push(
          Json::object({{"id", policy}, {"shortDescription", Json::object({{"text", finding.reason}})}}));
    const Json region = Json::object({{"startLine", finding.line}});
    const Json artifact = Json::object({{"uri", file_uri(finding.file)}});
    const Json place = Json::object(
        {{"physicalLocation", Json::object({{"artifactLocation", artifact}, {"region", region}})}});
    results.push(Json::object(
        {{"ruleId", policy},
         {"level", sarif_level(finding)},
         {"message", Json::object({{"text", finding.reason + " " + finding.tool + ": " + finding.text}})},
         {"locations", Json::array({place})},
         {"partialFingerprints", Json::object({{"weir/v1", finding.fingerprint()}})}}));
  }
  const Json driver = Json::object({{"name", "weir"}, {"rules", std::move(rules)}});
  const Json invocation = Json::object({{"executionSuccessful", !report.partial}});
  Json run = Json::object({{"tool", Json::object({{"driver", driver}})},
                           {"invocations", Json::array({invocation})},
                           {"results", std::move(results)}});
  return pretty(Json::object({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                              {"version", "2.1.0"},
                              {"runs", Json::array({std::move(run)})}}));
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
  print_problems(report, context);
  context.out << (report.partial ? context.style.yellow("partial: interrupted. ") : "") << t.files
              << " transcripts, " << t.tool_calls << " tool calls, " << t.findings - report.known
              << " findings";
  if (report.not_listed > 0) context.out << " (" << report.not_listed << " of them not listed)";
  if (report.known > 0) context.out << " (" << report.known << " known ones not shown)";
  if (t.unknown_files > 0) context.out << ", " << t.unknown_files << " other files";
  if (t.bad_lines > 0) context.out << ", " << t.bad_lines << " unreadable lines";
  if (t.gaps > 0) context.out << ", " << t.gaps << " gaps";
  if (!t.unknown_types.empty()) context.out << ", " << t.unknown_types.size() << " unknown record types";
  context.out << "\n";
}

}  // namespace weir::cli
