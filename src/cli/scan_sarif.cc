// SARIF 2.1.0 of a scan, as GitHub code scanning takes it: relative addresses with a named base, a rule for
// each ruleId, levels, partial fingerprints that do not depend on places.
#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "cli/scan_report.h"

namespace weir::cli {
namespace {

constexpr std::string_view kBase = "TRANSCRIPTS";

// RFC 3986 section 2.1: any name is a valid reference.
std::string percent_encoded(std::string_view path) {
  constexpr std::string_view kPlain = "-._~/";
  std::string uri;
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

std::string_view level_of(const daemon::ScanFinding& finding) {
  switch (event::severity_from(finding.severity).value_or(event::Severity::medium)) {
    case event::Severity::critical:
    case event::Severity::high:
      return "error";
    case event::Severity::medium:
      return "warning";
    default:
      return "note";
  }
}

// What GitHub sorts security results by.
std::string_view security_severity(const daemon::ScanFinding& finding) {
  switch (event::severity_from(finding.severity).value_or(event::Severity::medium)) {
    case event::Severity::critical:
      return "9.5";
    case event::Severity::high:
      return "8.0";
    case event::Severity::medium:
      return "5.0";
    default:
      return "2.0";
  }
}

Json text_object(std::string_view text) {
  return Json::object({{"text", text}});
}

Json rule_json(const daemon::ScanFinding& finding) {
  const std::string reason = finding.reason.empty() ? rule_of(finding) : finding.reason;
  Json tags = Json::array({"security"});
  if (!finding.policies.empty() && !finding.policies.front().evidence_class.empty())
    tags.push(finding.policies.front().evidence_class);
  return Json::object({{"id", rule_of(finding)},
                       {"name", rule_of(finding)},
                       {"shortDescription", text_object(reason)},
                       {"fullDescription", text_object(reason)},
                       {"help", text_object(reason + " See docs/policies.md and docs/detect.md of Weir.")},
                       {"defaultConfiguration", Json::object({{"level", level_of(finding)}})},
                       {"properties", Json::object({{"tags", std::move(tags)},
                                                    {"security-severity", security_severity(finding)}})}});
}

Json result_json(const daemon::ScanFinding& finding, std::size_t rule, const std::string& base, bool is_new) {
  const std::string relative =
      finding.file.starts_with(base) ? finding.file.substr(base.size()) : finding.file;
  const Json place = Json::object(
      {{"physicalLocation",
        Json::object(
            {{"artifactLocation", Json::object({{"uri", percent_encoded(relative)}, {"uriBaseId", kBase}})},
             {"region", Json::object({{"startLine", std::max<std::uint64_t>(finding.line, 1)}})}})}});
  Json result = Json::object(
      {{"ruleId", rule_of(finding)},
       {"ruleIndex", static_cast<std::uint64_t>(rule)},
       {"level", level_of(finding)},
       {"message", text_object(finding.reason + " " + printable(finding.tool) + ": " + finding.text)},
       {"locations", Json::array({place})},
       {"partialFingerprints", Json::object({{"weir/v1", finding.fingerprint()}})},
       {"occurrenceCount", finding.occurrences},
       {"properties", Json::object({{"agent", finding.agent},
                                    {"session", finding.session},
                                    {"verdict", event::name(finding.verdict)}})}});
  if (is_new) result.set("baselineState", "new");
  return result;
}

// The directory above all the files, with its slash: addresses are relative to it.
std::string common_directory(const std::vector<daemon::ScanFinding>& findings) {
  if (findings.empty()) return "/";
  std::string base = findings.front().file;
  for (const auto& finding : findings) {
    const auto differ = std::mismatch(base.begin(), base.end(), finding.file.begin(), finding.file.end());
    base.resize(static_cast<std::size_t>(differ.first - base.begin()));
  }
  base.resize(base.rfind('/') == std::string::npos ? 0 : base.rfind('/') + 1);
  return base;
}

}  // namespace

std::string sarif(const ScanReport& report) {
  // Code scanning refuses a run with more.
  constexpr std::size_t kResultsMax = 25'000;
  const std::string base = common_directory(report.findings);
  Json results = Json::array();
  Json rules = Json::array();
  std::map<std::string, std::size_t> places;
  for (const auto& finding : report.findings) {
    if (results.as_array().size() >= kResultsMax) break;
    const auto [place, added] = places.emplace(rule_of(finding), places.size());
    if (added) rules.push(rule_json(finding));
    results.push(result_json(finding, place->second, base, report.with_baseline));
  }
  const Json driver = Json::object({{"name", "weir"}, {"rules", std::move(rules)}});
  Json notices = Json::array();
  for (const auto& problem : report.totals.problems)
    notices.push(Json::object({{"level", "warning"}, {"message", text_object(printable(problem, 300))}}));
  const Json invocation = Json::object(
      {{"executionSuccessful", !report.partial}, {"toolExecutionNotifications", std::move(notices)}});
  Json run = Json::object(
      {{"tool", Json::object({{"driver", driver}})},
       {"automationDetails", Json::object({{"id", "weir-scan/"}})},
       {"columnKind", "utf16CodeUnits"},
       {"originalUriBaseIds",
        Json::object({{std::string(kBase), Json::object({{"uri", "file://" + percent_encoded(base)}})}})},
       {"invocations", Json::array({invocation})},
       {"results", std::move(results)}});
  return pretty(Json::object({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                              {"version", "2.1.0"},
                              {"runs", Json::array({std::move(run)})}}));
}

}  // namespace weir::cli
