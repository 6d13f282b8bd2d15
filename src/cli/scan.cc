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
#include "daemon/scan_redact.h"
#include "daemon/scan_state.h"
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
       std::set<std::string> baseline, std::optional<daemon::ScanState> state)
      : args_(args),
        context_(context),
        state_(std::move(state)),
        pool_(pack, {.home = context.places.home, .since_ns = since, .follow = args.has("--follow")}, 0),
        findings_(std::move(baseline), args.has("--write-baseline"), !args.has("--jsonl")) {}

  int run(std::vector<std::string> files) {
    pass(state_ ? left_to_read(files) : files);
    if (args_.has("--follow")) follow(files);
    findings_.order(files);
    if (state_)
      if (const Status saved = state_->save(); !saved) return cli::report(saved.error(), context_);
    if (const auto out = args_.value("--write-baseline"))
      if (const Status written = write_baseline(*out); !written)
        return cli::report(written.error(), context_);
    ScanReport report = made_report(files.size());
    if (redacted_) report.redacted = redact_json(*redacted_);
    if (args_.has("--sarif"))
      context_.out << sarif(report) << "\n";
    else if (args_.has("--jsonl"))
      print_problems(report, context_);
    else if (context_.json)
      context_.out << compact(report_json(report)) << "\n";
    else
      print_report(report, context_);
    return report.distinct > 0 ? exit_code::kFindings : exit_code::kFine;
  }

  // Cleaned copies first: who hands them on wants to know that they are there, whatever is found then.
  Status redact(const std::vector<std::string>& files, const std::string& out, const guard::Pack& pack) {
    TRY(redacted_, daemon::redact_files(files, out, *pack.detectors(), [] { return interrupted == 0; }));
    return {};
  }

 private:
  // What an earlier scan finished is taken from its state, as if it had been found now.
  std::vector<std::string> left_to_read(const std::vector<std::string>& files) {
    auto kept = state_->keep(files);
    resumed_ = kept.files;
    resumed_totals_ = std::move(kept.totals);
    for (const auto& finding : kept.findings)
      take(finding);
    return std::move(kept.to_read);
  }

  ScanReport made_report(std::size_t files) const {
    daemon::ScanTotals totals = pool_.totals();
    totals += resumed_totals_;
    return {.totals = std::move(totals),
            .findings = findings_.kept(),
            .agents = agents_here(context_),
            .partial = interrupted != 0 && !args_.has("--follow"),
            .with_baseline = args_.has("--baseline"),
            .files = files,
            .resumed = resumed_,
            .known = findings_.known(),
            .distinct = findings_.distinct(),
            .occurrences = findings_.occurrences(),
            .not_listed = findings_.not_listed(),
            .by_rule = findings_.by_rule(),
            .by_agent = findings_.by_agent(),
            .by_session = findings_.by_session(),
            .sessions_not_listed = findings_.sessions_not_listed()};
  }

  void pass(const std::vector<std::string>& files) {
    Progress progress(context_, files.size());
    const auto found = [this](const daemon::ScanFinding& finding) {
      take(finding);
      if (state_) state_->found(finding);
    };
    const auto go_on = [&](std::size_t done, const daemon::ScanTotals& totals) {
      progress.show(done, totals);
      save_now_and_then();
      return interrupted == 0;
    };
    const daemon::ScanPool::OnFile finished =
        [this](const std::string& file, const daemon::ScanTotals& totals) { state_->finished(file, totals); };
    pool_.pass(files, found, go_on, state_ ? finished : daemon::ScanPool::OnFile());
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
    if (findings_.take(finding) != ScanFindings::Taken::fresh) return;
    if (args_.has("--jsonl")) context_.out << compact(finding_json(finding)) << "\n";
    // While following, a person sees each as it happens.
    else if (args_.has("--follow") && !context_.json && !args_.has("--sarif"))
      print_finding(finding, context_);
  }

  // So that a scan which is killed loses little. One that fails is told of at the end.
  void save_now_and_then() {
    constexpr std::int64_t kEveryNs = 10'000'000'000;
    if (!state_ || os::monotonic_ns() - saved_ns_ < kEveryNs) return;
    (void)state_->save();
    saved_ns_ = os::monotonic_ns();
  }

  // Everything found, known or new: the file may replace the one that --baseline read.
  Status write_baseline(const std::string& file) const {
    std::string text;
    for (const auto& fingerprint : findings_.fingerprints())
      text += fingerprint + "\n";
    return os::write_file_atomic(file, text, 0600);
  }

  const Args& args_;
  Context& context_;
  std::optional<daemon::ScanState> state_;  // of --resume
  std::int64_t saved_ns_ = os::monotonic_ns();
  std::size_t resumed_ = 0;
  daemon::ScanTotals resumed_totals_;
  std::optional<daemon::RedactReport> redacted_;
  daemon::ScanPool pool_;
  ScanFindings findings_;
};

// What the answers of a scan depend on, but for the transcripts.
std::string state_key(const guard::Pack& pack, const Args& args, const Context& context) {
  return pack.policy_digest() + " " + pack.content_digest() + " " + args.value_or("--since", "") + " " +
         context.places.home;
}

// Options that do not go together; the reason, or "".
std::string_view exclusion(const Args& args) {
  if (args.has("--sarif") && args.has("--jsonl"))
    return "--sarif and --jsonl exclude each other; give one of them";
  if (args.has("--follow") && (args.has("--resume") || args.has("--redact")))
    return "--follow goes on by itself: it takes neither --resume nor --redact";
  return "";
}

int run_scan(const Args& args, Context& context) {
  if (const auto why = exclusion(args); !why.empty()) return usage_error(std::string(why), context);
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
  // What was read long ago is judged by what was done: following every value would double the time.
  auto pack = load_policies(args, context, true, false);
  if (!pack) return report(pack.error(), context);
  auto files = daemon::find_transcripts(args.positionals(), context.places.home, os::environment());
  if (!files) return report(files.error(), context);
  std::optional<daemon::ScanState> state;
  if (const auto file = args.value("--resume")) {
    auto loaded = daemon::ScanState::load(*file, state_key(**pack, args, context));
    if (!loaded) return report(loaded.error(), context);
    state = *std::move(loaded);
  }
  Scan scan(args, context, *pack, since, std::move(baseline), std::move(state));
  if (const auto out = args.value("--redact"))
    if (const Status written = scan.redact(*files, *out, **pack); !written)
      return report(written.error(), context);
  return scan.run(*std::move(files));
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
                  {"--resume", "FILE",
                   "go on where the scan that wrote FILE ended, and keep FILE up to date"},
                  {"--redact", "OUT", "write copies without secrets into the new directory OUT"},
                  {"--policy", "DIR", "only the *.cedar files of DIR instead of the policies in force"}},
      .positionals = {{"PATH", "transcripts or directories of them", false, true}},
      .takes_rest = false,
      .examples = {{"weir scan", "everything on this machine"},
                   {"weir scan --since 7d --json", "the last week, for scripts"},
                   {"weir scan --resume scan.state", "a long scan that may be interrupted"},
                   {"weir scan session.jsonl --redact cleaned", "a copy to hand on"},
                   {"weir scan session.jsonl --sarif > weir.sarif", "for code scanning"}},
      .run = run_scan};
}

}  // namespace weir::cli
