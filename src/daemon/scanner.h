// Transcripts through the same guard, watching only: what would have been refused or asked, with file and
// line.
//
//   Scanner scanner(pack, {.home = home});
//   for (const auto& file : *find_transcripts({}, home, env)) scanner.scan(file, on_finding, on_progress);
//   scanner.totals().tool_calls …
//
// History that is written twice (resumed and forked sessions, compaction, the second copy that Claude Code
// writes of every result) is looked at once (scan_memory.h): a call with the same id and input in the same
// tree is the same call; a text is looked at once, and its findings say so with the same ScanFinding::same.
//
// One Guard per session tree, so that sub-agents count with their parents. Nothing of the disk but the
// transcripts is looked at: what a path leads to today says nothing about the day of the session. Memory is
// bounded by one line (limits::kTranscriptLineBytesMax) and the latest kScanSessionsMax session trees,
// whatever the files hold; while following, by a reader for each file as well.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/limits.h"
#include "daemon/scan_memory.h"
#include "event/decision.h"
#include "guard/guard.h"
#include "ingest/transcript.h"
#include "os/fd.h"

namespace weir::daemon {

// A call that Weir would have refused or held, or content with a secret or an injection in it (`warn`).
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
  std::string severity = "medium";
  std::string text;  // what it is about: command or path, printable, cut, without secrets
  // The same in every copy of one history (the call, or the text, and the rule): who reports counts these
  // together. 0: like nothing else.
  std::uint64_t same = 0;
  std::uint64_t occurrences = 1;
  // The same finding in another scan, for base lines: names session, call and policy, not the file or line,
  // which move. 16 hexadecimal digits.
  std::string fingerprint() const;
};

struct ScanTotals {
  std::uint64_t files = 0;
  std::uint64_t unknown_files = 0;  // no transcripts of a known format, or not readable
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t bad_lines = 0;
  std::uint64_t gaps = 0;
  std::uint64_t tool_calls = 0;
  std::uint64_t findings = 0;
  std::uint64_t repeated_calls = 0;  // copies of calls that were judged before in this scan
  ScanMemory::Counts texts;          // what detectors looked at, and what they had seen before
  std::map<std::string, std::uint64_t> calls_by_agent;
  std::map<std::string, std::uint64_t> sessions_by_agent;
  std::map<std::string, std::uint64_t> unknown_types;  // kinds of records this version does not know
  std::vector<std::string> problems;                   // named lines and files, the first kProblemsMax
  std::uint64_t problems_not_listed = 0;

  ScanTotals& operator+=(const ScanTotals& other);
  // What came since `before`, an earlier state of the same totals.
  ScanTotals since(const ScanTotals& before) const;
};
// Sessions by agent, as hashes of their roots.
using SeenSessions = std::map<std::string, std::unordered_set<std::size_t>>;
inline constexpr std::size_t kProblemsMax = 100;
inline constexpr std::size_t kScanSessionsMax = 1024;  // trees in hand; the one longest silent is forgotten

struct ScanOptions {
  std::string home;           // of the user whose transcripts these are
  std::int64_t since_ns = 0;  // report only what happened since, unix time; 0: all
  bool follow = false;        // scan() will be called again for the same files as they grow
  std::size_t memory_bytes = std::size_t{64} * limits::kMiB;  // of what is remembered to be seen once
};

class Scanner {
 public:
  using OnFinding = std::function<void(const ScanFinding&)>;
  using OnProgress = std::function<bool(std::uint64_t bytes)>;  // false: stop here

  Scanner(std::shared_ptr<const guard::Pack> pack, ScanOptions options)
      : pack_(std::move(pack)),
        options_(std::move(options)),
        memory_(pack_->detectors(), options_.memory_bytes) {}

  // Reads one transcript to its end, or until on_progress says stop; true when it came to the end. Whatever
  // is wrong with the file becomes a problem of totals(), never an Error. When following it goes on where
  // the last call ended, and a last line waits until its line end is written.
  bool scan(const std::string& file, const OnFinding& on_finding, const OnProgress& on_progress = {});

  const ScanTotals& totals() const { return totals_; }
  const SeenSessions& sessions() const { return seen_; }

 private:
  // A file that is being read.
  struct Open {
    std::unique_ptr<ingest::TranscriptReader> reader;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;    // when it was read last
    std::uint64_t offset = 0;  // up to which it was taken
    std::uint64_t line = 0;    // lines taken
    bool too_long = false;     // within a line that is passed over
    // What of the reader's counts is in totals_ already.
    ingest::TranscriptStats counted;
  };
  struct Session {
    std::unique_ptr<guard::Guard> guard;
    std::list<std::string>::iterator recent;
  };

  bool begin(const std::string& file, int fd, Open& open);
  bool read_on(const std::string& file, int fd, Open& open, const OnFinding& on_finding,
               const OnProgress& on_progress);
  void take_lines(const std::string& file, Open& open, std::string& line, std::string_view block,
                  const OnFinding& on_finding);
  void skip_line(const std::string& file, Open& open);
  void feed(const std::string& file, Open& open, const ingest::TranscriptReader::Line& line,
            const OnFinding& on_finding);
  void count(Open& open);
  struct Place {
    const std::string& file;
    std::uint64_t line;
    const OnFinding& on_finding;
    ingest::Record& record;
    bool is_new;  // after ScanOptions::since_ns
  };
  void judge(Place place);
  void judge_call(const Place& place, guard::Guard& guard, const Looked& looked);
  ScanFinding finding_at(const Place& place, event::Verdict verdict,
                         const std::vector<event::PolicyHit>& policies, const Looked& looked,
                         std::string_view same) const;
  std::vector<ScanFinding> in_content(const Place& place, const std::vector<event::Finding>& findings,
                                      const Looked& looked, const std::optional<ShortDigest>& act) const;
  void tell(const Place& place, const std::vector<ScanFinding>& found);
  void tell_again(const Place& place, ShortDigest act);
  guard::Guard& guard_of(const ingest::Record& record);
  void problem(std::string text);

  std::shared_ptr<const guard::Pack> pack_;
  ScanOptions options_;
  std::map<std::string, Open> open_;                   // by file; kept between calls only when following
  std::unordered_map<std::string, Session> sessions_;  // by session root
  std::list<std::string> recent_;                      // their roots, the latest first
  SeenSessions seen_;                                  // to count each session once
  ScanMemory memory_;
  std::map<ShortDigest, std::vector<ScanFinding>> found_in_calls_;  // by call, to tell of its copies; bounded
  ScanTotals totals_;
};

// The root of the session tree that a transcript belongs to, from its first records; none when they do not
// tell, or it is no transcript.
std::optional<std::string> transcript_root(const std::string& file);

// Every transcript below the given paths, or below the places where agents keep them. Sub-agents follow the
// session they belong to. Errors: a path that does not exist.
Result<std::vector<std::string>> find_transcripts(const std::vector<std::string>& paths,
                                                  const std::string& home,
                                                  const std::map<std::string, std::string>& env);

}  // namespace weir::daemon
