// A client of each model API, as strict as the vendors' own programs are about order and as credulous about
// content: what it puts together from events is what an agent would see. It shares no code with src/llm but
// the JSON reader. Used by the tests of the room `llm`.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "llm/stream.h"

namespace weir::test {

struct SeenCall {
  std::string id;
  std::string name;
  std::string arguments;  // text, or canonical JSON where the API gives a value
  bool operator==(const SeenCall&) const = default;
};

struct SeenAnswer {
  std::vector<std::string> order;  // "text", "call", other kinds, in the order of the answer
  std::string text;
  std::vector<SeenCall> calls;
  std::string stop;
  std::string error;
  bool ended = false;
  std::vector<std::string> wrong;  // what the client could not make sense of

  void expect(bool condition, std::string_view what) {
    if (!condition) wrong.emplace_back(what);
  }
};

class Client {
 public:
  explicit Client(llm::Api api) : api_(api) {}

  void read(const llm::StreamEvent& event) {
    if (event.data == "[DONE]") {
      answer_.ended = true;
      return;
    }
    const auto json = parse_json(event.data);
    answer_.expect(json.has_value(), "data is not JSON");
    if (!json) return;
    if (const Json* error = json->find("error"); error != nullptr && error->is_object()) {
      answer_.error = (*error)["message"].text_or("");
      return;
    }
    switch (api_) {
      case llm::Api::anthropic:
        answer_.expect(event.name == (*json)["type"].text_or(""), "name and type differ");
        return anthropic(*json);
      case llm::Api::responses:
        return responses(*json);
      case llm::Api::chat:
        return chat(*json, "delta");
      case llm::Api::gemini:
        return gemini(*json);
    }
  }

  void read_whole(const Json& body) {
    answer_.ended = true;
    switch (api_) {
      case llm::Api::anthropic:
        for (const Json& block : body["content"].as_array())
          anthropic_block(block);
        answer_.stop = body["stop_reason"].text_or("");
        return;
      case llm::Api::responses:
        for (const Json& item : body["output"].as_array())
          response_item(item);
        return;
      case llm::Api::chat:
        return chat(body, "message");
      case llm::Api::gemini:
        if (!body.is_array()) return gemini(body);
        for (const Json& chunk : body.as_array())
          gemini(chunk);
    }
  }

  // The answer so far; to be asked once, at the end.
  SeenAnswer answer() {
    if (api_ == llm::Api::chat) finish_chat();
    return answer_;
  }

 private:
  void say(std::string_view text) {
    answer_.text += text;
    if (!text.empty() && (answer_.order.empty() || answer_.order.back() != "text"))
      answer_.order.push_back("text");
  }
  void call(SeenCall seen) {
    answer_.order.push_back("call");
    answer_.calls.push_back(std::move(seen));
  }

  // As @anthropic-ai/sdk's MessageStream: blocks are pushed and then found by their index.
  void anthropic(const Json& json) {
    const std::string_view type = json["type"].text_or("");
    const auto index = static_cast<std::size_t>(json["index"].int_or(-1));
    answer_.expect(!answer_.ended, "an event after message_stop");
    if (type == "message_start") {
      answer_.expect(!started_, "message_start twice");
      started_ = true;
      return;
    }
    answer_.expect(started_ || type == "ping", "an event before message_start");
    if (type == "content_block_start") {
      answer_.expect(index == blocks_.size(), "a block starts out of order");
      blocks_.push_back({json["content_block"], "", true});
      return;
    }
    if (type == "content_block_delta" || type == "content_block_stop") {
      answer_.expect(index < blocks_.size() && blocks_[index].open, "an event for a block that is not open");
      if (index >= blocks_.size()) return;
      Block& block = blocks_[index];
      const Json& delta = json["delta"];
      if (type == "content_block_stop") {
        block.open = false;
        if (!block.json_text.empty()) {
          const auto input = parse_json(block.json_text);
          answer_.expect(input.has_value(), "the input of a block is not JSON");
          if (input) block.start.set("input", *input);
        }
        anthropic_block(block.start);
      } else if (delta["type"].text_or("") == "text_delta") {
        answer_.expect(block.start["type"].text_or("") == "text", "a text delta in another block");
        block.start.set(
            "text", std::string(block.start["text"].text_or("")) + std::string(delta["text"].text_or("")));
      } else if (delta["type"].text_or("") == "input_json_delta") {
        answer_.expect(block.start["type"].text_or("") != "text", "an input delta in a text block");
        block.json_text += delta["partial_json"].text_or("");
      }
      return;
    }
    if (type == "message_delta") answer_.stop = json["delta"]["stop_reason"].text_or("");
    if (type == "message_stop") answer_.ended = true;
  }

  void anthropic_block(const Json& block) {
    const std::string_view type = block["type"].text_or("");
    if (type == "text") {
      answer_.expect(!block["text"].text_or("").empty(), "an empty text block");
      return say(block["text"].text_or(""));
    }
    if (type == "tool_use")
      return call({std::string(block["id"].text_or("")), std::string(block["name"].text_or("")),
                   canonical(block["input"])});
    answer_.order.emplace_back(type);
  }

