// `weir scan`: the transcripts that are there already, through the same guard.
#include <unistd.h>

#include <algorithm>

#include <chrono>
#include <csignal>
#include <ostream>
#include <set>
#include <unordered_map>

#include "base/bytes.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/policies.h"
#include "cli/scan_report.h"
#include "daemon/scan_pool.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "setup/agents.h"
#include "setup/inspect.h"

namespace weir::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;
extern "C" void scan_interrupted(int) {
  interrupted = 1;
}

constexpr std::size_t kBaselineBytesMax = 64 * limits::kMiB;

Result<std::int64_t> since_ns(const std::string& text) {
  if (const auto span = duration_ns(text)) return os::wall_ns() - *span;
  if (const auto time = from_rfc3339(text)) return *time;
  if (const auto day = from_rfc3339(text + "T00:00:00Z")) return *day;
  return fail("not a time: " + text, "--since", "write 24h, 7d, 2026-11-01 or an RFC 3339 time");
}

Result<std::set<std::string>> read_baseline(const std::string& file) {
  TRY(const std::string text, os::read_file(file, kBaselineBytesMax));
  std::set<std::string> known;
  for (const auto line : split(text, '\n'))
    if (!trim(line).empty()) known.emplace(trim(line));
  return known;
}

// One line on a terminal, rewritten in place, at most five times a second.
class Progress {
 public:
  Progress(Context& context, std::size_t files) : context_(context), files_(files) {
    on_ = !context.quiet && ::isatty(2) != 0;
  }
  void show(std::size_t done, const daemon::ScanTotals& totals) {
    const auto now_ns = os::monotonic_ns();
    if (!on_ || now_ns - shown_ns_ < 200'000'000) return;
    shown_ns_ = now_ns;
    context_.err << "\r\x1b[K" << done << "/" << files_ << " files, " << totals.bytes / limits::kMiB
                 << " MiB, " << totals.tool_calls << " tool calls, " << totals.findings << " findings"
                 << std::flush;
  }
  ~Progress() {
    if (on_) context_.err << "\r\x1b[K" << std::flush;
  }

 private:
  Context& context_;
  std::size_t files_;
  bool on_ = false;
  std::int64_t shown_ns_ = 0;
};

std::vector<setup::FoundAgent> agents_here(const Context& context) {
  const auto around = setup::surroundings(context.places, os::environment(), "", "");
  const auto installed = setup::installed_paths(context.places);
  return setup::find_agents(around, os::env_or("PATH", ""),
                            installed ? *installed : std::vector<setup::InstalledPath>{});
}

class Scan {
 public:
  Scan(const Args& args, Context& context, const std::shared_ptr<const guard::Pack>& pack, std::int64_t since,
       std::set<std::string> baseline)
      : args_(args),
        context_(context),
        pool_(pack, {.home = context.places.home, .since_ns = since, .follow = args.has("--follow")}, 0),
        baseline_(std::move(baseline)) {}

  int run(std::vector<std::string> files) {
    pass(files);
    if (args_.has("--follow")) follow(files);
    order_findings(files);
    ScanReport report{.totals = pool_.totals(),
                      .findings = std::move(findings_),
                      .agents = agents_here(context_),
                      .partial = interrupted != 0 && !args_.has("--follow"),
                      .files = files.size(),
                      .known = known_,
                      .not_listed = not_listed_};
    if (const auto out = args_.value("--write-baseline"))
      if (const Status written = write_baseline(*out); !written)
        return cli::report(written.error(), context_);
    if (args_.has("--sarif"))
      context_.out << sarif(report) << "\n";
    else if (args_.has("--jsonl"))
      print_problems(report, context_);
    else if (context_.json)
      context_.out << compact(report_json(report)) << "\n";
    else
      print_report(report, context_);
    return report.totals.findings > known_ ? exit_code::kFindings : exit_code::kFine;
  }

 private:
  // As if one after another had been read: the report does not depend on the number of processors.
  void order_findings(const std::vector<std::string>& files) {
    std::unordered_map<std::string_view, std::size_t> places;
    for (const auto& file : files)
      places.emplace(file, places.size());
    std::stable_sort(findings_.begin(), findings_.end(), [&](const auto& a, const auto& b) {
      return std::pair(places[a.file], a.line) < std::pair(places[b.file], b.line);
    });
  }

  void pass(const std::vector<std::string>& files) {
    Progress progress(context_, files.size());
    pool_.pass(
        files, [this](const daemon::ScanFinding& finding) { take(finding); },
        [&](std::size_t done, const daemon::ScanTotals& totals) {
          progress.show(done, totals);
          return interrupted == 0;
        });
  }

