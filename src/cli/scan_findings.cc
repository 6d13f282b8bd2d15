#include "cli/scan_findings.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace weir::cli {
namespace {

// Which of two copies is told of must not depend on which was read first.
bool stands_before(const daemon::ScanFinding& a, const daemon::ScanFinding& b) {
  return std::tie(a.file, a.line) < std::tie(b.file, b.line);
}

}  // namespace

std::string rule_of(const daemon::ScanFinding& finding) {
  return finding.policies.empty() ? "weir" : finding.policies.front().policy;
}

ScanFindings::Taken ScanFindings::take(const daemon::ScanFinding& finding) {
  if (listing_ || !baseline_.empty()) {
    const std::string fingerprint = finding.fingerprint();
    if (listing_ && fingerprints_.size() < kFingerprintsMax) fingerprints_.insert(fingerprint);
    if (baseline_.contains(fingerprint)) {
      ++known_;
      return Taken::known;
    }
  }
  occurrences_ += finding.occurrences;
  if (finding.same != 0) {
    if (const auto before = same_.find(finding.same); before != same_.end()) {
      tally(finding, false);
      if (before->second == kNotKept) return Taken::again;
      daemon::ScanFinding& kept = kept_[before->second];
      const std::uint64_t occurrences = kept.occurrences + finding.occurrences;
      if (stands_before(finding, kept)) kept = finding;
      kept.occurrences = occurrences;
      return Taken::again;
    }
  }
  ++distinct_;
  tally(finding, true);
  const bool room = keep_ && kept_.size() < kKeptMax;
  if (finding.same != 0 && same_.size() < kSameMax)
    same_.emplace(finding.same, room ? kept_.size() : kNotKept);
  if (room) kept_.push_back(finding);
  return Taken::fresh;
}

void ScanFindings::tally(const daemon::ScanFinding& finding, bool fresh) {
  const auto add = [&](ScanTally& tally) {
    tally.occurrences += finding.occurrences;
    if (!fresh) return;
    ++tally.findings;
    ++tally.by_severity[finding.severity];
  };
  add(by_rule_[rule_of(finding)]);
  add(by_agent_[finding.agent]);
  const auto session = by_session_.find(finding.session);
  if (session != by_session_.end())
    add(session->second);
  else if (by_session_.size() < kSessionsMax)
    add(by_session_[finding.session]);
  else
    ++sessions_not_listed_;
}

void ScanFindings::order(const std::vector<std::string>& files) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (const auto& file : files)
    places.emplace(file, places.size());
  std::stable_sort(kept_.begin(), kept_.end(), [&](const auto& a, const auto& b) {
    return std::pair(places[a.file], a.line) < std::pair(places[b.file], b.line);
  });
  for (std::size_t i = 0; i < kept_.size(); ++i)
    if (kept_[i].same != 0 && same_.contains(kept_[i].same)) same_[kept_[i].same] = i;
}

}  // namespace weir::cli
