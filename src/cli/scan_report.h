// The report of `weir scan` as text, JSON and SARIF 2.1.0.
#pragma once

#include <string>
#include <vector>

#include "cli/cli.h"
#include "daemon/scanner.h"
#include "setup/agents.h"

namespace weir::cli {

struct ScanReport {
  daemon::ScanTotals totals;
  std::vector<daemon::ScanFinding> findings;
  std::vector<setup::FoundAgent> agents;
  bool partial = false;          // interrupted
  std::size_t files = 0;         // found
  std::uint64_t known = 0;       // findings that the base line lists
  std::uint64_t not_listed = 0;  // further ones, counted only
};

Json finding_json(const daemon::ScanFinding& finding);
Json report_json(const ScanReport& report);
std::string sarif(const ScanReport& report);
void print_finding(const daemon::ScanFinding& finding, Context& context);
// Lines and files that could not be read, to context.err.
void print_problems(const ScanReport& report, Context& context);
void print_report(const ScanReport& report, Context& context);

}  // namespace weir::cli