  // Until Ctrl-C, or nobody reads any more. New files are looked for less often than known ones.
  void follow(std::vector<std::string>& files) {
    constexpr int kTurnsPerSearch = 7;  // about every two seconds
    for (int turn = 1; interrupted == 0 && context_.out.good(); ++turn) {
      ::usleep(300'000);
      if (turn % kTurnsPerSearch == 0)
        if (auto again =
                daemon::find_transcripts(args_.positionals(), context_.places.home, os::environment()))
          files = *std::move(again);
      pass(files);
      context_.out.flush();
    }
  }

  void take(const daemon::ScanFinding& finding) {
    const bool listing = args_.has("--write-baseline");
    const std::string fingerprint = listing || !baseline_.empty() ? finding.fingerprint() : "";
    if (listing && found_.size() < kFoundMax) found_.insert(fingerprint);
    if (baseline_.contains(fingerprint)) {
      ++known_;
      return;
    }
    if (args_.has("--jsonl")) {
      context_.out << compact(finding_json(finding)) << "\n";
      return;
    }
    // While following, a person sees each as it happens.
    if (args_.has("--follow") && !context_.json && !args_.has("--sarif")) print_finding(finding, context_);
    // More than anybody reads is counted, not kept.
    if (findings_.size() < kKeptMax)
      findings_.push_back(finding);
    else
      ++not_listed_;
  }

  // Everything found, known or new: the file may replace the one that --baseline read.
  Status write_baseline(const std::string& file) const {
    std::string text;
    for (const auto& fingerprint : found_)
      text += fingerprint + "\n";
    return os::write_file_atomic(file, text, 0600);
  }

  static constexpr std::size_t kKeptMax = 20'000;
  static constexpr std::size_t kFoundMax = 1'000'000;

  const Args& args_;
  Context& context_;
  daemon::ScanPool pool_;
  std::set<std::string> baseline_;
  std::set<std::string> found_;  // fingerprints for --write-baseline
  std::vector<daemon::ScanFinding> findings_;
  std::uint64_t known_ = 0;
  std::uint64_t not_listed_ = 0;
};

int run_scan(const Args& args, Context& context) {
  if (args.has("--sarif") && args.has("--jsonl")) {
    context.err << "weir: --sarif and --jsonl exclude each other; give one of them\n";
    return exit_code::kUsage;
  }
  interrupted = 0;
  std::signal(SIGINT, scan_interrupted);
  std::signal(SIGTERM, scan_interrupted);
  std::int64_t since = 0;
  if (const auto text = args.value("--since")) {
    const auto parsed = since_ns(*text);
    if (!parsed) return report(parsed.error(), context);
    since = *parsed;
  }
  std::set<std::string> baseline;
  if (const auto file = args.value("--baseline")) {
    auto read = read_baseline(*file);
    if (!read) return report(read.error(), context);
    baseline = *std::move(read);
  }
  auto pack = load_policies(args, context, true);
  if (!pack) return report(pack.error(), context);
  auto files = daemon::find_transcripts(args.positionals(), context.places.home, os::environment());
  if (!files) return report(files.error(), context);
  return Scan(args, context, *pack, since, std::move(baseline)).run(*std::move(files));
}

}  // namespace

CommandSpec scan_command() {
  return {
      .name = "scan",
      .summary = "Replay transcripts and report what would have been refused or asked",
      .description =
          "Finds the transcripts of Claude Code and Codex by itself, or reads those below PATH. Nothing is "
          "changed and no daemon is needed. Ctrl-C leaves a partial report. Exit code 1 with findings.",
      .options = {{"--jsonl", "", "one finding a line, as it is found"},
                  {"--sarif", "", "SARIF 2.1.0"},
                  {"--since", "T", "only what happened since: 24h, 7d, 2026-11-01"},
                  {"--follow", "", "go on as transcripts grow"},
                  {"--baseline", "FILE", "do not report again what FILE lists"},
                  {"--write-baseline", "FILE", "list what was found, for --baseline"},
                  {"--policy", "DIR", "only the *.cedar files of DIR instead of the policies in force"}},
      .positionals = {{"PATH", "transcripts or directories of them", false, true}},
      .takes_rest = false,
      .examples = {{"weir scan", "everything on this machine"},
                   {"weir scan --since 7d --json", "the last week, for scripts"},
                   {"weir scan session.jsonl --sarif > weir.sarif", "for code scanning"}},
      .run = run_scan};
}

}  // namespace weir::cli
