#include "daemon/transcript_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/time_text.h"
#include "ingest/ingest.h"
#include "ingest/tools.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

namespace kind = event::kind;
using ingest::ToolKind;

constexpr std::size_t kFilesMax = 50'000;
constexpr std::size_t kReadBytes = 64 * limits::kKiB;
// Clocks of records are written a moment after the fact and rounded.
constexpr std::int64_t kClockSlackNs = 1'000'000'000;
constexpr int kScanShare = 20;  // searching takes at most one part in so many of the time

// What a call was, until its result comes.
struct OpenCall {
  std::string tool;
  bool counts = false;  // an effect outside is possible, and a hook was to see it
  bool typed = false;   // write_stdin
  std::string opened_by;
};

std::string corr(const event::Event& event, const char* key) {
  const auto it = event.corr.find(key);
  return it == event.corr.end() ? std::string() : it->second;
}

// Text that Codex puts above a command's own output.
std::string_view output_head(const event::Event& result) {
  const std::string_view text = result.body["output"].text_or("");
  return text.substr(0, text.find("Output:\n"));
}

// "Process running with session ID 46598" → "46598".
std::string running_session(const event::Event& result) {
  constexpr std::string_view kMark = "Process running with session ID ";
  const std::string_view head = output_head(result);
  const auto at = head.find(kMark);
  if (at == std::string_view::npos) return {};
  const auto digits = head.substr(at + kMark.size());
  return std::string(digits.substr(0, digits.find_first_not_of("0123456789")));
}

// Empty text only waits for output, Ctrl-C only ends the command (measured: Codex polls so).
bool only_waits(const Json& input) {
  const auto chars = input["chars"].text_or("");
  return chars.empty() || chars == "\x03";
}

std::string number_text(const Json& value) {
  return value.is_int() ? std::to_string(value.as_int()) : std::string(value.text_or(""));
}

bool may_have_effect(ToolKind kind) {
  return kind == ToolKind::shell || kind == ToolKind::stdin_write || kind == ToolKind::patch ||
         kind == ToolKind::mcp;
}

// What an announced call asks for, and whether its result will count.
OpenCall open_call(const std::string& agent, const event::Event& event,
                   const std::map<std::string, std::string>& shells) {
  OpenCall call{.tool = std::string(event.data["tool"].text_or(""))};
  const auto what = ingest::tool_use(agent, call.tool, event.body["input"]);
  call.counts = event.data["runs"].text_or("") != "server" &&
                (agent == ingest::kCodex ? may_have_effect(what.kind) : what.kind != ToolKind::internal);
  if (what.kind == ToolKind::stdin_write) {
    call.typed = true;
    call.counts = !only_waits(event.body["input"]);
    const auto shell = shells.find(number_text(event.body["input"]["session_id"]));
    if (shell != shells.end()) call.opened_by = shell->second;
  }
  return call;
}

bool codex_ran(const OpenCall& call, const event::Event& result) {
  if (result.data.has("exit_code") || !running_session(result).empty()) return true;
  const std::string_view text = result.body["output"].text_or("");
  if (call.tool.starts_with("mcp__"))
    return !text.starts_with("unsupported call") && !text.starts_with("tool call error");
  return call.tool == "apply_patch" && text.find("Success.") != std::string_view::npos;
}

bool is_persons_own(const event::Event& call) {
  const auto source = call.data["item_source"].text_or("");
  return source == "user_shell" || source == "userShell";
}

}  // namespace

struct TranscriptTail::File {
  std::string path;
  std::unique_ptr<ingest::TranscriptReader> reader;
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;
  std::uint64_t old_bytes = 0;  // size at the start
  std::uint64_t line_number = 0;
  std::string partial;
  bool skipping = false;                      // a line longer than the limit
  bool dirty = false;                         // grew since it was read
  std::map<std::string, OpenCall> open;       // by tool_use_id
  std::map<std::string, std::string> shells;  // session id of a running command → call that opened it
  std::deque<std::string> open_order;

  void remember(const std::string& id, OpenCall call) {
    if (open.insert_or_assign(id, std::move(call)).second) open_order.push_back(id);
    if (open_order.size() <= limits::kTranscriptCallsMax) return;
    open.erase(open_order.front());
    open_order.pop_front();
  }
};

TranscriptTail::TranscriptTail(TailOptions options) : options_(std::move(options)) {
  for (const auto& root : options_.roots)
    for (const auto& path : os::find_files(root, ".jsonl", kFilesMax))
      if (const auto info = os::file_info(path)) at_start_[path] = info->size;
}

TranscriptTail::~TranscriptTail() = default;

std::uint64_t TranscriptTail::bad_lines() const {
  std::uint64_t count = 0;
  for (const auto& [path, file] : files_)
    count += file->reader->stats().bad_lines;
  return count;
}

