#include "daemon/scanner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/time_text.h"
#include "daemon/shown.h"
#include "guard/rules.h"
#include "ingest/ingest.h"
#include "ingest/places.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kBlockBytes = 256 * limits::kKiB;
constexpr std::size_t kHeadBytes = 64 * limits::kKiB;  // enough to tell the format …
constexpr std::size_t kHeadLines = 16;                 // … unless lines are long
constexpr std::size_t kSeenRootsMax = 1'000'000;       // sessions told apart when counting them
constexpr std::size_t kFilesMax = 1'000'000;
// What rules look at in results and prompts (sigma/event_fields.h).
constexpr std::array<std::string_view, 4> kRuleFields = {"cwd", "tool", "output", "text"};
constexpr std::size_t kFoundInCallsMax = 4096;  // calls with findings, remembered to tell of their copies

// With the line that the first bytes end in, however long: a session may begin with a pasted file, and what
// is not told to be a transcript is not read.
std::string read_head(int fd) {
  std::string head;
  for (std::size_t want = kHeadBytes; head.size() <= limits::kTranscriptLineBytesMax; want = head.size()) {
    const std::size_t before = head.size();
    head.resize(before + want);
    const ssize_t n = ::pread(fd, head.data() + before, want, static_cast<off_t>(before));
    head.resize(before + (n > 0 ? static_cast<std::size_t>(n) : 0));
    const bool ended = head.size() < before + want;
    const bool line_ended = before > 0 && head.find('\n', before) != std::string::npos;
    const auto lines = static_cast<std::size_t>(std::count(head.begin(), head.end(), '\n'));
    if (ended || line_ended || lines >= kHeadLines) break;
  }
  return head;
}

ingest::TranscriptFormat format_of(const std::string& file, int fd) {
  const std::string head = read_head(fd);
  auto lines = split(head, '\n');
  if (lines.size() > 1) lines.pop_back();  // perhaps cut
  if (lines.size() > kHeadLines) lines.resize(kHeadLines);
  return ingest::detect_format(file, lines);
}

// Claude Code keeps the sub-agents of <dir>/<session>.jsonl in <dir>/<session>/subagents/: they sort right
// after it, so that the parent's state is there and may be forgotten soon. Codex' rollouts begin with their
// time, a parent's before its children's.
std::string order_key(const std::string& file) {
  const auto at = file.find("/subagents/");
  if (at == std::string::npos) return file;
  return file.substr(0, at) + ".jsonl/" + file.substr(at);
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

// What makes two records one call: whoever copies a history keeps the ids of its calls. "" when it has none.
std::string call_identity(const event::Event& event) {
  const auto id = event.corr.find("tool_use_id");
  if (id == event.corr.end()) return {};
  return event.agent.name + "\n" + id->second + "\n" + std::string(event.data["tool"].text_or("")) + "\n" +
         compact(event.body["input"]);
}

// The same for results and prompts, for the state of the session; their texts are looked at in any case.
std::optional<ShortDigest> act_of(const event::Event& event, const Looked& looked) {
  const bool is_result = event.kind == event::kind::kToolResult;
  const auto id = event.corr.find(is_result ? "tool_use_id" : "record_id");
  if (id == event.corr.end()) return std::nullopt;
  std::string act = event.root + "\n" + event.kind + "\n" + id->second + "\n" +
                    (event.data["failed"].bool_or(false) ? "failed\n" : "\n") + std::to_string(looked.bytes);
  for (const auto& finding : looked.findings)
    (act += '\n') += finding.rule;
  return short_digest(act);
}

// What a finding is about: the text that holds it; the act as a whole for those of policies and rules. ""
// when that has no identity.
std::string same_as(const event::Finding& finding, const Looked& looked,
                    const std::optional<ShortDigest>& act) {
  const auto at = std::find(looked.findings.begin(), looked.findings.end(), finding);
  std::optional<ShortDigest> what = act;
  if (at != looked.findings.end())
    what = looked.texts[static_cast<std::size_t>(std::distance(looked.findings.begin(), at))];
  return what ? std::to_string(what->high) + ' ' + std::to_string(what->low) : std::string();
}

}  // namespace

