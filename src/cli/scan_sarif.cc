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

// Code scanning refuses longer names and descriptions, and shows ten tags.
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kDescriptionBytesMax = 1024;

Json rule_json(const daemon::ScanFinding& finding) {
  const std::string reason =
      printable(finding.reason.empty() ? rule_of(finding) : finding.reason, kDescriptionBytesMax);
  Json tags = Json::array({"security"});
  if (!finding.policies.empty() && !finding.policies.front().evidence_class.empty())
    tags.push(finding.policies.front().evidence_class);
  return Json::object({{"id", rule_of(finding)},
                       {"name", printable(rule_of(finding), kNameBytesMax)},
                       {"shortDescription", text_object(reason)},
                       {"fullDescription", text_object(reason)},
                       {"help", text_object(reason + " See docs/policies.md and docs/detect.md of Weir.")},
                       {"defaultConfiguration", Json::object({{"level", level_of(finding)}})},
                       {"properties", Json::object({{"tags", std::move(tags)},
                                                    {"security-severity", security_severity(finding)}})}});
}

// The begin of a record: a line of a transcript is one JSON object, longer than anybody wants marked. Code
// scanning wants all four members.
Json region_json(std::uint64_t line) {
  const std::uint64_t number = std::max<std::uint64_t>(line, 1);
  return Json::object({{"startLine", number}, {"startColumn", 1}, {"endLine", number}, {"endColumn", 2}});
}

// Of all fingerprints code scanning reads this one alone, in the form that it computes itself when it is
// absent: sixteen hexadecimal digits, and which of the results that have them.
Json fingerprints_json(const daemon::ScanFinding& finding) {
  const std::string fingerprint = finding.fingerprint();
  return Json::object({{"primaryLocationLineHash", fingerprint + ":1"}, {"weir/v1", fingerprint}});
}

Json result_json(const daemon::ScanFinding& finding, std::size_t rule, const std::string& base, bool is_new) {
  const std::string relative =
      finding.file.starts_with(base) ? finding.file.substr(base.size()) : finding.file;
  const Json place =
      Json::object({{"physicalLocation",
                     Json::object({{"artifactLocation",
                                    Json::object({{"uri", percent_encoded(relative)}, {"uriBaseId", kBase}})},
                                   {"region", region_json(finding.line)}})}});
  Json result = Json::object(
      {{"ruleId", rule_of(finding)},
       {"ruleIndex", static_cast<std::uint64_t>(rule)},
       {"level", level_of(finding)},
       {"message", text_object(finding.reason + " " + printable(finding.tool) + ": " + finding.text)},
       {"locations", Json::array({place})},
       {"partialFingerprints", fingerprints_json(finding)},
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
  const Json driver = Json::object({{"name", "weir"},
                                    {"version", WEIR_VERSION},
                                    {"semanticVersion", WEIR_VERSION},
                                    {"rules", std::move(rules)}});
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
