// OpenAI Chat Completions: fragments of calls by choice and index, complete with the choice's finish_reason.
// A refused call is taken out of its chunks, the others are numbered anew, and its reason is said as content.
#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/json.h"
#include "llm/json_span.h"
#include "llm/shape.h"
#include "llm/stream_core.h"

namespace weir::llm {
namespace {

constexpr std::int64_t kLegacyIndex = -1;  // "function_call", of which a message has one

class ChatStream final : public StreamCore {
 public:
  ChatStream() : StreamCore(Api::chat) {}

 private:
  struct Choice {
    std::map<std::int64_t, int> calls;  // by index
    bool finished = false;
    bool spoke = false;  // has content before it comes to words of ours
  };

  Result<Place> place(std::string_view type, JsonView data, const StreamEvent& event) override;
  Result<Place> place_whole(JsonView body, const StreamEvent& event) override;
  void write(Queued queued, Out& out) override;
  StreamEvent error_event(std::string_view message) override;
  bool is_mark(std::string_view data) const override { return data == "[DONE]"; }
  bool all_at_once() const override { return true; }

  Status read_choice(JsonView json, bool whole, Place& where);
  Status read_fragment(Choice& choice, std::int64_t index, JsonView entry, bool whole, Place& where);
  Result<int> call_at(Choice& choice, std::int64_t index, JsonView entry, JsonView inner);

  bool changed(const Choice& choice) const;
  using Words = std::vector<std::pair<std::int64_t, std::string>>;  // to be said in a choice
  bool edit_choice(Json& json, bool whole, Words& words);
  void say_whole(Json& json, const Words& words, std::size_t from);
  bool edit_choices(const Json::Array& list, bool whole, Edits& edits, Words& words);
  bool edit_entry(Json& entry, int number, std::int64_t index);
  void edit_finish(Json& json);
  std::string words_chunk(const std::string& data, std::int64_t choice, const std::string& words) const;

