#include "daemon/scanner.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/time_text.h"
#include "daemon/engine.h"
#include "ingest/ingest.h"
#include "ingest/places.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kBlockBytes = 256 * 1024;
constexpr std::size_t kHeadBytes = 64 * 1024;  // enough to tell the format
constexpr std::size_t kGuardsMax = 1024;
constexpr std::size_t kFilesMax = 1'000'000;

std::string read_head(int fd) {
  std::string head(kHeadBytes, '\0');
  const ssize_t n = ::pread(fd, head.data(), head.size(), 0);
  head.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return head;
}

ingest::TranscriptFormat format_of(const std::string& file, int fd) {
  const std::string head = read_head(fd);
  auto lines = split(head, '\n');
  if (lines.size() > 1) lines.pop_back();  // perhaps cut
  if (lines.size() > 16) lines.resize(16);
  return ingest::detect_format(file, lines);
}

// Strongest hit's severity, for sorting and colours.
std::string severity_of(const event::Decision& decision) {
  return decision.policies.empty() ? "medium" : decision.policies.front().severity;
}

// Sub-agents after the sessions they belong to: their parents' state is there then.
bool before(const std::string& a, const std::string& b) {
  const bool sub_a = a.find("/subagents/") != std::string::npos;
  const bool sub_b = b.find("/subagents/") != std::string::npos;
  if (sub_a != sub_b) return !sub_a;
  return a < b;
}

std::string root_dir(std::string_view root, const std::string& home,
                     const std::map<std::string, std::string>& env) {
  for (const auto& [prefix, variable] :
       {std::pair{".claude/", "CLAUDE_CONFIG_DIR"}, std::pair{".codex/", "CODEX_HOME"}})
    if (root.starts_with(prefix))
      if (const auto it = env.find(variable); it != env.end() && !it->second.empty())
        return it->second + "/" + std::string(root.substr(std::string_view(prefix).size()));
  return home + "/" + std::string(root);
}

}  // namespace

std::string ScanFinding::fingerprint() const {
  const std::string policy = policies.empty() ? "" : policies.front().policy;
  return digest_text(sha256(session + "\n" + tool_use_id + "\n" + policy)).substr(7, 16);
}

void Scanner::problem(std::string text) {
  if (totals_.problems.size() < kProblemsMax) totals_.problems.push_back(std::move(text));
}

bool Scanner::scan(const std::string& file, const OnFinding& on_finding, const OnProgress& on_progress) {
  const os::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) {
    problem(file + ": cannot be opened");
    return true;
  }
  Open& open = open_[file];
  if (!open.reader) {
    open.reader = ingest::make_reader(format_of(file, fd.get()), file);
    if (!open.reader) {
      ++totals_.unknown_files;
      open_.erase(file);
      return true;
    }
    ++totals_.files;
  }
  std::string line;
  bool too_long = false;
  std::string block(kBlockBytes, '\0');
  while (true) {
    const ssize_t n =
        ::pread(fd.get(), block.data(), block.size(), static_cast<off_t>(open.offset + line.size()));
    if (n <= 0) break;
    totals_.bytes += static_cast<std::uint64_t>(n);
    std::string_view rest(block.data(), static_cast<std::size_t>(n));
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      const std::size_t taken = line.size() + end + 1;
      if (line.empty() && !too_long)
        feed(file, open, rest.substr(0, end), on_finding);
      else
        feed(file, open, too_long ? std::string_view() : std::string_view(line.append(rest.substr(0, end))),
             on_finding);
      open.offset += too_long ? end + 1 : taken;
      line.clear();
      too_long = false;
      rest.remove_prefix(end + 1);
    }
    if (too_long || line.size() + rest.size() > limits::kTranscriptLineBytesMax) {
      // Held back no longer: the line is counted as bad when its end comes.
      if (!too_long) problem(file + ":" + std::to_string(open.line + 1) + ": the line is longer than 32 MiB");
      too_long = true;
      open.offset += line.size() + rest.size();
      line.clear();
    } else {
      line.append(rest);
    }
    if (on_progress && !on_progress(totals_.bytes)) return false;
  }
  // A last line without its end may still be written to; it is read when nobody follows.
  if (!line.empty()) {
    feed(file, open, line, on_finding);
    open.offset += line.size();
  }
  return true;
}