std::string ScanFinding::fingerprint() const {
  const std::string policy = policies.empty() ? "" : policies.front().policy;
  // Calls without an id are told apart by what they are about.
  const std::string call = tool_use_id.empty() ? tool + "\n" + time + "\n" + text : tool_use_id;
  return digest_text(sha256(session + "\n" + call + "\n" + policy)).substr(7, 16);
}

ScanTotals& ScanTotals::operator+=(const ScanTotals& other) {
  files += other.files;
  unknown_files += other.unknown_files;
  bytes += other.bytes;
  lines += other.lines;
  bad_lines += other.bad_lines;
  gaps += other.gaps;
  tool_calls += other.tool_calls;
  findings += other.findings;
  repeated_calls += other.repeated_calls;
  texts += other.texts;
  for (const auto& [agent, calls] : other.calls_by_agent)
    calls_by_agent[agent] += calls;
  for (const auto& [agent, sessions] : other.sessions_by_agent)
    sessions_by_agent[agent] += sessions;
  for (const auto& [type, times] : other.unknown_types)
    unknown_types[type] += times;
  problems_not_listed += other.problems_not_listed;
  for (const auto& text : other.problems) {
    if (problems.size() < kProblemsMax)
      problems.push_back(text);
    else
      ++problems_not_listed;
  }
  return *this;
}

ScanTotals ScanTotals::since(const ScanTotals& before) const {
  const auto less = [](std::map<std::string, std::uint64_t> now, const auto& then) {
    for (const auto& [name, count] : then)
      now[name] -= count;
    std::erase_if(now, [](const auto& one) { return one.second == 0; });
    return now;
  };
  ScanTotals since = *this;
  since.files -= before.files;
  since.unknown_files -= before.unknown_files;
  since.bytes -= before.bytes;
  since.lines -= before.lines;
  since.bad_lines -= before.bad_lines;
  since.gaps -= before.gaps;
  since.tool_calls -= before.tool_calls;
  since.findings -= before.findings;
  since.repeated_calls -= before.repeated_calls;
  since.texts.texts -= before.texts.texts;
  since.texts.text_bytes -= before.texts.text_bytes;
  since.texts.repeated_texts -= before.texts.repeated_texts;
  since.texts.repeated_bytes -= before.texts.repeated_bytes;
  since.calls_by_agent = less(calls_by_agent, before.calls_by_agent);
  since.sessions_by_agent = less(sessions_by_agent, before.sessions_by_agent);
  since.unknown_types = less(unknown_types, before.unknown_types);
  since.problems.erase(since.problems.begin(),
                       since.problems.begin() + static_cast<std::ptrdiff_t>(before.problems.size()));
  since.problems_not_listed -= before.problems_not_listed;
  return since;
}

void Scanner::problem(std::string text) {
  if (totals_.problems.size() < kProblemsMax)
    totals_.problems.push_back(std::move(text));
  else
    ++totals_.problems_not_listed;
}

bool Scanner::scan(const std::string& file, const OnFinding& on_finding, const OnProgress& on_progress) {
  // A pipe must not block, a terminal not become ours.
  const os::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  const auto known = open_.find(file);
  if (!fd) {
    if (known != open_.end()) return true;  // gone since; what it told stays told
    problem(file + ": cannot be opened: " + std::strerror(errno));
    ++totals_.unknown_files;
    if (options_.follow) open_[file] = {};
    return true;
  }
  Open& open = known == open_.end() ? open_[file] : known->second;
  const bool whole = !begin(file, fd.get(), open) || read_on(file, fd.get(), open, on_finding, on_progress);
  if (open.reader) count(open);
  if (!options_.follow) open_.erase(file);
  return whole;
}

