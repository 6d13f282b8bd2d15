// OpenAI Responses: an item is added, its arguments come in deltas, it is done, and it stands once more in
// the response at the end. A refused call becomes a message in all of these.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/json.h"
#include "llm/json_span.h"
#include "llm/limits.h"
#include "llm/responses_items.h"
#include "llm/shape.h"
#include "llm/stream_core.h"

namespace weir::llm {
namespace {

class ResponsesStream final : public StreamCore {
 public:
  ResponsesStream() : StreamCore(Api::responses) {}

 private:
  struct Item {
    ItemRole role = ItemRole::words;
    int call = -1;
    bool done = false;
    std::string id;
    std::string type;
  };
  // What is known of a call beside StreamCore::Held, by its number.
  struct Seen {
    std::string item_id;
    std::string added_payload;       // in output_item.added; mostly empty
    std::string fingerprint;         // of the whole item, once it is done
    std::vector<std::string> dones;  // texts of "….done" events
    bool has_delta = false;
    bool in_final = false;
  };

  Result<Place> place(std::string_view type, JsonView data, const StreamEvent& event) override;
  Result<Place> place_whole(JsonView body, const StreamEvent& event) override;
  void write(Queued queued, Out& out) override;
  StreamEvent error_event(std::string_view message) override;
  bool is_mark(std::string_view data) const override { return data == "[DONE]"; }

  Result<Place> item_added(JsonView data);
  Result<Place> item_done(JsonView data);
  Result<Place> item_event(std::string_view type, JsonView data);
  Result<Place> response_event(std::string_view type, JsonView data);
  Result<Place> final_output(JsonView response);
  Result<Item*> item_of(JsonView data);
  Result<int> hold_item(JsonView item, std::int64_t index);
  void call_event(int number, std::string_view type, JsonView data);
  void finish_call(int number, JsonView item);

  void push(StreamEvent event, Out& out);
  void push_new(std::string_view type, std::string members, Out& out);
  void write_refused(int number, Out& out);
  void write_rewritten(int number, StreamEvent event, Out& out);
  void write_final(StreamEvent event, const std::vector<int>& calls, const std::string& parent, Out& out);
  std::string refused_item(int number);
  std::string new_payload(const Held& call) const;

