#include "ingest/trace.h"

#include <algorithm>
#include <deque>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/limits.h"
#include "ingest/fields.h"
#include "ingest/ingest.h"

namespace weir::ingest {
namespace {

namespace kind = event::kind;

constexpr std::size_t kOpenSeenMax = 1024;  // unanswered calls that a result is matched against

struct OpenCall {
  std::uint64_t number;
  std::string tool;
};

class TraceReader {
 public:
  TraceReader(const Json& id, std::string_view agent) : agent_(agent) {
    // Ids are any JSON value and may hold '/': the session is named after their digest.
    session_ = to_hex(sha256(canonical(id))).substr(0, 16);
  }

  Status read_row(const Json& row, std::string where) {
    where_ = std::move(where);
    if (!row.is_object()) return bad("must be an object", "");
    const auto role = row["r"].text_or("");
    if (!row["t"].is_null() && !row["t"].is_string()) return bad("must be text", ".t");
    if (role == "user") {
      // Whoever replays a trace says which words are the user's: the harness is the launcher here.
      add_text(kind::kPrompt, row);
      events_.back().assurance = event::Assurance::attested;
      return {};
    }
    if (role == "assistant") return read_assistant(row);
    if (role == "tool") return read_tool(row);
    return bad("must be user, assistant or tool", ".r");
  }

  event::Event& add(std::string_view kind) {
    event::Event event;
    event.kind = kind;
    event.plane = event::plane::kTranscript;
    event.source = std::string(kReplay) + "/trace";
    place(event, {kReplay, session_, "", ""});
    if (!agent_.empty()) event.agent.name = agent_;
    event.body = Json::object();
    events_.push_back(std::move(event));
    return events_.back();
  }

  std::vector<event::Event> take_events() { return std::move(events_); }
  std::uint64_t calls() const { return calls_; }

 private:
  std::unexpected<Error> bad(std::string what, std::string_view field) const {
    return fail(ErrorCode::invalid, std::move(what), where_ + std::string(field),
                "see `weir replay --help` for the shape of a row");
  }

  void add_text(std::string_view kind, const Json& row) {
    event::Event& event = add(kind);
    event.body.set("text", row["t"].text_or(""));
  }

  Status read_assistant(const Json& row) {
    if (!row["t"].text_or("").empty()) add_text(kind::kModelOutput, row);
    const Json& calls = row["c"];
    if (calls.is_null()) return {};
    if (!calls.is_array()) return bad("must be a list of calls", ".c");
    for (std::size_t i = 0; i < calls.as_array().size(); ++i)
      TRY_STATUS(read_call(calls.as_array()[i], ".c[" + std::to_string(i) + ']'));
    return {};
  }

  Status read_call(const Json& call, const std::string& field) {
    const std::string tool(call["f"].text_or(""));
    if (!valid_tool_name(tool)) return bad("names no tool", field + ".f");
    if (calls_ >= limits::kTraceCallsMax)
      return fail(ErrorCode::limit, "more than " + std::to_string(limits::kTraceCallsMax) + " calls",
                  where_ + field);
    const Json& arguments = call["a"];
    event::Event& event = add(kind::kToolCall);
    event.data.set("tool", tool);
    event.data.set("call", calls_);
    event.body.set("tool", tool);
    if (arguments.is_object())
      event.body.set("input", arguments);
    else
      event.body.set("input",
                     arguments.is_null() ? Json::object() : Json::object({{"arguments", arguments}}));
    event.corr["call_id"] = event.corr["tool_use_id"] = call_id(calls_);
    open_.push_back({calls_, tool});
    ++calls_;
    return {};
  }

  Status read_tool(const Json& row) {
    if (!row["f"].is_null() && !row["f"].is_string()) return bad("must be text", ".f");
    const std::string named(row["f"].text_or(""));
    const auto seen_end = open_.begin() + static_cast<std::ptrdiff_t>(std::min(open_.size(), kOpenSeenMax));
    auto answered =
        std::find_if(open_.begin(), seen_end, [&](const auto& call) { return call.tool == named; });
    if (answered == seen_end) answered = open_.begin();
    event::Event& event = add(kind::kToolResult);
    std::string tool = named;
    if (answered != open_.end()) {
      if (tool.empty()) tool = answered->tool;
      event.data.set("call", answered->number);
      event.corr["call_id"] = event.corr["tool_use_id"] = call_id(answered->number);
      open_.erase(answered);
    }
    event.data.set("tool", tool);
    event.body.set("tool", tool);
    const Json& error = row["e"];
    event.data.set("failed", !error.is_null() && error != Json(false) && error != Json(""));
    event.body.set("output", row["t"]);
    if (!error.is_null()) event.body.set("error", error);
    return {};
  }

  static std::string call_id(std::uint64_t number) { return "call-" + std::to_string(number); }

  std::string agent_;
  std::string session_;
  std::string where_;
  std::vector<event::Event> events_;
  std::deque<OpenCall> open_;
  std::uint64_t calls_ = 0;
};

}  // namespace

Result<TraceRow> parse_trace(const Json& row) {
  if (!row.is_object()) return fail("a replay row must be a JSON object");
  if (!row["trace"].is_array()) return fail("must be a list of messages", "trace");
  // Of another agent's own tools nothing is known: its shell would be taken for any tool.
  const auto agent = agent_from(row["agent"].text_or(""));
  if (!row["agent"].is_null() && !agent)
    return fail(ErrorCode::invalid, "must be claude-code or codex", "agent",
                "leave it out for the tools of a framework or of another agent");
  TraceReader reader(row["id"], agent.value_or(std::string_view()));
  const Json& tools = row["tools"];
  if (!tools.is_null()) {
    if (!tools.is_array()) return fail("must be a list of tools", "tools");
    event::Event& event = reader.add(kind::kLifecycle);
    event.data.set("type", "tools");
    event.body.set("tools", tools);
  }
  const auto& messages = row["trace"].as_array();
  for (std::size_t i = 0; i < messages.size(); ++i)
    TRY_STATUS(reader.read_row(messages[i], "trace[" + std::to_string(i) + ']'));
  TraceRow result{row["id"], reader.take_events(), reader.calls()};
  return result;
}

}  // namespace weir::ingest