// Is there something to read, and how?
bool Scanner::begin(const std::string& file, int fd, Open& open) {
  struct stat status{};
  const bool first = open.inode == 0;
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    if (first) {
      problem(file + ": not a regular file");
      ++totals_.unknown_files;
    }
    open.inode = status.st_ino;
    return false;
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (!first && (status.st_ino != open.inode || size < open.offset)) {
    problem(file + ": was replaced or cut while it was followed; it is read again from its begin");
    if (open.reader) count(open);
    open = {};
  }
  if (!first && open.size == size) return false;
  open.inode = status.st_ino;
  open.size = size;
  // Transcripts are only appended to: one that was not touched since holds nothing newer.
  const std::int64_t touched_ns =
      std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  if (touched_ns < options_.since_ns) return false;
  if (open.reader) return true;
  open.reader = ingest::make_reader(format_of(file, fd), file);
  if (open.reader) {
    ++totals_.files;
    return true;
  }
  // One that is still empty will tell its format later.
  if (size == 0 && options_.follow) return false;
  if (first) {
    if (size > 0) problem(file + ": not a transcript of a known agent");
    ++totals_.unknown_files;
  }
  return false;
}

bool Scanner::read_on(const std::string& file, int fd, Open& open, const OnFinding& on_finding,
                      const OnProgress& on_progress) {
  std::string line;  // the begin of a line whose end was not read yet
  std::string block(kBlockBytes + JsonDocument::kPaddingBytes, '\0');
  while (true) {
    const auto at = static_cast<off_t>(open.offset + line.size());
    const ssize_t n = ::pread(fd, block.data(), kBlockBytes, at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) problem(file + ": reading failed: " + std::strerror(errno));
    if (n <= 0) break;
    totals_.bytes += static_cast<std::uint64_t>(n);
    take_lines(file, open, line, std::string_view(block.data(), static_cast<std::size_t>(n)), on_finding);
    if (on_progress && !on_progress(totals_.bytes)) return false;
  }
  // A last line without its end is still being written when somebody follows, else it is all there will be.
  if (options_.follow) return true;
  if (open.too_long) skip_line(file, open);
  if (!line.empty()) feed(file, open, {.text = line}, on_finding);
  open.offset += line.size();
  return true;
}

// Feeds the lines that end in `block`, which follows `line`; what is left over becomes the next `line`.
// Behind `block` more may be read.
void Scanner::take_lines(const std::string& file, Open& open, std::string& line, std::string_view block,
                         const OnFinding& on_finding) {
  for (auto end = block.find('\n'); end != std::string_view::npos; end = block.find('\n')) {
    const std::string_view rest = block.substr(0, end);
    open.offset += line.size() + end + 1;
    if (open.too_long)
      skip_line(file, open);
    else if (line.empty())
      feed(file, open, {.text = rest, .readable_after = JsonDocument::kPaddingBytes}, on_finding);
    else
      feed(file, open, {.text = line.append(rest)}, on_finding);
    line.clear();
    block.remove_prefix(end + 1);
  }
  if (open.too_long || line.size() + block.size() > limits::kTranscriptLineBytesMax) {
    open.too_long = true;
    open.offset += line.size() + block.size();
    std::string().swap(line);
  } else {
    line.append(block);
  }
}

// The end of a line that was longer than may be held.
void Scanner::skip_line(const std::string& file, Open& open) {
  open.too_long = false;
  ++open.line;
  ++totals_.lines;
  ++totals_.bad_lines;
  problem("the line is longer than " + std::to_string(limits::kTranscriptLineBytesMax) + " bytes (" + file +
          ":" + std::to_string(open.line) + "): this line is skipped, the rest is read");
}

void Scanner::feed(const std::string& file, Open& open, const ingest::TranscriptReader::Line& line,
                   const OnFinding& on_finding) {
  const std::uint64_t number = ++open.line;
  ++totals_.lines;
  auto records = open.reader->read({line.text, number, line.readable_after}, ingest::Wanted::judged);
  if (!records) {
    problem(records.error().message());
    return;
  }
  for (auto& record : *records)
    judge({file, number, on_finding, record, true});
}

