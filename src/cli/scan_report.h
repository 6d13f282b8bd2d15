// The report of `weir scan` as text, JSON and SARIF 2.1.0.
#pragma once

#include <string>
#include <vector>

#include "cli/cli.h"
#include "cli/scan_findings.h"
#include "daemon/scan_redact.h"
#include "daemon/scanner.h"
#include "setup/agents.h"

namespace weir::cli {

struct ScanReport {
  daemon::ScanTotals totals;
  std::vector<daemon::ScanFinding> findings;  // in the order of files and lines
  std::vector<setup::FoundAgent> agents;
  bool partial = false;           // interrupted
  bool with_baseline = false;     // findings are what a base line does not list
  std::size_t files = 0;          // found
  std::uint64_t resumed = 0;      // of these, read by an earlier scan that this one continues
  std::uint64_t known = 0;        // findings that the base line lists
  std::uint64_t distinct = 0;     // others, each history counted once
  std::uint64_t occurrences = 0;  // of these, copies included
  std::uint64_t not_listed = 0;   // of these, counted only
  std::map<std::string, ScanTally> by_rule;
  std::map<std::string, ScanTally> by_agent;
  std::map<std::string, ScanTally> by_session;  // those with findings
  std::uint64_t sessions_not_listed = 0;
  Json redacted;  // what --redact wrote; null: nothing
};

Json redact_json(const daemon::RedactReport& redacted);
Json finding_json(const daemon::ScanFinding& finding);
Json report_json(const ScanReport& report);
std::string sarif(const ScanReport& report);  // scan_sarif.cc
void print_finding(const daemon::ScanFinding& finding, Context& context);
// Lines and files that could not be read, to context.err.
void print_problems(const ScanReport& report, Context& context);
void print_report(const ScanReport& report, Context& context);

}  // namespace weir::cli
