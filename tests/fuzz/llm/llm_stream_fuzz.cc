// An answer of a model API from anyone: the first byte chooses the API and whether it is streamed, the rest
// are events, "event: …" and "data: …" with an empty line behind each. Without a verdict no call comes out;
// with all of them released the output is the input, as far as the stream held.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "llm/stream.h"

namespace {

using weir::Json;
using weir::llm::Api;
using weir::llm::StreamEvent;

std::vector<StreamEvent> events_of(std::string_view text) {
  std::vector<StreamEvent> events;
  StreamEvent event;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with("event: ")) event.name = line.substr(7);
    if (line.starts_with("data: ")) event.data = line.substr(6);
    if (line.empty() || text.empty()) events.push_back(std::exchange(event, {}));
  }
  return events;
}

bool any_item(const Json& list, bool (*is_call)(const Json&)) {
  if (!list.is_array()) return false;
  for (const Json& item : list.as_array())
    if (is_call(item)) return true;
  return false;
}

bool is_item_call(const Json& item) {
  const auto type = item["type"].text_or("");
  return type == "tool_use" || type == "function_call" || type == "custom_tool_call" ||
         type == "shell_call" || type == "local_shell_call" || type == "apply_patch_call";
}

bool is_choice_call(const Json& choice) {
  for (const char* const member : {"delta", "message"}) {
    const Json& said = choice[member];
    if (said["function_call"].is_object()) return true;
    if (said["tool_calls"].is_array() && !said["tool_calls"].as_array().empty()) return true;
  }
  return false;
}

bool is_candidate_call(const Json& candidate) {
  return any_item(candidate["content"]["parts"],
                  [](const Json& part) { return part["functionCall"].is_object(); });
}

// Where a client of the API looks for calls.
bool has_call(Api api, const Json& data) {
  if (data.is_array()) return any_item(data, [](const Json& chunk) { return has_call(Api::gemini, chunk); });
  switch (api) {
    case Api::anthropic:
      return is_item_call(data["content_block"]) || any_item(data["content"], is_item_call);
    case Api::responses:
      return is_item_call(data["item"]) || any_item(data["response"]["output"], is_item_call) ||
             any_item(data["output"], is_item_call);
    case Api::chat:
      return any_item(data["choices"], is_choice_call);
    case Api::gemini:
      return any_item(data["candidates"], is_candidate_call);
  }
  return false;
}

std::vector<StreamEvent> in_order(std::vector<StreamEvent> events) {
  std::erase_if(events, [](const StreamEvent& event) {
    return event.data.empty() || event.name == "ping" || event.data.find("\"ping\"") != std::string::npos ||
           event.data.find("rror") != std::string::npos || event.name.find("rror") != std::string::npos;
  });
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Api api = static_cast<Api>(data[0] % 4);
  const bool whole = (data[0] & 4) != 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto events = whole ? std::vector<StreamEvent>{{{}, std::string(text)}} : events_of(text);

  weir::llm::ToolStream silent(api);
  for (const StreamEvent& event : events) {
    const auto step = whole ? silent.take_whole(event.data) : silent.take(event);
    for (const StreamEvent& out : step.forward) {
      const auto json = weir::parse_json(out.data);
      CHECK(out.data.empty() || out.data == "[DONE]" || json);
      if (json && step.refused.empty()) CHECK(!has_call(api, *json));
    }
  }

  weir::llm::ToolStream open(api);
  std::vector<StreamEvent> out;
  bool changed = false;
  for (const StreamEvent& event : events) {
    auto step = whole ? open.take_whole(event.data) : open.take(event);
    changed = changed || step.broken || !step.refused.empty();
    std::move(step.forward.begin(), step.forward.end(), std::back_inserter(out));
    for (const auto& call : step.decide) {
      auto after = open.verdict(call.number, weir::llm::Verdict::release());
      std::move(after.forward.begin(), after.forward.end(), std::back_inserter(out));
    }
  }
  if (changed) return 0;
  const auto expected = in_order(events);
  const auto got = in_order(out);
  CHECK(got.size() <= expected.size() && std::equal(got.begin(), got.end(), expected.begin()));

  weir::llm::ToolStream rewriting(api);
  for (const StreamEvent& event : events) {
    const auto step = whole ? rewriting.take_whole(event.data) : rewriting.take(event);
    for (const auto& call : step.decide)
      for (const StreamEvent& said :
           rewriting
               .verdict(call.number, call.number % 2 == 0 ? weir::llm::Verdict::rewrite(R"({"x":"\"\n"})")
                                                          : weir::llm::Verdict::refuse("\"\n\xff"))
               .forward)
        CHECK(said.data.empty() || said.data == "[DONE]" || weir::parse_json(said.data));
  }
  return 0;
}
