// Anthropic Messages: content_block_start … content_block_delta … content_block_stop by index, then
// message_delta with the stop_reason. A refused tool_use becomes a text block at the same index.
#include <array>
#include <map>
#include <utility>

#include "base/json.h"
#include "llm/json_span.h"
#include "llm/limits.h"
#include "llm/shape.h"
#include "llm/stream_core.h"

namespace weir::llm {
namespace {

// What a block of a type is to the agent. Results of the vendor's own tools say anything, and are only data.
enum class Role { words, server_call, server_result, call, unknown };

Role role_of(std::string_view type) {
  if (type == "tool_use") return Role::call;
  if (type == "server_tool_use" || type == "mcp_tool_use") return Role::server_call;
  if (type.ends_with("_tool_result")) return Role::server_result;
  constexpr std::array<std::string_view, 5> kWords = {"text", "thinking", "redacted_thinking", "compaction",
                                                      "container_upload"};
  for (const std::string_view word : kWords)
    if (type == word) return Role::words;
  return Role::unknown;
}

class AnthropicStream final : public StreamCore {
 public:
  AnthropicStream() : StreamCore(Api::anthropic) {}

 private:
  struct Block {
    Role role = Role::words;
    int call = -1;
    bool open = true;
    ToolCall server;
  };

  Result<Place> place(std::string_view type, JsonView data, const StreamEvent& event) override;
  Result<Place> place_whole(JsonView body, const StreamEvent& event) override;
  void write(Queued queued, Out& out) override;
  StreamEvent error_event(std::string_view message) override;

  Result<Place> message_start(JsonView data);
  Result<Place> block_start(JsonView data);
  Result<Place> block_delta(JsonView data);
  Result<Place> block_stop(JsonView data);
  Result<Place> message_delta(JsonView data);
  Result<Block*> open_block(JsonView data);
  Result<int> hold_block(JsonView block, std::int64_t index);
  void finish_call(int number);

  void write_refused(Held& call, Out& out);
  void write_rewritten(Held& call, StreamEvent event, Out& out);
  void write_whole(StreamEvent event, const std::vector<int>& calls, Out& out);
  void edit_stop_reason(Edits& edits, const JsonPath& path, std::string_view json);

