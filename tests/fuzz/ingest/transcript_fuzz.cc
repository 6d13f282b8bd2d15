// Transcript lines, fed in sequence. Input: one byte that picks the format, then lines. Invariants: a line is
// either an error that counts as bad or gives Events of this reader's agent, each with its line; a record
// gives at least one Event; the counters add up; what a scan reads in place is what everybody reads.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/bytes.h"
#include "ingest/tools.h"
#include "ingest/transcript.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  using ingest::TranscriptFormat;
  if (size == 0) return 0;
  const bool codex = data[0] % 2 == 1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto reader = ingest::make_reader(
      codex ? TranscriptFormat::codex_rollout : TranscriptFormat::claude_code_session, "f.jsonl");
  auto scan = ingest::make_reader(
      codex ? TranscriptFormat::codex_rollout : TranscriptFormat::claude_code_session, "f.jsonl");
  std::uint64_t number = 0;
  std::uint64_t errors = 0;
  std::uint64_t events_seen = 0;
  for (const auto line : split(text, '\n')) {
    const auto events = reader->feed(line, ++number);
    auto judged = scan->read({line, number, 0}, ingest::Wanted::judged);
    if (judged.has_value() != events.has_value()) std::abort();
    if (!events) {
      ++errors;
      continue;
    }
    if (events->empty() != trim(line).empty()) std::abort();
    events_seen += events->size();
    std::size_t next = 0;
    for (const auto& event : *events) {
      const bool wanted = event.kind == event::kind::kToolCall || event.kind == event::kind::kToolResult ||
                          event.kind == event::kind::kPrompt || event.kind == event::kind::kGap;
      if (!wanted) continue;
      if (next == judged->size()) std::abort();
      auto& record = (*judged)[next++];
      record.event.body = record.body.to_json();
      if (record.event != event) std::abort();
    }
    if (next != judged->size()) std::abort();
    for (const auto& event : *events) {
      if (event.agent.name != (codex ? "codex" : "claude-code")) std::abort();
      if (event.data["line"].int_or(0) != static_cast<std::int64_t>(number)) std::abort();
      if (event.session != event.root && !event.session.starts_with(event.root + '/')) std::abort();
      if (event.kind == event::kind::kToolCall)
        (void)ingest::tool_use(event.agent.name, event.body["tool"].text_or(""), event.body["input"]);
    }
  }
  const auto& stats = reader->stats();
  if (stats.lines != number || stats.bad_lines != errors || stats.events != events_seen) std::abort();
  if (scan->stats().events != stats.events || scan->stats().unknown_types != stats.unknown_types)
    std::abort();
  return 0;
}