  std::map<std::int64_t, Item> items_;
  std::map<std::string, std::int64_t, std::less<>> index_of_id_;
  std::vector<Seen> seen_;
  std::map<int, std::size_t> final_position_;  // call → where it stands in the final output
  bool final_ = false;
  // Writing: numbers of events stay monotone once events of ours are between them.
  std::int64_t last_sequence_ = -1;
  std::int64_t shift_ = 0;
  bool inserted_ = false;
  bool named_ = false;     // events have SSE names
  std::string stream_id_;  // of WebSocket lanes, quoted
};

// Members of a response that echo the request or hold the output, which is read item by item.
constexpr std::array<std::string_view, 9> kEchoed = {"output",   "tools",        "tool_choice",
                                                     "text",     "instructions", "input",
                                                     "metadata", "prompt",       "client_metadata"};

Result<StreamCore::Place> ResponsesStream::place(std::string_view type, JsonView data,
                                                 const StreamEvent& event) {
  named_ = named_ || !event.name.empty();
  if (stream_id_.empty() && data["stream_id"].is_string()) stream_id_ = quoted(data["stream_id"].text_or(""));
  if (type == "error") {
    if (looks_like_call(data)) return bad("an error holds a tool call");
    return Place{.at_once = true, .last = true};
  }
  if (type.starts_with("response.") && data["response"].is_object()) return response_event(type, data);
  if (final_) {
    if (names_a_call(type) || looks_like_call(data))
      return bad("a tool call comes after the end of the response");
    return Place{};
  }
  if (type == "response.output_item.added") return item_added(data);
  if (type == "response.output_item.done") return item_done(data);
  return item_event(type, data);
}

Result<ResponsesStream::Item*> ResponsesStream::item_of(JsonView data) {
  Item* by_index = nullptr;
  if (data["output_index"].is_int()) {
    const auto at = items_.find(data["output_index"].int_or(0));
    if (at != items_.end()) by_index = &at->second;
  }
  const auto id = index_of_id_.find(data["item_id"].text_or(""));
  Item* by_id = id == index_of_id_.end() ? nullptr : &items_[id->second];
  if (by_index != nullptr && by_id != nullptr && by_index != by_id)
    return bad("an event names one item by its index and another by its id");
  return by_index != nullptr ? by_index : by_id;
}

Result<int> ResponsesStream::hold_item(JsonView item, std::int64_t index) {
  ToolCall call = call_of(item);
  if (call.id.empty()) return bad("a tool call has no id");
  TRY(const int number, hold(std::move(call)));
  held(number).place = index;
  held(number).member = payload_member(item);
  seen_.push_back({.item_id = std::string(item["id"].text_or(""))});
  return number;
}

Result<StreamCore::Place> ResponsesStream::item_added(JsonView data) {
  const JsonView json = data["item"];
  if (!data["output_index"].is_int() || !json.is_object())
    return bad("an item is added without place or value");
  const std::int64_t index = data["output_index"].int_or(0);
  if (items_.contains(index)) return bad("two items have the same index");
  if (items_.size() >= limits::kItemsMax) return bad("an answer has too many items");
  if (looks_like_call(data, {"item", "type"})) return bad("an item has a tool call beside it");
  Item item{.role = item_role(json),
            .id = std::string(json["id"].text_or("")),
            .type = std::string(json["type"].text_or(""))};
  if (!item.id.empty() && !index_of_id_.emplace(item.id, index).second)
    return bad("two items have the same id");
  Place where;
  if (item.role == ItemRole::words && looks_like_call(json)) return bad("an item of words holds a tool call");
  if (item.role == ItemRole::call) {
    TRY(item.call, hold_item(json, index));
    Held& call = held(item.call);
    const bool text = call.call.kind == CallKind::function || call.call.kind == CallKind::custom;
    if (text) seen_.back().added_payload = call.call.arguments;
    call.call.arguments.clear();
    call.call.input.reset();
    where.calls = {item.call};
  }
  items_[index] = std::move(item);
  return where;
}

Result<StreamCore::Place> ResponsesStream::item_done(JsonView data) {
  const JsonView json = data["item"];
  if (!data["output_index"].is_int() || !json.is_object())
    return bad("an item is done without place or value");
  if (looks_like_call(data, {"item", "type"})) return bad("an item has a tool call beside it");
  const std::int64_t index = data["output_index"].int_or(0);
  if (!items_.contains(index)) {
    if (items_.size() >= limits::kItemsMax) return bad("an answer has too many items");
    Item item{.role = item_role(json),
              .id = std::string(json["id"].text_or("")),
              .type = std::string(json["type"].text_or(""))};
    if (!item.id.empty() && !index_of_id_.emplace(item.id, index).second)
      return bad("an item is done under another index than it was added");
    if (item.role == ItemRole::call) {
      TRY(item.call, hold_item(json, index));
    }
    items_[index] = std::move(item);
  }
  Item& item = items_[index];
  if (item.done) return bad("an item is done twice");
  item.done = true;
  const ItemRole role = item_role(json);
  const bool same =
      json["type"].text_or("") == item.type && (item.id.empty() || json["id"].text_or(item.id) == item.id);
  if (item.call >= 0) {
    if (!same || role != ItemRole::call)
      refuse(item.call, "it is added as one thing and done as another");
    else
      finish_call(item.call, json);
    return Place{.calls = {item.call}};
  }
  if (!same || role != item.role) return bad("an item is added as one thing and done as another");
  if (role == ItemRole::words && looks_like_call(json)) return bad("an item of words holds a tool call");
  if (role == ItemRole::server) happened(call_of(json));
  return Place{};
}

Result<StreamCore::Place> ResponsesStream::item_event(std::string_view type, JsonView data) {
  TRY(const Item* const item, item_of(data));
  if (item != nullptr && item->call >= 0) {
    if (item->done) return bad("an event comes after the end of its tool call");
    call_event(item->call, type, data);
    return Place{.calls = {item->call}};
  }
  const bool of_server = item != nullptr && item->role == ItemRole::server;
  if (!of_server && (names_a_call(type) || looks_like_call(data)))
    return bad("an event of another kind holds a tool call");
  return Place{};
}

// Deltas and done texts of a call; they are compared with the item once that is done.
void ResponsesStream::call_event(int number, std::string_view type, JsonView data) {
  Held& call = held(number);
  if (call.state != Held::State::open) return;
  Seen& seen = seen_[static_cast<std::size_t>(number)];
  if (type.ends_with(".delta")) {
    seen.has_delta = true;
    if (!data["delta"].is_string()) return refuse(number, "it has a delta that is no text");
    call.streamed += data["delta"].text_or("");
    return;
  }
  for (const auto& [key, value] : data.members()) {
    const bool address = key == "type" || key == "item_id" || key == "stream_id" || key == "obfuscation";
    if (key == "name" && value.text_or("") != call.call.name)
      return refuse(number, "its name differs between events");
    if (value.is_string() && !address && key != "name") seen.dones.emplace_back(value.text_or(""));
    if (value.is_object() || value.is_array()) return refuse(number, "an event of it has an unknown form");
  }
}

bool has_text(const Json& value, const std::string& text) {
  if (value.is_string()) return value.as_string() == text;
  if (value.is_array())
    return std::any_of(value.as_array().begin(), value.as_array().end(),
                       [&](const Json& item) { return has_text(item, text); });
  return value.is_object() &&
         std::any_of(value.as_object().begin(), value.as_object().end(),
                     [&](const Json::Member& member) { return has_text(member.second, text); });
}

void ResponsesStream::finish_call(int number, JsonView item) {
  Held& call = held(number);
  Seen& seen = seen_[static_cast<std::size_t>(number)];
  if (call.state != Held::State::open) return;
  ToolCall whole = call_of(item);
  whole.number = number;
  if (whole.id != call.call.id || whole.name != call.call.name || whole.name_space != call.call.name_space)
    return refuse(number, "its name or id differs between events");
  const bool text = whole.kind == CallKind::function || whole.kind == CallKind::custom;
  bool same = !text || ((seen.added_payload.empty() || seen.added_payload == whole.arguments) &&
                        (!seen.has_delta || call.streamed == whole.arguments));
  std::string said;
  for (const std::string& done : seen.dones) {
    said += done;
    same = same && (text ? done == whole.arguments : has_text(item.to_json(), done));
  }
  if (!text && seen.has_delta) same = same && said == call.streamed;
  if (!same) return refuse(number, "its arguments differ between events");
  call.call = std::move(whole);
  seen.fingerprint = fingerprint(item);
  complete(number);
}

Result<StreamCore::Place> ResponsesStream::response_event(std::string_view type, JsonView data) {
  const JsonView response = data["response"];
  if (looks_like_call(data, {"response"}) || looks_like_call(response, kEchoed))
    return bad("a response holds a tool call outside its output");
  if (final_ || names_a_call(type)) return bad("a response event comes after the end");
  constexpr std::array<std::string_view, 4> kEnds = {"response.completed", "response.incomplete",
                                                     "response.failed", "response.cancelled"};
  if (std::find(kEnds.begin(), kEnds.end(), type) != kEnds.end()) {
    final_ = true;
    return final_output(response);
  }
  for (const JsonView item : response["output"].items())
    if (item_role(item) != ItemRole::words || looks_like_call(item))
      return bad("a response begins with a tool call");
  return Place{};
}

// The output once more: calls in it are those that were streamed, or new ones that are held now.
Result<StreamCore::Place> ResponsesStream::final_output(JsonView response) {
  Place where{.edit = true};
  if (!response["output"].is_null() && !response["output"].is_array()) return bad("the output is no list");
  std::size_t position = 0;
  for (const JsonView item : response["output"].items()) {
    const ItemRole role = item_role(item);
    if (role == ItemRole::words && looks_like_call(item)) return bad("an item of words holds a tool call");
    const std::string id = role == ItemRole::call ? call_of(item).id : "";
    int number = -1;
    for (int i = 0; i < static_cast<int>(held_count()) && role == ItemRole::call; ++i)
      if (held(i).call.id == id && !seen_[static_cast<std::size_t>(i)].in_final) number = i;
    if (role == ItemRole::call && number < 0) {
      TRY(number, hold_item(item, -1));
    }
    if (role == ItemRole::call) {
      Seen& seen = seen_[static_cast<std::size_t>(number)];
      seen.in_final = true;
      finish_call(number, item);
      if (held(number).call.problem.empty() && seen.fingerprint != fingerprint(item))
        return bad("a tool call at the end is another than was streamed");
      final_position_[number] = position;
      where.calls.push_back(number);
    }
    ++position;
  }
  for (int i = 0; i < static_cast<int>(held_count()); ++i)
    if (held(i).state == Held::State::open) refuse(i, "it was never completed");
  return where;
}

Result<StreamCore::Place> ResponsesStream::place_whole(JsonView body, const StreamEvent&) {
  if (!body.is_object() || looks_like_call(body, kEchoed))
    return bad("a response holds a tool call outside its output");
  final_ = true;
  TRY(Place where, final_output(body));
  for (const JsonView item : body["output"].items())
    if (item_role(item) == ItemRole::server) happened(call_of(item));
  where.whole = true;
  return where;
}

void ResponsesStream::write(Queued queued, Out& out) {
  if (queued.place.edit)
    return write_final(std::move(queued.event), queued.place.calls, queued.place.whole ? "" : "response",
                       out);
  if (queued.place.calls.empty()) return push(std::move(queued.event), out);
  const int number = queued.place.calls.front();
  if (held(number).refused()) return write_refused(number, out);
  if (held(number).rewritten()) return write_rewritten(number, std::move(queued.event), out);
  push(std::move(queued.event), out);
}

void ResponsesStream::push(StreamEvent event, Out& out) {
  const auto span = find_value(event.data, {"sequence_number"});
  const auto number =
      span ? parse_json(std::string_view(event.data).substr(span->begin, span->end - span->begin))
           : Result<Json>(Json());
  if (span && number && number->is_int()) {
    const std::int64_t said = number->as_int();
    if (inserted_ && said <= last_sequence_ - shift_) shift_ = last_sequence_ + 1 - said;
    if (inserted_ && shift_ != 0) {
      event.data.replace(span->begin, span->end - span->begin, std::to_string(said + shift_));
    }
    last_sequence_ = said + shift_;
  }
  out.push_back(std::move(event));
}

// An event of our own, numbered if the vendor's are.
void ResponsesStream::push_new(std::string_view type, std::string members, Out& out) {
  std::string data = R"({"type":)" + quoted(type);
  if (last_sequence_ >= 0) {
    inserted_ = true;
    data += R"(,"sequence_number":)" + std::to_string(++last_sequence_);
  }
  if (!stream_id_.empty()) data += R"(,"stream_id":)" + stream_id_;
  out.push_back({named_ ? std::string(type) : std::string(), data + "," + members + "}"});
}

std::string ResponsesStream::refused_item(int number) {
  const Held& call = held(number);
  const std::string id = message_id(seen_[static_cast<std::size_t>(number)].item_id, call.call.id);
  return message_item(id, refusal_text(call.call, call.verdict.text));
}

void ResponsesStream::write_refused(int number, Out& out) {
  Held& call = held(number);
  if (std::exchange(call.started, true)) return;
  const std::string id = quoted(message_id(seen_[static_cast<std::size_t>(number)].item_id, call.call.id));
  const std::string words = quoted(refusal_text(call.call, call.verdict.text));
  const std::string index = R"("output_index":)" + std::to_string(call.place);
  const std::string part = R"("item_id":)" + id + "," + index + R"(,"content_index":0)";
  const auto text_part = [](const std::string& text) {
    return R"(,"part":{"type":"output_text","text":)" + text + R"(,"annotations":[]})";
  };
  push_new("response.output_item.added",
           index + R"(,"item":{"type":"message","id":)" + id +
               R"(,"status":"in_progress","role":"assistant","content":[]})",
           out);
  push_new("response.content_part.added", part + text_part(R"("")"), out);
  push_new("response.output_text.delta", part + R"(,"delta":)" + words + R"(,"logprobs":[])", out);
  push_new("response.output_text.done", part + R"(,"text":)" + words + R"(,"logprobs":[])", out);
  push_new("response.content_part.done", part + text_part(words), out);
  push_new("response.output_item.done", index + R"(,"item":)" + refused_item(number), out);
}

// Arguments and input are texts in JSON; actions and operations are JSON themselves.
std::string ResponsesStream::new_payload(const Held& call) const {
  const bool json = call.call.kind == CallKind::shell || call.call.kind == CallKind::apply_patch;
  return json ? call.verdict.text : quoted(call.verdict.text);
}

void ResponsesStream::write_rewritten(int number, StreamEvent event, Out& out) {
  Held& call = held(number);
  Seen& seen = seen_[static_cast<std::size_t>(number)];
  const bool text = call.call.kind == CallKind::function || call.call.kind == CallKind::custom;
  Edits edits(event.data);
  if (find_value(event.data, {"item"})) {
    const bool added =
        !std::exchange(call.started, true) && seen.has_delta && seen.added_payload.empty() && text;
    if (!added) edits.replace({"item", call.member}, new_payload(call));
  } else if (!text) {
    return;  // pieces of an action that is no more; the whole of it stands in the item
  } else if (find_value(event.data, {"delta"})) {
    if (std::exchange(call.carried, true)) return;
    edits.replace({"delta"}, new_payload(call));
  } else {
    edits.replace({call.member}, new_payload(call));
  }
  if (!edits.empty()) event.data = edits.apply();
  push(std::move(event), out);
}

void ResponsesStream::write_final(StreamEvent event, const std::vector<int>& calls, const std::string& parent,
                                  Out& out) {
  Edits edits(event.data);
  for (const int number : calls) {
    const Held& call = held(number);
    JsonPath item;
    if (!parent.empty()) item.emplace_back(parent);
    item.emplace_back("output");
    item.emplace_back(final_position_[number]);
    if (call.refused()) edits.replace(item, refused_item(number));
    if (call.rewritten()) {
      item.emplace_back(call.member);
      edits.replace(item, new_payload(call));
    }
  }
  if (!edits.empty()) event.data = edits.apply();
  if (parent.empty()) {
    out.push_back(std::move(event));
  } else {
    push(std::move(event), out);
  }
}

StreamEvent ResponsesStream::error_event(std::string_view message) {
  const std::string inner = R"({"code":"weir_refused","message":)" + quoted(message) + "}";
  std::string data = R"({"type":"error","status":403,"code":"weir_refused","message":)" + quoted(message) +
                     R"(,"param":null,"error":)" + inner;
  if (last_sequence_ >= 0) data += R"(,"sequence_number":)" + std::to_string(++last_sequence_);
  if (!stream_id_.empty()) data += R"(,"stream_id":)" + stream_id_;
  return {"error", data + "}"};
}

}  // namespace

std::unique_ptr<StreamCore> responses_stream() {
  return std::make_unique<ResponsesStream>();
}

}  // namespace weir::llm