  std::map<std::int64_t, Block> blocks_;
  bool started_ = false;
  int left_ = 0;  // calls that the client sees
};

Result<StreamCore::Place> AnthropicStream::place(std::string_view type, JsonView data, const StreamEvent&) {
  if (type == "content_block_delta") return block_delta(data);
  if (type == "content_block_start") return block_start(data);
  if (type == "content_block_stop") return block_stop(data);
  if (type == "message_start") return message_start(data);
  if (type == "message_delta") return message_delta(data);
  if (names_a_call(type) || looks_like_call(data)) return bad("an event of another kind holds a tool call");
  if (type == "error") return Place{.at_once = true, .last = true};
  return Place{.at_once = type == "ping"};
}

Result<StreamCore::Place> AnthropicStream::message_start(JsonView data) {
  if (started_) return bad("a message starts twice");
  started_ = true;
  for (const JsonView block : data["message"]["content"].items())
    if (role_of(block["type"].text_or("")) != Role::words)
      return bad("a message starts with content other than words");
  if (looks_like_call(data)) return bad("the start of a message holds a tool call");
  return Place{};
}

Result<int> AnthropicStream::hold_block(JsonView block, std::int64_t index) {
  const std::string_view type = block["type"].text_or("");
  ToolCall call;
  call.kind = type == "tool_use" ? CallKind::function : CallKind::unknown;
  call.id = block["id"].text_or("");
  call.name = block["name"].text_or(type);
  if (call.kind == CallKind::unknown) call.arguments = canonical(block.to_json());
  TRY(const int number, hold(std::move(call)));
  held(number).place = index;
  if (type == "tool_use") held(number).member = "input";
  return number;
}

Result<StreamCore::Place> AnthropicStream::block_start(JsonView data) {
  if (!data["index"].is_int()) return bad("a content block has no index");
  if (blocks_.size() >= limits::kItemsMax) return bad("an answer has too many content blocks");
  const std::int64_t index = data["index"].int_or(0);
  if (blocks_.contains(index)) return bad("two content blocks have the same index");
  const JsonView content = data["content_block"];
  Block block{.role = role_of(content["type"].text_or(""))};
  if (looks_like_call(data, {"content_block"})) return bad("a content block has a tool call beside it");
  Place where;
  if (block.role == Role::words && looks_like_call(content)) return bad("a block of words holds a tool call");
  if (block.role == Role::server_call) {
    block.server.kind = CallKind::server;
    block.server.id = content["id"].text_or("");
    block.server.name = content["name"].text_or("");
    if (!content["input"].is_null()) block.server.input = content["input"].to_json();
  }
  if (block.role == Role::call || block.role == Role::unknown) {
    TRY(block.call, hold_block(content, index));
    where.calls = {block.call};
    const JsonView input = content["input"];
    if (block.role == Role::call && !input.is_null()) held(block.call).call.input = input.to_json();
  }
  blocks_[index] = std::move(block);
  return where;
}

Result<AnthropicStream::Block*> AnthropicStream::open_block(JsonView data) {
  const auto at = data["index"].is_int() ? blocks_.find(data["index"].int_or(0)) : blocks_.end();
  if (at == blocks_.end()) return bad("an event belongs to no content block");
  if (!at->second.open) return bad("an event comes after the end of its content block");
  return &at->second;
}

Result<StreamCore::Place> AnthropicStream::block_delta(JsonView data) {
  TRY(Block* const block, open_block(data));
  const JsonView delta = data["delta"];
  const std::string_view type = delta["type"].text_or("");
  if (block->call >= 0) {
    Held& call = held(block->call);
    if (call.state == Held::State::decided)
      return Place{.calls = {block->call}};  // too large, refused already
    if (type == "input_json_delta") {
      call.streamed += delta["partial_json"].text_or("");
    } else if (block->role == Role::call) {
      refuse(block->call, "it holds a delta of another kind");
    } else {
      call.call.arguments += canonical(delta.to_json());
    }
    return Place{.calls = {block->call}};
  }
  if (block->role == Role::server_call) {
    if (block->server.arguments.size() < limits::kHeldCallBytesMax)
      block->server.arguments += delta["partial_json"].text_or("");
  } else if (block->role == Role::words && looks_like_call(data)) {
    return bad("a block of words holds a tool call");
  }
  return Place{};
}

// An `input` beside deltas that say another would be read differently by different clients.
void AnthropicStream::finish_call(int number) {
  Held& call = held(number);
  if (call.state != Held::State::open) return;
  if (call.call.kind == CallKind::unknown) {
    call.call.arguments += call.streamed;
    call.call.input = Json(call.call.arguments);  // its form is not known: the text as it is
    return complete(number);
  }
  const bool has_input = call.call.input && *call.call.input != Json(Json::Object{});
  if (has_input && !call.streamed.empty()) return refuse(number, "its input is given twice");
  if (!has_input) {
    call.call.input.reset();
    call.call.arguments = call.streamed;
  } else {
    call.call.arguments = canonical(*call.call.input);
  }
  complete(number);
}

Result<StreamCore::Place> AnthropicStream::block_stop(JsonView data) {
  TRY(Block* const block, open_block(data));
  block->open = false;
  if (looks_like_call(data)) return bad("the end of a content block holds a tool call");
  if (block->role == Role::server_call) happened(std::move(block->server));
  if (block->call < 0) return Place{};
  finish_call(block->call);
  return Place{.calls = {block->call}};
}

Result<StreamCore::Place> AnthropicStream::message_delta(JsonView data) {
  for (const auto& [index, block] : blocks_)
    if (block.open && block.call >= 0) return bad("a message ends inside a tool call");
  if (looks_like_call(data)) return bad("the end of a message holds a tool call");
  return Place{.edit = true};
}

Result<StreamCore::Place> AnthropicStream::place_whole(JsonView body, const StreamEvent&) {
  Place where{.edit = true, .whole = true};
  if (!body.is_object()) return bad("an answer is no JSON object");
  if (looks_like_call(body, {"content"})) return bad("a tool call stands beside the content");
  if (!body["content"].is_null() && !body["content"].is_array()) return bad("the content is no list");
  std::int64_t index = 0;
  for (const JsonView block : body["content"].items()) {
    const Role role = role_of(block["type"].text_or(""));
    if (role == Role::words && looks_like_call(block)) return bad("a block of words holds a tool call");
    if (role == Role::server_call)
      happened({.kind = CallKind::server,
                .id = std::string(block["id"].text_or("")),
                .name = std::string(block["name"].text_or("")),
                .arguments = canonical(block["input"].to_json()),
                .input = block["input"].to_json()});
    if (role == Role::call || role == Role::unknown) {
      TRY(const int number, hold_block(block, index));
      if (role == Role::call) held(number).call.arguments = canonical(block["input"].to_json());
      complete(number);
      where.calls.push_back(number);
    }
    ++index;
  }
  return where;
}

void AnthropicStream::edit_stop_reason(Edits& edits, const JsonPath& path, std::string_view json) {
  const auto span = find_value(json, path);
  if (!span || left_ > 0 || held_count() == 0) return;
  const auto reason = parse_json(json.substr(span->begin, span->end - span->begin));
  if (reason && reason->text_or("") == "tool_use") edits.replace(path, R"("end_turn")");
}

void AnthropicStream::write(Queued queued, Out& out) {
  if (queued.place.whole) return write_whole(std::move(queued.event), queued.place.calls, out);
  if (queued.place.edit) {
    Edits edits(queued.event.data);
    edit_stop_reason(edits, {"delta", "stop_reason"}, queued.event.data);
    if (!edits.empty()) queued.event.data = edits.apply();
  }
  if (queued.place.calls.empty()) {
    out.push_back(std::move(queued.event));
    return;
  }
  Held& call = held(queued.place.calls.front());
  if (call.refused()) return write_refused(call, out);
  if (!call.started) ++left_;
  if (call.rewritten()) return write_rewritten(call, std::move(queued.event), out);
  call.started = true;
  out.push_back(std::move(queued.event));
}

void AnthropicStream::write_refused(Held& call, Out& out) {
  if (std::exchange(call.started, true)) return;
  const std::string index = std::to_string(call.place);
  const std::string words = quoted(refusal_text(call.call, call.verdict.text));
  out.push_back({"content_block_start", R"({"type":"content_block_start","index":)" + index +
                                            R"(,"content_block":{"type":"text","text":""}})"});
  out.push_back({"content_block_delta", R"({"type":"content_block_delta","index":)" + index +
                                            R"(,"delta":{"type":"text_delta","text":)" + words + "}}"});
  out.push_back({"content_block_stop", R"({"type":"content_block_stop","index":)" + index + "}"});
}

// The input stands in the deltas (the first takes all of it, the others go) or, without any, in the start.
void AnthropicStream::write_rewritten(Held& call, StreamEvent event, Out& out) {
  Edits edits(event.data);
  if (!call.started) {
    call.started = true;
    if (call.streamed.empty()) edits.replace({"content_block", "input"}, call.verdict.text);
  } else if (find_value(event.data, {"delta", "partial_json"})) {
    if (call.streamed.empty() || std::exchange(call.carried, true)) return;
    edits.replace({"delta", "partial_json"}, quoted(call.verdict.text));
  }
  event.data = edits.apply();
  out.push_back(std::move(event));
}

void AnthropicStream::write_whole(StreamEvent event, const std::vector<int>& calls, Out& out) {
  Edits edits(event.data);
  for (const int number : calls) {
    Held& call = held(number);
    const JsonPath block = {"content", static_cast<std::size_t>(call.place)};
    if (call.released()) ++left_;
    if (call.refused())
      edits.replace(block,
                    R"({"type":"text","text":)" + quoted(refusal_text(call.call, call.verdict.text)) + "}");
    if (call.rewritten()) edits.replace({block[0], block[1], "input"}, call.verdict.text);
  }
  edit_stop_reason(edits, {"stop_reason"}, event.data);
  if (!edits.empty()) event.data = edits.apply();
  out.push_back(std::move(event));
}

StreamEvent AnthropicStream::error_event(std::string_view message) {
  return {"error",
          R"({"type":"error","error":{"type":"permission_error","message":)" + quoted(message) + "}}"};
}

}  // namespace

std::unique_ptr<StreamCore> anthropic_stream() {
  return std::make_unique<AnthropicStream>();
}

}  // namespace weir::llm