// Takes what the reader counted since the last time into the totals.
void Scanner::count(Open& open) {
  const auto& now = open.reader->stats();
  totals_.gaps += now.gaps - open.counted.gaps;
  totals_.bad_lines += now.bad_lines - open.counted.bad_lines;
  for (const auto& [type, times] : now.unknown_types) {
    const auto before = open.counted.unknown_types.find(type);
    const std::uint64_t counted = before == open.counted.unknown_types.end() ? 0 : before->second;
    if (times == counted) continue;
    auto& types = totals_.unknown_types;
    const bool room = types.contains(type) || types.size() < limits::kTranscriptTypesMax;
    types[room ? type : "(others)"] += times - counted;
  }
  open.counted = now;
}

guard::Guard& Scanner::guard_of(const ingest::Record& record) {
  const event::Event& event = record.event;
  if (const auto it = sessions_.find(event.root); it != sessions_.end()) {
    recent_.splice(recent_.begin(), recent_, it->second.recent);
    return *it->second.guard;
  }
  if (sessions_.size() >= kScanSessionsMax) {
    sessions_.erase(recent_.back());
    recent_.pop_back();
  }
  auto& seen = seen_[event.agent.name];
  const std::size_t hash = std::hash<std::string>{}(event.root);
  if (!seen.contains(hash)) {
    ++totals_.sessions_by_agent[event.agent.name];
    if (seen.size() < kSeenRootsMax) seen.insert(hash);
  }
  std::string workspace(record.body.text("cwd"));
  // A home or the root of the disk is no workspace: everything would lie inside it.
  if (workspace == "/" || workspace == options_.home) workspace.clear();
  recent_.push_front(event.root);
  auto guard = std::make_unique<guard::Guard>(
      pack_, guard::GuardOptions{.home = options_.home, .workspace = std::move(workspace)});
  auto& session = sessions_[event.root];
  session = {std::move(guard), recent_.begin()};
  return *session.guard;
}

void Scanner::judge(Place place) {
  event::Event& event = place.record.event;
  const bool is_call = event.kind == event::kind::kToolCall;
  if (!is_call && event.kind != event::kind::kToolResult && event.kind != event::kind::kPrompt) return;
  if (const auto when = from_rfc3339(event.time.source)) event.time.wall_ns = *when;
  guard::Guard& guard = guard_of(place.record);
  event.id = "scan";
  // What came before counts for budgets and facts, and is not reported. One without a time may be new.
  place.is_new = event.time.wall_ns == 0 || event.time.wall_ns >= options_.since_ns;
  const Looked looked = memory_.look(place.record.body);
  totals_.texts += memory_.take_counts();
  if (is_call) return judge_call(place, guard, looked);
  const auto act = act_of(event, looked);
  auto findings = looked.findings;
  if (!act || memory_.first_time(*act)) {
    event.body = place.record.body.to_json(kRuleFields);
    guard.admit(event);
    // The call is over: its reservation is known to be used.
    findings = guard.note(event, std::move(findings));
  }
  if (place.is_new) tell(place, in_content(place, findings, looked, act));
}

void Scanner::judge_call(const Place& place, guard::Guard& guard, const Looked& looked) {
  event::Event& event = place.record.event;
  event.body = place.record.body.to_json();
  const std::string identity = call_identity(event);
  const std::optional<ShortDigest> act =
      identity.empty() ? std::nullopt : std::optional(short_digest(event.root + "\n" + identity));
  if (act && !memory_.first_time(*act)) {
    totals_.repeated_calls += place.is_new ? 1 : 0;
    return tell_again(place, *act);
  }
  guard.admit(event);
  const auto decision = guard.decide(event, {},
                                     {.decision_id = "scan",
                                      .mode = guard::Mode::observe,
                                      .level_requested = "scan",
                                      .content = &looked.findings});
  if (!place.is_new) return;
  ++totals_.tool_calls;
  ++totals_.calls_by_agent[event.agent.name];
  std::vector<ScanFinding> found;
  if (decision.would >= event::Verdict::ask) {
    found.push_back(finding_at(place, decision.would, decision.policies, looked, identity));
  } else {
    found = in_content(place, decision.findings, looked, act);
  }
  tell(place, found);
  if (found.empty() || !act) return;
  if (found_in_calls_.size() >= kFoundInCallsMax) found_in_calls_.erase(found_in_calls_.begin());
  found_in_calls_.insert_or_assign(*act, std::move(found));
}

