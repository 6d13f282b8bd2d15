// Follows an agent's own transcripts while it runs, to see tool calls that finished there.
//
//   TranscriptTail tail({.agent = "codex", .roots = {codex_dir + "/sessions"}, .started_ns = os::wall_ns()});
//   for (const FinishedCall& call : tail.poll()) …    // was it judged? (run_watch.h)
//
// Only files that are new or have grown since the start are read, and only what was written since the start
// counts: an earlier part, and records that say of themselves that they are older (a resumed or forked
// session copies them), are read for their ids alone.
//
// A FinishedCall is positive evidence that something ran: its result is there and is no failure, and where
// the agent also writes results for calls that never ran (Codex: an unknown tool, a closed stdin) the result
// has the form that only a call that ran has. What the vendor runs itself, what a person typed at the agent's
// own prompt, and reading a running command's output without typing into it are not counted.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/limits.h"
#include "ingest/transcript.h"

namespace weir::daemon {

struct FinishedCall {
  std::string agent;
  std::string session;
  std::string root;
  std::string cwd;  // of the session; "" when not told
  std::string tool;
  std::string tool_use_id;
  // Text typed into a shell that an earlier call left open: that call's tool_use_id. "" otherwise.
  std::string opened_by;
  std::string where;      // path:line
  bool new_file = false;  // the transcript did not exist at the start
};

struct TailOptions {
  std::string agent;               // "claude-code", "codex"
  std::vector<std::string> roots;  // directories searched for *.jsonl, absolute
  std::int64_t started_ns = 0;     // wall clock
  int scan_interval_ms = 500;      // between two searches for new files; longer where searching takes long
  std::size_t poll_bytes_max = 2 * limits::kMiB;  // read by one poll; the rest waits for the next
};

class TranscriptTail {
 public:
  explicit TranscriptTail(TailOptions options);
  ~TranscriptTail();
  TranscriptTail(const TranscriptTail&) = delete;
  TranscriptTail& operator=(const TranscriptTail&) = delete;

  // `everything`: search at once and read to the end, for when the agent has ended.
  std::vector<FinishedCall> poll(bool everything = false);

  std::size_t files_read() const { return files_.size(); }
  std::uint64_t bad_lines() const;

 private:
  struct File;
  void scan();
  void read_some(File& file, std::size_t& bytes_left, std::vector<FinishedCall>& found);
  void take_line(File& file, std::string_view line, bool old, std::vector<FinishedCall>& found);
  void take_event(File& file, const event::Event& event, bool old, std::vector<FinishedCall>& found);

  TailOptions options_;
  std::map<std::string, std::uint64_t> at_start_;       // path → size
  std::map<std::string, std::unique_ptr<File>> files_;  // those that grew
  std::int64_t next_scan_ns_ = 0;
};

}  // namespace weir::daemon