void Scanner::feed(const std::string& file, Open& open, std::string_view line, const OnFinding& on_finding) {
  const std::uint64_t number = ++open.line;
  const auto before = open.reader->stats();
  auto events = open.reader->feed(line, number);
  const auto& after = open.reader->stats();
  ++totals_.lines;
  totals_.gaps += after.gaps - before.gaps;
  totals_.bad_lines += after.bad_lines - before.bad_lines;
  if (after.unknown_types.size() != before.unknown_types.size())
    for (const auto& [type, count] : after.unknown_types)
      totals_.unknown_types[type] += before.unknown_types.contains(type) ? 0 : count;
  if (!events) {
    problem(events.error().message());
    return;
  }
  for (auto& event : *events)
    judge(file, number, std::move(event), on_finding);
}

guard::Guard& Scanner::guard_of(const event::Event& event) {
  auto& guard = guards_[event.root];
  if (guard) return *guard;
  std::string workspace(event.body["cwd"].text_or(""));
  // A home or the root of the disk is no workspace: everything would lie inside it.
  if (workspace == "/" || workspace == home_) workspace.clear();
  guard = std::make_unique<guard::Guard>(pack_, guard::GuardOptions{.home = home_, .workspace = workspace});
  ++totals_.sessions_by_agent[event.agent.name];
  if (guards_.size() > kGuardsMax) {
    const auto other = guards_.begin()->first == event.root ? std::next(guards_.begin()) : guards_.begin();
    guards_.erase(other);
  }
  return *guards_[event.root];
}

void Scanner::judge(const std::string& file, std::uint64_t line, event::Event event,
                    const OnFinding& on_finding) {
  if (const auto when = from_rfc3339(event.time.source)) event.time.wall_ns = *when;
  if (since_ns_ != 0 && event.time.wall_ns != 0 && event.time.wall_ns < since_ns_) return;
  if (event.kind != event::kind::kToolCall || event.data["inherited"].bool_or(false)) return;
  ++totals_.tool_calls;
  ++totals_.calls_by_agent[event.agent.name];
  guard::Guard& guard = guard_of(event);
  event.id = "scan";
  guard.admit(event);
  const auto decision = guard.decide(
      event, {}, {.decision_id = "scan", .mode = guard::Mode::observe, .level_requested = "scan"});
  if (decision.would < event::Verdict::ask) return;
  ++totals_.findings;
  ScanFinding finding;
  finding.file = file;
  finding.line = line;
  finding.agent = event.agent.name;
  finding.session = event.session;
  finding.tool = event.data["tool"].text_or("");
  if (const auto it = event.corr.find("tool_use_id"); it != event.corr.end())
    finding.tool_use_id = it->second;
  finding.time = event.time.source;
  finding.verdict = decision.would;
  finding.policies = decision.policies;
  finding.reason = decision.policies.empty() ? decision.reason : decision.policies.front().reason;
  finding.severity = severity_of(decision);
  finding.text = call_summary(event);
  on_finding(finding);
}

Result<std::vector<std::string>> find_transcripts(const std::vector<std::string>& paths,
                                                  const std::string& home,
                                                  const std::map<std::string, std::string>& env) {
  std::vector<std::string> files;
  std::vector<std::string> dirs;
  for (const auto& path : paths) {
    const std::string resolved = os::resolve_path(path);
    const auto info = os::file_info(resolved);
    if (!info) return fail(ErrorCode::not_found, "there is no such file or directory", path);
    if (info->kind == os::FileInfo::Kind::dir)
      dirs.push_back(resolved);
    else
      files.push_back(resolved);
  }
  if (paths.empty())
    for (const std::string_view agent : {ingest::kClaudeCode, ingest::kCodex})
      for (const auto root : ingest::transcript_roots(agent))
        dirs.push_back(root_dir(root, home, env));
  for (const auto& dir : dirs)
    for (auto& file : os::find_files(dir, ".jsonl", kFilesMax))
      files.push_back(std::move(file));
  std::sort(files.begin(), files.end(), before);
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

}  // namespace weir::daemon
