// Transcripts through the same guard, watching only: what would have been refused or asked, with file and
// line.
//
//   Scanner scanner(pack, home);
//   for (const auto& file : find_transcripts(home, env)) scanner.scan(file, on_finding);
//   scanner.totals().tool_calls …
//
// One Guard per session tree, so that sub-agents count with their parents. Nothing of the disk but the
// transcripts is looked at: what a path leads to today says nothing about the day of the session. Memory is
// bounded by one line and the sessions in hand, whatever a file holds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "event/decision.h"
#include "guard/guard.h"
#include "ingest/transcript.h"

namespace weir::daemon {

// A call that Weir would have refused or held, or a gap.
struct ScanFinding {
  std::string file;
  std::uint64_t line = 0;
  std::string agent;
  std::string session;
  std::string tool;
  std::string tool_use_id;
  std::string time;  // as the transcript wrote it
  event::Verdict verdict = event::Verdict::deny;
  std::vector<event::PolicyHit> policies;  // strongest first
  std::string reason;
  std::string severity;
  std::string text;  // what it is about: command or path, printable and cut
  // The same finding in another scan: for base lines. Names file, call and policy, not the line.
  std::string fingerprint() const;
};

struct ScanTotals {
  std::uint64_t files = 0;
  std::uint64_t unknown_files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t bad_lines = 0;
  std::uint64_t gaps = 0;
  std::uint64_t tool_calls = 0;
  std::uint64_t findings = 0;
  std::map<std::string, std::uint64_t> calls_by_agent;
  std::map<std::string, std::uint64_t> sessions_by_agent;
  std::map<std::string, std::uint64_t> unknown_types;
  std::vector<std::string> problems;  // named lines and files, the first kProblemsMax
};
inline constexpr std::size_t kProblemsMax = 100;

class Scanner {
 public:
  using OnFinding = std::function<void(const ScanFinding&)>;
  using OnProgress = std::function<bool(std::uint64_t bytes)>;  // false: stop here

  Scanner(std::shared_ptr<const guard::Pack> pack, std::string home)
      : pack_(std::move(pack)), home_(std::move(home)) {}
  void since(std::int64_t unix_ns) { since_ns_ = unix_ns; }

  // Reads one transcript to its end, or until on_progress says stop; true when it came to the end. From
  // `offset` and `line` on when the file was read before (--follow).
  bool scan(const std::string& file, const OnFinding& on_finding, const OnProgress& on_progress);

  const ScanTotals& totals() const { return totals_; }

 private:
  struct Open {
    std::unique_ptr<ingest::TranscriptReader> reader;
    std::uint64_t offset = 0;
    std::uint64_t line = 0;
  };
  void feed(const std::string& file, Open& open, std::string_view line, const OnFinding& on_finding);
  void judge(const std::string& file, std::uint64_t line, event::Event event, const OnFinding& on_finding);
  guard::Guard& guard_of(const event::Event& event);
  void problem(std::string text);

  std::shared_ptr<const guard::Pack> pack_;
  std::string home_;
  std::int64_t since_ns_ = 0;
  std::map<std::string, Open> open_;                             // by file
  std::map<std::string, std::unique_ptr<guard::Guard>> guards_;  // by session root
  std::map<std::string, std::string> workspace_;                 // by session root
  ScanTotals totals_;
};

// Every transcript below the given paths, or below the places where agents keep them. Sessions before their
// sub-agents. Errors: a path that does not exist.
Result<std::vector<std::string>> find_transcripts(const std::vector<std::string>& paths,
                                                  const std::string& home,
                                                  const std::map<std::string, std::string>& env);

}  // namespace weir::daemon