// A copy of a call that was judged: what was found then is found once more.
void Scanner::tell_again(const Place& place, ShortDigest act) {
  const auto it = found_in_calls_.find(act);
  if (it == found_in_calls_.end() || !place.is_new) return;
  std::vector<ScanFinding> found = it->second;
  for (auto& finding : found) {
    finding.file = place.file;
    finding.line = place.line;
  }
  tell(place, found);
}

void Scanner::tell(const Place& place, const std::vector<ScanFinding>& found) {
  totals_.findings += found.size();
  for (const auto& finding : found)
    place.on_finding(finding);
}

// What detectors found in the content of an event, which no policy would have stopped.
std::vector<ScanFinding> Scanner::in_content(const Place& place, const std::vector<event::Finding>& findings,
                                             const Looked& looked,
                                             const std::optional<ShortDigest>& act) const {
  std::vector<ScanFinding> found;
  for (const auto& finding : findings) {
    const bool is_content = finding.evidence_class == "secret" || finding.evidence_class == "injection";
    const bool is_told = is_content || guard::is_of_rules(finding, pack_->rules().get());
    if (!is_told || finding.severity < event::Severity::medium) continue;
    found.push_back(finding_at(place, event::Verdict::warn,
                               {{finding.rule,
                                 event::Verdict::warn,
                                 "enforce",
                                 finding.message,
                                 std::string(event::name(finding.severity)),
                                 finding.evidence_class,
                                 {},
                                 0}},
                               looked, same_as(finding, looked, act)));
  }
  return found;
}

// `same`: what is found, "" when it is like nothing else.
ScanFinding Scanner::finding_at(const Place& place, event::Verdict verdict,
                                const std::vector<event::PolicyHit>& policies, const Looked& looked,
                                std::string_view same) const {
  event::Event& event = place.record.event;
  if (event.body.is_null()) event.body = place.record.body.to_json();
  ScanFinding finding;
  finding.file = place.file;
  finding.line = place.line;
  finding.agent = event.agent.name;
  finding.session = event.session;
  finding.tool = event.data["tool"].text_or("");
  if (const auto it = event.corr.find("tool_use_id"); it != event.corr.end())
    finding.tool_use_id = it->second;
  finding.time = event.time.source;
  finding.verdict = verdict;
  finding.policies = policies;
  if (!policies.empty()) {
    finding.reason = policies.front().reason;
    finding.severity = policies.front().severity;
  }
  finding.text = Shown(event, looked.findings, pack_->detectors()).summary();
  if (!same.empty() && !policies.empty())
    finding.same = short_digest(policies.front().policy + "\n" + std::string(same)).high;
  return finding;
}

std::optional<std::string> transcript_root(const std::string& file) {
  const os::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return std::nullopt;
  const std::string head = read_head(fd.get());
  auto lines = split(head, '\n');
  if (lines.size() > 1) lines.pop_back();
  const auto reader = ingest::make_reader(format_of(file, fd.get()), file);
  if (!reader) return std::nullopt;
  std::uint64_t number = 0;
  for (const auto line : lines)
    if (const auto events = reader->feed(line, ++number); events && !events->empty())
      return events->front().root;
  return std::nullopt;
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
  std::vector<std::pair<std::string, std::string>> keyed;
  keyed.reserve(files.size());
  for (auto& file : files)
    keyed.emplace_back(order_key(file), std::move(file));
  std::sort(keyed.begin(), keyed.end());
  keyed.erase(std::unique(keyed.begin(), keyed.end()), keyed.end());
  files.clear();
  for (auto& [key, file] : keyed)
    files.push_back(std::move(file));
  return files;
}

}  // namespace weir::daemon