void TranscriptTail::scan() {
  const std::int64_t began_ns = os::monotonic_ns();
  for (const auto& root : options_.roots)
    for (const auto& path : os::find_files(root, ".jsonl", kFilesMax)) {
      const auto info = os::file_info(path);
      const auto before = at_start_.find(path);
      const std::uint64_t old_bytes = before == at_start_.end() ? 0 : before->second;
      if (!info || (before != at_start_.end() && info->size == old_bytes && !files_.contains(path))) continue;
      auto& file = files_[path];
      // Replaced or cut: it is read from the beginning; ids and times say what is old.
      if (file && (file->inode != info->inode || info->size < file->offset)) file.reset();
      if (!file) {
        auto reader = ingest::make_reader(ingest::detect_format(path, {}), path);
        if (!reader) {
          files_.erase(path);
          continue;
        }
        file = std::make_unique<File>();
        file->path = path;
        file->reader = std::move(reader);
        file->inode = info->inode;
        file->old_bytes = std::min(old_bytes, info->size);
      }
      file->dirty = file->dirty || info->size > file->offset;
    }
  const std::int64_t took_ns = os::monotonic_ns() - began_ns;
  next_scan_ns_ = os::monotonic_ns() +
                  std::max(std::int64_t{options_.scan_interval_ms} * 1'000'000, took_ns * kScanShare);
}

std::vector<FinishedCall> TranscriptTail::poll(bool everything) {
  if (everything || os::monotonic_ns() >= next_scan_ns_) scan();
  std::vector<FinishedCall> found;
  std::size_t bytes_left = everything ? SIZE_MAX : options_.poll_bytes_max;
  for (auto& [path, file] : files_)
    if (file->dirty && bytes_left > 0) read_some(*file, bytes_left, found);
  return found;
}

void TranscriptTail::read_some(File& file, std::size_t& bytes_left, std::vector<FinishedCall>& found) {
  const os::Fd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) {
    file.dirty = false;
    return;
  }
  std::string chunk(kReadBytes, '\0');
  while (bytes_left > 0) {
    const ssize_t n = ::pread(fd.get(), chunk.data(), chunk.size(), static_cast<off_t>(file.offset));
    if (n <= 0) {
      file.dirty = false;
      return;
    }
    const auto count = static_cast<std::size_t>(n);
    bytes_left -= std::min(bytes_left, count);
    std::size_t begin = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (chunk[i] != '\n') continue;
      file.partial.append(chunk, begin, i - begin);
      begin = i + 1;
      ++file.line_number;
      if (!file.skipping) take_line(file, file.partial, file.offset + begin <= file.old_bytes, found);
      file.partial.clear();
      file.skipping = false;
    }
    file.partial.append(chunk, begin, count - begin);
    if (file.partial.size() > limits::kTranscriptLineBytesMax) {
      file.partial.clear();
      file.skipping = true;
    }
    file.offset += count;
  }
}

void TranscriptTail::take_line(File& file, std::string_view line, bool old,
                               std::vector<FinishedCall>& found) {
  const auto events = file.reader->feed(line, file.line_number);
  if (!events) return;  // counted by the reader
  for (const auto& event : *events)
    take_event(file, event, old, found);
}

void TranscriptTail::take_event(File& file, const event::Event& event, bool old,
                                std::vector<FinishedCall>& found) {
  const std::string id = corr(event, "tool_use_id");
  if (id.empty()) return;
  const auto written = from_rfc3339(event.time.source);
  old = old || (written && *written + kClockSlackNs < options_.started_ns);
  const bool codex = options_.agent == ingest::kCodex;
  const std::string tool(event.data["tool"].text_or(""));
  const auto report = [&](const std::string& what, const std::string& opened_by) {
    if (old) return;
    found.push_back({.agent = options_.agent,
                     .session = event.session,
                     .root = event.root,
                     .cwd = std::string(event.body["cwd"].text_or("")),
                     .tool = what,
                     .tool_use_id = id,
                     .opened_by = opened_by,
                     .where = file.path + ":" + std::to_string(file.line_number),
                     .new_file = file.old_bytes == 0});
  };
  if (event.kind == kind::kToolCall) {
    // Completed without having been announced: the one record is call and result.
    if (event.data["derived"].bool_or(false)) {
      if (!is_persons_own(event)) report(tool, "");
      return;
    }
    file.remember(id, open_call(options_.agent, event, file.shells));
    return;
  }
  if (event.kind != kind::kToolResult) return;
  const auto it = file.open.find(id);
  if (it == file.open.end()) return;
  const OpenCall call = it->second;
  if (codex && !call.typed)
    if (const auto session = running_session(event); !session.empty() && file.shells.size() < 1024)
      file.shells[session] = id;
  // What is typed runs whatever the command's end was; else a failure may mean that nothing ran.
  const bool ran = codex ? codex_ran(call, event) : !event.data["failed"].bool_or(false);
  if (call.counts && ran) report(call.tool, call.opened_by);
}

}  // namespace weir::daemon