  // As codex and openai's ResponseStream: items by their index, deltas added up, the end as the last word.
  void responses(const Json& json) {
    const std::string_view type = json["type"].text_or("");
    if (json.has("sequence_number")) {
      answer_.expect(json["sequence_number"].int_or(-1) > sequence_, "sequence_number does not grow");
      sequence_ = json["sequence_number"].int_or(-1);
    }
    answer_.expect(!answer_.ended, "an event after the end");
    const auto index = static_cast<std::size_t>(json["output_index"].int_or(-1));
    if (type == "response.output_item.added") {
      answer_.expect(index == items_.size(), "an item is added out of order");
      items_.push_back(json["item"]);
      said_.emplace_back();
    } else if (type == "response.output_item.done") {
      answer_.expect(index < items_.size(), "an item is done that was not added");
      if (index >= items_.size()) return;
      answer_.expect(
          items_[index]["id"] == json["item"]["id"] && items_[index]["type"] == json["item"]["type"],
          "an item changes its id or type");
      answer_.expect(said_[index].empty() || said_[index] == payload(json["item"]), "deltas and item differ");
      items_[index] = json["item"];
      response_item(json["item"]);
    } else if (type.ends_with(".delta")) {
      answer_.expect(index < items_.size() && items_[index]["id"] == json["item_id"], "a delta for no item");
      if (index < items_.size()) said_[index] += json["delta"].text_or("");
    } else if (type == "response.completed") {
      answer_.ended = true;
      answer_.expect(canonical(json["response"]["output"]) == canonical(Json(items_)),
                     "the output at the end differs");
    } else if (type.ends_with(".done") && index < items_.size()) {
      for (const char* const member : {"arguments", "input", "text"})
        if (json.has(member))
          answer_.expect(json[member].text_or("") == said_[index], "done and deltas differ");
    }
  }

  static std::string payload(const Json& item) {
    if (item["type"].text_or("") == "message")
      return std::string(item["content"].as_array()[0]["text"].text_or(""));
    for (const char* const member : {"arguments", "input"})
      if (item[member].is_string()) return item[member].as_string();
    return std::string(
        item["action"]["commands"].is_array() ? item["action"]["commands"].as_array()[0].text_or("") : "");
  }

  void response_item(const Json& item) {
    const std::string_view type = item["type"].text_or("");
    if (type == "message") return say(payload(item));
    if (type == "function_call" || type == "custom_tool_call")
      return call(
          {std::string(item["call_id"].text_or("")), std::string(item["name"].text_or("")), payload(item)});
    if (type == "shell_call" || type == "apply_patch_call")
      return call({std::string(item["call_id"].text_or("")), std::string(type),
                   canonical(type == "shell_call" ? item["action"] : item["operation"])});
    answer_.order.emplace_back(type);
  }

  // As openai's ChatCompletionStream: calls by index, arguments joined.
  void chat(const Json& json, const char* member) {
    answer_.expect(json["choices"].is_array(), "no choices");
    if (!json["choices"].is_array()) return;
    for (const Json& choice : json["choices"].as_array()) {
      const Json& delta = choice[member];
      answer_.expect(answer_.stop.empty(), "a choice goes on after its end");
      say(delta["content"].text_or(""));
      if (delta["tool_calls"].is_array()) {
        std::int64_t position = 0;
        answer_.expect(!delta["tool_calls"].as_array().empty(), "an empty list of calls");
        for (const Json& entry : delta["tool_calls"].as_array())
          chat_fragment(entry["index"].int_or(position++), entry);
      }
      if (delta["function_call"].is_object()) chat_fragment(0, delta);
      if (choice["finish_reason"].is_string()) answer_.stop = choice["finish_reason"].as_string();
    }
  }
  void chat_fragment(std::int64_t index, const Json& entry) {
    answer_.expect(index <= static_cast<std::int64_t>(chat_calls_.size()), "a call begins out of order");
    SeenCall& seen = chat_calls_[index];
    const char* const kind = entry.has("function_call") ? "function_call"
                             : entry.has("custom")      ? "custom"
                                                        : "function";
    seen.id += entry["id"].text_or("");
    seen.name += entry[kind]["name"].text_or("");
    seen.arguments += entry[kind][entry.has("custom") ? "input" : "arguments"].text_or("");
  }
  void finish_chat() {
    const bool wants = answer_.stop == "tool_calls" || answer_.stop == "function_call";
    if (!answer_.stop.empty())
      answer_.expect(wants == !chat_calls_.empty(), "the stop reason does not fit the calls");
    for (const auto& [index, seen] : chat_calls_)
      call(seen);
    chat_calls_.clear();
  }

  void gemini(const Json& json) {
    if (!json["candidates"].is_array()) return;
    for (const Json& candidate : json["candidates"].as_array()) {
      if (candidate.has("finishReason")) answer_.ended = true;
      if (!candidate["content"]["parts"].is_array()) continue;
      for (const Json& part : candidate["content"]["parts"].as_array()) {
        if (part.has("functionCall"))
          call({std::string(part["functionCall"]["id"].text_or("")),
                std::string(part["functionCall"]["name"].text_or("")),
                canonical(part["functionCall"]["args"])});
        else if (part.has("text"))
          say(part["text"].text_or(""));
        else
          answer_.order.emplace_back("other");
      }
    }
  }

  struct Block {
    Json start;
    std::string json_text;
    bool open = true;
  };
  llm::Api api_;
  SeenAnswer answer_;
  bool started_ = false;
  std::vector<Block> blocks_;
  std::int64_t sequence_ = -1;
  Json::Array items_;
  std::vector<std::string> said_;
  std::map<std::int64_t, SeenCall> chat_calls_;
};

}  // namespace weir::test
