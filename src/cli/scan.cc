// `weir scan`: the transcripts that are there already, through the same guard.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ostream>
#include <set>

#include "base/bytes.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/policies.h"
#include "cli/scan_report.h"
#include "daemon/scanner.h"
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
  Scan(const Args& args, Context& context, std::shared_ptr<const guard::Pack> pack,
       std::set<std::string> baseline)
      : args_(args),
        context_(context),
        scanner_(std::move(pack), context.places.home),
        baseline_(std::move(baseline)) {}

  int run(std::vector<std::string> files, std::int64_t since) {
    scanner_.since(since);
    pass(files);
    while (args_.has("--follow") && interrupted == 0) {
      ::usleep(300'000);
      const auto again =
          daemon::find_transcripts(args_.positionals(), context_.places.home, os::environment());
      if (again) pass(*again);
      context_.out.flush();
    }
    ScanReport report{scanner_.totals(), std::move(findings_), agents_here(context_),
                      interrupted != 0,  files.size(),         known_};
    if (const auto out = args_.value("--write-baseline"))
      if (const Status written = write_baseline(*out, report); !written)
        return cli::report(written.error(), context_);
    if (args_.has("--sarif"))
      context_.out << sarif(report) << "\n";
    else if (context_.json)
      context_.out << compact(report_json(report)) << "\n";
    else if (!args_.has("--jsonl"))
      print_report(report, context_);
    return report.totals.findings > known_ ? exit_code::kFindings : exit_code::kFine;
  }

 private:
  void pass(const std::vector<std::string>& files) {
    Progress progress(context_, files.size());
    std::size_t done = 0;
    for (const auto& file : files) {
      if (interrupted != 0) return;
      scanner_.scan(
          file, [this](const daemon::ScanFinding& finding) { take(finding); },
          [&](std::uint64_t) {
            progress.show(done, scanner_.totals());
            return interrupted == 0;
          });
      progress.show(++done, scanner_.totals());
    }
  }

  void take(const daemon::ScanFinding& finding) {
    if (baseline_.contains(finding.fingerprint())) {
      ++known_;
      return;
    }
    if (args_.has("--jsonl")) context_.out << compact(finding_json(finding)) << "\n";
    // More than anybody reads is counted, not kept.
    constexpr std::size_t kKeptMax = 100'000;
    if (findings_.size() < kKeptMax) findings_.push_back(finding);
  }

  static Status write_baseline(const std::string& file, const ScanReport& report) {
    std::string text;
    for (const auto& finding : report.findings)
      text += finding.fingerprint() + "\n";
    return os::write_file_atomic(file, text, 0600);
  }

  const Args& args_;
  Context& context_;
  daemon::Scanner scanner_;
  std::set<std::string> baseline_;
  std::vector<daemon::ScanFinding> findings_;
  std::uint64_t known_ = 0;
};

int run_scan(const Args& args, Context& context) {
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
  auto pack = load_policies(args, context);
  if (!pack) return report(pack.error(), context);
  auto files = daemon::find_transcripts(args.positionals(), context.places.home, os::environment());
  if (!files) return report(files.error(), context);
  std::signal(SIGINT, scan_interrupted);
  return Scan(args, context, *pack, std::move(baseline)).run(*std::move(files), since);
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
