// What a scan has found so far: repeated history counted together, known findings left out, tallies kept.
//
//   ScanFindings findings(baseline, listing);
//   if (findings.take(found) == ScanFindings::Taken::fresh) print(found);
//   findings.order(files);                    // as if one file after another had been read
//
// The same finding in several copies of one history (ScanFinding::same) is one with `occurrences`; it stands
// where the first file in order has it. More than kKeptMax are counted, not kept.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/scanner.h"

namespace weir::cli {

struct ScanTally {
  std::uint64_t findings = 0;
  std::uint64_t occurrences = 0;
  std::map<std::string, std::uint64_t> by_severity;  // findings
};

class ScanFindings {
 public:
  // `baseline`: fingerprints that are known. `listing`: fingerprints of all are kept, for a new base line.
  // `keep`: findings are kept for a report, else only counted.
  ScanFindings(std::set<std::string> baseline, bool listing, bool keep)
      : baseline_(std::move(baseline)), listing_(listing), keep_(keep) {}

  enum class Taken { known, again, fresh };
  Taken take(const daemon::ScanFinding& finding);

  void order(const std::vector<std::string>& files);

  const std::vector<daemon::ScanFinding>& kept() const { return kept_; }
  const std::set<std::string>& fingerprints() const { return fingerprints_; }  // when listing
  std::uint64_t known() const { return known_; }
  std::uint64_t distinct() const { return distinct_; }        // not known ones
  std::uint64_t occurrences() const { return occurrences_; }  // of these
  std::uint64_t not_listed() const { return distinct_ - kept_.size(); }
  const std::map<std::string, ScanTally>& by_rule() const { return by_rule_; }
  const std::map<std::string, ScanTally>& by_agent() const { return by_agent_; }
  const std::map<std::string, ScanTally>& by_session() const { return by_session_; }
  std::uint64_t sessions_not_listed() const { return sessions_not_listed_; }

 private:
  void tally(const daemon::ScanFinding& finding, bool fresh);

  static constexpr std::size_t kKeptMax = 20'000;
  static constexpr std::size_t kFingerprintsMax = 1'000'000;
  static constexpr std::size_t kSameMax = 500'000;
  static constexpr std::size_t kSessionsMax = 10'000;
  static constexpr std::size_t kNotKept = SIZE_MAX;

  std::set<std::string> baseline_;
  bool listing_;
  bool keep_;
  std::set<std::string> fingerprints_;
  std::vector<daemon::ScanFinding> kept_;
  std::unordered_map<std::uint64_t, std::size_t> same_;  // ScanFinding::same → place in kept_
  std::map<std::string, ScanTally> by_rule_;
  std::map<std::string, ScanTally> by_agent_;
  std::map<std::string, ScanTally> by_session_;
  std::uint64_t known_ = 0;
  std::uint64_t distinct_ = 0;
  std::uint64_t occurrences_ = 0;
  std::uint64_t sessions_not_listed_ = 0;
};

// The policy or rule that a finding is named after.
std::string rule_of(const daemon::ScanFinding& finding);

}  // namespace weir::cli
