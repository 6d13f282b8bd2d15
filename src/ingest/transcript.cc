#include "ingest/transcript.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "ingest/places.h"
#include "ingest/transcript_common.h"

namespace weir::ingest {
namespace {

constexpr std::size_t kTypeBytesMax = 64;

TranscriptFormat format_of(JsonView record) {
  if (!record["type"].is_string()) return TranscriptFormat::unknown;
  if (record["payload"].is_object() && record["timestamp"].is_string())
    return TranscriptFormat::codex_rollout;
  if (!record["sessionId"].is_string()) return TranscriptFormat::unknown;
  return record["agentId"].is_string() && record["isSidechain"].bool_or(false)
             ? TranscriptFormat::claude_code_subagent
             : TranscriptFormat::claude_code_session;
}

}  // namespace

std::string_view name(TranscriptFormat format) {
  switch (format) {
    case TranscriptFormat::claude_code_session:
      return "claude-code";
    case TranscriptFormat::claude_code_subagent:
      return "claude-code-subagent";
    case TranscriptFormat::codex_rollout:
      return "codex";
    case TranscriptFormat::unknown:
      break;
  }
  return "unknown";
}

TranscriptFormat detect_format(std::string_view path, std::span<const std::string_view> first_lines) {
  const auto by_path = read_transcript_path(path);
  JsonDocument document;
  for (const auto line : first_lines) {
    const auto record = document.parse(line, {.bytes_max = limits::kTranscriptLineBytesMax});
    if (!record) continue;
    const TranscriptFormat found = format_of(*record);
    if (found == TranscriptFormat::unknown) continue;
    // A sub-agent's file may begin with records that do not name the agent; its path does.
    const bool finer = found == TranscriptFormat::claude_code_session && by_path &&
                       by_path->format == TranscriptFormat::claude_code_subagent;
    return finer ? by_path->format : found;
  }
  return by_path ? by_path->format : TranscriptFormat::unknown;
}

Result<std::vector<event::Event>> TranscriptReader::feed(std::string_view line, std::uint64_t line_number) {
  TRY(auto records, read({line, line_number, 0}, Wanted::everything));
  std::vector<event::Event> events;
  events.reserve(records.size());
  for (auto& record : records) {
    record.event.body = record.body.to_json();
    events.push_back(std::move(record.event));
  }
  return events;
}

Result<std::vector<Record>> TranscriptReader::read(const Line& line, Wanted wanted) {
  ++stats_.lines;
  records_.clear();
  begin();
  wanted_ = wanted;
  if (trim(line.text).empty()) return std::vector<Record>{};
  const auto where = [&] { return path_ + ':' + std::to_string(line.number); };
  if (line.text.size() > limits::kTranscriptLineBytesMax) {
    ++stats_.bad_lines;
    return fail(ErrorCode::limit,
                "the line is longer than " + std::to_string(limits::kTranscriptLineBytesMax) + " bytes",
                where(), "this line is skipped, the rest is read");
  }
  const auto record =
      document_.parse(line.text, {.bytes_max = limits::kTranscriptLineBytesMax}, line.readable_after);
  if (!record || !record->is_object()) {
    ++stats_.bad_lines;
    const std::string what = record ? "the line is not a JSON object" : record.error().what;
    return fail(record ? ErrorCode::invalid : record.error().code, what, where(),
                "this line is skipped, the rest is read");
  }
  read_record(*record, line.number);
  for (auto& [event, body] : records_) {
    event.plane = event::plane::kTranscript;
    event.data.set("line", line.number);
    count(event);
  }
  return std::move(records_);
}

void TranscriptReader::count(const event::Event& event) {
  ++stats_.events;
  stats_.inherited += event.data["inherited"].bool_or(false) ? 1 : 0;
  stats_.tool_calls += event.kind == event::kind::kToolCall ? 1 : 0;
  stats_.tool_results += event.kind == event::kind::kToolResult ? 1 : 0;
  stats_.gaps += event.kind == event::kind::kGap ? 1 : 0;
}

bool TranscriptReader::wants(std::string_view kind) const {
  namespace kind_of = event::kind;
  return wanted_ == Wanted::everything || kind == kind_of::kToolCall || kind == kind_of::kToolResult ||
         kind == kind_of::kPrompt || kind == kind_of::kGap;
}

Record& TranscriptReader::add(Record record) {
  records_.push_back(std::move(record));
  return records_.back();
}

void TranscriptReader::skip() {
  ++stats_.events;
  if (records_.size() == first_) first_skipped_ = true;
}

void TranscriptReader::begin() {
  first_ = records_.size();
  first_skipped_ = false;
}

Record* TranscriptReader::first() {
  return first_skipped_ || records_.size() == first_ ? nullptr : &records_[first_];
}

void TranscriptReader::count_unknown(std::string_view type) {
  auto& types = stats_.unknown_types;
  std::string key(type);
  if (!types.contains(key) && types.size() >= limits::kTranscriptTypesMax) key = "(others)";
  ++types[key];
}

std::unique_ptr<TranscriptReader> make_reader(TranscriptFormat format, std::string path) {
  switch (format) {
    case TranscriptFormat::claude_code_session:
    case TranscriptFormat::claude_code_subagent:
      return make_claude_code_reader(format, std::move(path));
    case TranscriptFormat::codex_rollout:
      return make_codex_reader(std::move(path));
    case TranscriptFormat::unknown:
      break;
  }
  return nullptr;
}

void CallNames::remember(const std::string& id, std::string tool) {
  if (!tools_.insert_or_assign(id, std::move(tool)).second) return;
  order_.push_back(id);
  if (order_.size() <= limits::kTranscriptCallsMax) return;
  tools_.erase(order_.front());
  order_.pop_front();
}

std::string CallNames::tool(const std::string& id) const {
  const auto found = tools_.find(id);
  return found == tools_.end() ? std::string() : found->second;
}

std::string type_name(std::string_view type, std::string_view subtype) {
  std::string name = type.empty() ? std::string("(none)") : std::string(type);
  if (!subtype.empty()) (name += '/') += subtype;
  return printable(to_valid_utf8(name), kTypeBytesMax);
}

std::uint64_t count_of(JsonView value) {
  const std::int64_t number = value.int_or(0);
  return number > 0 ? static_cast<std::uint64_t>(number) : 0;
}

}  // namespace weir::ingest