  std::map<std::int64_t, Choice> choices_;
};

Result<StreamCore::Place> ChatStream::place(std::string_view, JsonView data, const StreamEvent&) {
  if (looks_like_call(data, {"choices"})) return bad("a chunk has a tool call outside its choices");
  if (data["error"].is_object() && data["choices"].is_null()) return Place{.at_once = true, .last = true};
  Place where;
  for (const JsonView choice : data["choices"].items())
    TRY_STATUS(read_choice(choice, false, where));
  if (data["choices"].is_object()) return bad("the choices are no list");
  return where;
}

Result<StreamCore::Place> ChatStream::place_whole(JsonView body, const StreamEvent&) {
  if (!body.is_object() || body["choices"].is_object() || looks_like_call(body, {"choices"}))
    return bad("an answer has a tool call outside its choices");
  Place where{.whole = true};
  for (const JsonView choice : body["choices"].items())
    TRY_STATUS(read_choice(choice, true, where));
  return where;
}

Status ChatStream::read_choice(JsonView json, bool whole, Place& where) {
  const std::string_view member = whole ? "message" : "delta";
  if (!json.is_object() || looks_like_call(json, {member}))
    return bad("a choice has a tool call beside its words");
  Choice& choice = choices_[json["index"].int_or(0)];
  const JsonView delta = json[member];
  if (looks_like_call(delta, {"tool_calls", "function_call"}))
    return bad("a choice holds a tool call among its words");
  choice.spoke = choice.spoke || !delta["content"].text_or("").empty();
  const JsonView calls = delta["tool_calls"];
  if (!calls.is_null() && !calls.is_array()) return bad("the tool calls are no list");
  std::int64_t position = 0;
  for (const JsonView entry : calls.items()) {
    const bool numbered = entry["index"].is_int();
    if (!whole && !numbered) return bad("a tool call has no index");
    TRY_STATUS(read_fragment(choice, whole ? position : entry["index"].int_or(0), entry, whole, where));
    ++position;
  }
  if (!delta["function_call"].is_null()) TRY_STATUS(read_fragment(choice, kLegacyIndex, delta, whole, where));
  if (whole || !json["finish_reason"].is_null()) {
    choice.finished = true;
    for (const auto& [index, number] : choice.calls) {
      complete(number);
      where.calls.push_back(number);
    }
  }
  return {};
}

Result<int> ChatStream::call_at(Choice& choice, std::int64_t index, JsonView entry, JsonView inner) {
  if (const auto at = choice.calls.find(index); at != choice.calls.end()) return at->second;
  if (choice.finished) return bad("a tool call comes after the end of its choice");
  if (index < kLegacyIndex) return bad("a tool call has no valid index");
  ToolCall call;
  const bool legacy = index == kLegacyIndex;
  const std::string_view type = legacy ? "function" : entry["type"].text_or("function");
  call.kind = type == "function" ? CallKind::function
              : type == "custom" ? CallKind::custom
                                 : CallKind::unknown;
  if (!legacy) call.id = entry["id"].text_or("");
  call.name = inner["name"].text_or("");
  TRY(const int number, hold(std::move(call)));
  held(number).place = index;
  held(number).member = type == "custom" ? "input" : "arguments";
  choice.calls[index] = number;
  return number;
}

// One fragment. What is said twice, and would be joined by one client and replaced by another, is refused.
Status ChatStream::read_fragment(Choice& choice, std::int64_t index, JsonView entry, bool, Place& where) {
  const bool legacy = index == kLegacyIndex;
  const JsonView function = legacy ? entry["function_call"] : entry["function"];
  const bool custom = !legacy && entry["custom"].is_object();
  const JsonView inner = custom ? entry["custom"] : function;
  if (!legacy && looks_like_call(entry, {"function", "custom", "type"}))
    return bad("a tool call holds another");
  if (!legacy && index < 0) return bad("a tool call has no valid index");
  const bool known = choice.calls.contains(index);
  if (known && choice.finished) return bad("a tool call goes on after the end of its choice");
  TRY(const int number, call_at(choice, index, entry, inner));
  where.calls.push_back(number);
  Held& call = held(number);
  if (call.state != Held::State::open) return {};
  const std::string_view payload = inner[call.member].text_or("");
  call.call.arguments += payload;
  if (custom != (call.call.kind == CallKind::custom) || (custom && !function.is_null()) ||
      call.call.kind == CallKind::unknown || (!legacy && entry["index"].int_or(index) != index)) {
    refuse(number, "it is of no known kind");
  } else if (!inner[call.member].is_string() && !inner[call.member].is_null()) {
    refuse(number, "its arguments are no text");
  } else if (looks_like_call(inner, {call.member})) {
    refuse(number, "it holds another call");
  } else if (known) {
    const std::string_view id = legacy ? "" : entry["id"].text_or("");
    if (!inner["name"].text_or("").empty()) refuse(number, "its name comes twice");
    if (!id.empty() && id != call.call.id) refuse(number, "its id differs between chunks");
    if (entry["type"].is_string() && entry["type"].text_or("") != name(call.call.kind))
      refuse(number, "its type differs between chunks");
  }
  return {};
}

bool ChatStream::changed(const Choice& choice) const {
  return std::any_of(choice.calls.begin(), choice.calls.end(), [&](const auto& call) {
    return held(call.second).refused() || held(call.second).rewritten();
  });
}

// A fragment as the client gets it; false when it goes.
bool ChatStream::edit_entry(Json& entry, int number, std::int64_t index) {
  Held& call = held(number);
  if (call.refused()) return false;
  if (index != kLegacyIndex && entry.has("index")) entry.set("index", index);
  const char* const inner_name = index == kLegacyIndex    ? "function_call"
                                 : call.member == "input" ? "custom"
                                                          : "function";
  Json* const inner = entry.find(inner_name);
  if (call.rewritten() && inner != nullptr && inner->is_object())
    inner->set(call.member, std::exchange(call.carried, true) ? std::string() : call.verdict.text);
  return true;
}

void ChatStream::edit_finish(Json& json) {
  const Choice& choice = choices_[json["index"].int_or(0)];
  const std::string_view reason = json["finish_reason"].text_or("");
  if (reason != "tool_calls" && reason != "function_call") return;
  const bool left = std::any_of(choice.calls.begin(), choice.calls.end(),
                                [&](const auto& call) { return held(call.second).released(); });
  if (!left && !choice.calls.empty()) json.set("finish_reason", "stop");
}

// Takes refused calls out of a choice; their reasons go to `words`. False when nothing is left of its delta.
bool ChatStream::edit_choice(Json& json, bool whole, Words& words) {
  const std::int64_t number_of_choice = json["index"].int_or(0);
  Choice& choice = choices_[number_of_choice];
  Json* const delta = json.find(whole ? "message" : "delta");
  if (delta == nullptr || !delta->is_object()) return true;
  const bool was_empty = delta->as_object().empty();
  const auto say = [&](int number) {
    if (held(number).refused() && !std::exchange(held(number).started, true))
      words.emplace_back(number_of_choice, refusal_text(held(number).call, held(number).verdict.text));
  };
  if (!(*delta)["function_call"].is_null()) {
    const int number = choice.calls.at(kLegacyIndex);
    say(number);
    if (!edit_entry(*delta, number, kLegacyIndex)) delta->erase("function_call");
  }
  if (Json* const calls = delta->find("tool_calls"); calls != nullptr && calls->is_array()) {
    Json kept = Json::array();
    std::int64_t position = 0;
    for (Json& entry : calls->as_array()) {
      const std::int64_t index = whole ? position++ : entry["index"].int_or(0);
      const int number = choice.calls.at(index);
      say(number);
      const auto gone = std::count_if(
          choice.calls.begin(), choice.calls.lower_bound(index),
          [&](const auto& call) { return call.first != kLegacyIndex && held(call.second).refused(); });
      if (edit_entry(entry, number, index - gone)) kept.push(std::move(entry));
    }
    if (kept.as_array().empty()) {
      delta->erase("tool_calls");
    } else {
      *calls = std::move(kept);
    }
  }
  return was_empty || !delta->as_object().empty();
}

std::string ChatStream::words_chunk(const std::string& data, std::int64_t choice,
                                    const std::string& words) const {
  Edits edits(data);
  edits.replace({"choices"}, R"([{"index":)" + std::to_string(choice) + R"(,"delta":{"content":)" +
                                 quoted(words) + R"(},"finish_reason":null}])");
  edits.replace({"usage"}, "null");
  return edits.apply();
}

// The words of refused calls as content of a message that is not streamed.
void ChatStream::say_whole(Json& json, const Words& words, std::size_t from) {
  Json& message = *json.find("message");
  std::string content(message["content"].text_or(""));
  for (std::size_t i = from; i < words.size(); ++i)
    content += (content.empty() ? "" : "\n\n") + words[i].second;
  if (from < words.size()) message.set("content", content);
}

// Edits every choice of an event; whether anything is left that a client wants.
bool ChatStream::edit_choices(const Json::Array& list, bool whole, Edits& edits, Words& words) {
  std::size_t left = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    Json json = list[i];
    bool kept = true;
    if (changed(choices_[json["index"].int_or(0)])) {
      const std::size_t said = words.size();
      kept = edit_choice(json, whole, words);
      if (whole) say_whole(json, words, said);
      edit_finish(json);
    }
    const char* const member = whole ? "message" : "delta";
    for (const char* const edited : {member, "finish_reason"})
      if (json[edited] != list[i][edited]) edits.replace({"choices", i, edited}, compact(json[edited]));
    if (kept || json["finish_reason"].is_string()) ++left;
  }
  return left > 0 || list.empty();
}

void ChatStream::write(Queued queued, Out& out) {
  const bool untouched = std::none_of(choices_.begin(), choices_.end(),
                                      [&](const auto& choice) { return changed(choice.second); });
  const auto parsed = untouched ? Result<Json>(Json()) : parse_json(queued.event.data);
  const Json* const list = parsed ? parsed->find("choices") : nullptr;
  if (list == nullptr || !list->is_array()) return out.push_back(std::move(queued.event));
  Edits edits(queued.event.data);
  Words words;
  const bool left = edit_choices(list->as_array(), queued.place.whole, edits, words);
  Out said;
  for (const auto& [choice, text] : words) {
    if (queued.place.whole) break;
    const bool spoke = std::exchange(choices_[choice].spoke, true);
    said.push_back({queued.event.name, words_chunk(queued.event.data, choice, (spoke ? "\n\n" : "") + text)});
  }
  // Words come behind the role that the first chunk says, and before the end of their choice.
  const bool ends = std::any_of(list->as_array().begin(), list->as_array().end(),
                                [](const Json& choice) { return choice["finish_reason"].is_string(); });
  if (ends) std::move(said.begin(), said.end(), std::back_inserter(out));
  if (left || (*parsed)["usage"].is_object())
    out.push_back({queued.event.name, edits.empty() ? queued.event.data : edits.apply()});
  if (!ends) std::move(said.begin(), said.end(), std::back_inserter(out));
}

StreamEvent ChatStream::error_event(std::string_view message) {
  return {{},
          R"({"error":{"message":)" + quoted(message) +
              R"(,"type":"permission_error","param":null,"code":"weir_refused"}})"};
}

}  // namespace

std::unique_ptr<StreamCore> chat_stream() {
  return std::make_unique<ChatStream>();
}

}  // namespace weir::llm
