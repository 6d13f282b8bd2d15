// Session files of agents, line by line → Events.
//
//   auto reader = make_reader(detect_format(path, first_lines), path);
//   for (each line) {
//     auto events = reader->feed(line, number);
//     if (!events) report(events.error());           // names file and line; just go on with the next one
//   }
//   reader->stats().gaps …
//
// A transcript is what the agent's side wrote (assurance claimed), growing while it runs and rotten where a
// process died. A bad line costs that line. Records of unknown type become lifecycle Events and are counted,
// so that nothing is skipped in silence. Every Event has data.line; tool calls and results carry
// corr["tool_use_id"], the same id that hooks send. Memory is bounded: one line, and the ids of the last
// limits::kTranscriptCallsMax calls.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "ingest/record.h"

namespace weir::ingest {

enum class TranscriptFormat {
  unknown,
  claude_code_session,   // ~/.claude/projects/<slug>/<session>.jsonl
  claude_code_subagent,  // …/<session>/subagents/agent-<id>.jsonl
  codex_rollout,         // ~/.codex/sessions/YYYY/MM/DD/rollout-<time>-<thread>.jsonl
};
std::string_view name(TranscriptFormat format);

// From the first lines (a few; bad ones are skipped), else from the path's form.
TranscriptFormat detect_format(std::string_view path, std::span<const std::string_view> first_lines);

struct TranscriptStats {
  std::uint64_t lines = 0;      // fed, blank ones included
  std::uint64_t bad_lines = 0;  // not one JSON object, or too long
  std::uint64_t events = 0;
  std::uint64_t tool_calls = 0;
  std::uint64_t tool_results = 0;
  std::uint64_t gaps = 0;          // gap Events: records that must have existed are missing
  std::uint64_t inherited = 0;     // records copied from the parent's history
  std::uint64_t input_tokens = 0;  // counted once per message
  std::uint64_t output_tokens = 0;
  std::map<std::string, std::uint64_t> unknown_types;  // "type" or "type/subtype"; "(others)" past the limit
};

// What a reader is asked for: everything, or what a scan looks at: calls, results, prompts and gaps. Records
// of other kinds are then only counted, which costs little more than reading them.
enum class Wanted { everything, judged };

class TranscriptReader {
 public:
  virtual ~TranscriptReader() = default;
  TranscriptReader(const TranscriptReader&) = delete;
  TranscriptReader& operator=(const TranscriptReader&) = delete;

  // One line without its line end; `line_number` counts from 1. Blank lines give no Events. Errors are
  // `limit` or `invalid`, their `where` is "path:line".
  Result<std::vector<event::Event>> feed(std::string_view line, std::uint64_t line_number);

  // The same without making values of what the line holds: bodies are views until the next call.
  // `readable_after` as in JsonDocument::parse().
  struct Line {
    std::string_view text;
    std::uint64_t number = 0;
    std::size_t readable_after = 0;
  };
  Result<std::vector<Record>> read(const Line& line, Wanted wanted);

  const TranscriptStats& stats() const { return stats_; }

 protected:
  explicit TranscriptReader(std::string path) : path_(std::move(path)) {}
  // One record, which is an object. Appends its Events by add().
  virtual void read_record(JsonView record, std::uint64_t line_number) = 0;
  void count_unknown(std::string_view type);

  // Is an Event of this kind to be made? Who skips one says so to skip().
  bool wants(std::string_view kind) const;
  Record& add(Record record);
  void skip();
  // The first Event of this record, which takes what belongs to none of them; null when it was skipped.
  // Events before begin() are about the line, not of the record.
  void begin();
  Record* first();

  std::string path_;
  TranscriptStats stats_;

 private:
  void count(const event::Event& event);

  JsonDocument document_;
  Wanted wanted_ = Wanted::everything;
  std::vector<Record> records_;  // of the line that is being read
  std::size_t first_ = 0;
  bool first_skipped_ = false;
};

// Null for TranscriptFormat::unknown. `path` names the file in errors and stands in for ids that records do
// not carry; nothing is opened.
std::unique_ptr<TranscriptReader> make_reader(TranscriptFormat format, std::string path);

}  // namespace weir::ingest
