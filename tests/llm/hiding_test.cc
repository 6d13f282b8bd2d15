// Places where a forbidden call could hide from the gateway and still be found by a client. The cases are
// data: tests/cases/llm/hiding.txt. In every case the marker EVIL stands in what must not pass.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/llm_client.h"
#include "support/llm_streams.h"

namespace weir::llm {
namespace {

struct Hiding {
  std::string name;
  test::Recorded recorded;
};

// "## API[-whole] NAME", then one event a line: data alone, or "event|data". "#" begins a remark. Templates
// @start, @end … stand for the usual events around (see `usual`).
std::vector<StreamEvent> usual(Api api, const std::string& word) {
  static const std::map<std::string, std::vector<std::string>> anthropic = {
      {"@start",
       {R"({"type":"message_start","message":{"id":"m","role":"assistant","content":[],"usage":{"input_tokens":1}}})"}},
      {"@text",
       {R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
        R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hello"}})",
        R"({"type":"content_block_stop","index":0})"}},
      {"@end",
       {R"({"type":"message_delta","delta":{"stop_reason":"tool_use"}})", R"({"type":"message_stop"})"}}};
  static const std::map<std::string, std::vector<std::string>> responses = {
      {"@start", {R"({"type":"response.created","sequence_number":0,"response":{"id":"r","output":[]}})"}},
      {"@text",
       {R"({"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_0","role":"assistant","content":[]}})",
        R"({"type":"response.output_text.delta","output_index":0,"item_id":"msg_0","content_index":0,"delta":"hello"})"}},
      {"@end", {R"({"type":"response.completed","response":{"id":"r","output":[]}})"}}};
  static const std::map<std::string, std::vector<std::string>> chat = {
      {"@start",
       {R"({"choices":[{"index":0,"delta":{"role":"assistant","content":"hello"},"finish_reason":null}]})"}},
      {"@end", {R"({"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})", "[DONE]"}}};
  static const std::map<std::string, std::vector<std::string>> gemini = {
      {"@start", {R"({"candidates":[{"content":{"role":"model","parts":[{"text":"hello"}]}}]})"}},
      {"@end", {R"({"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]})"}}};
  const auto& all = api == Api::anthropic   ? anthropic
                    : api == Api::responses ? responses
                    : api == Api::chat      ? chat
                                            : gemini;
  std::vector<StreamEvent> events;
  for (const std::string& data : all.at(word)) {
    const auto json = parse_json(data);
    events.push_back({api == Api::anthropic && json ? std::string((*json)["type"].text_or("")) : "", data});
  }
  return events;
}

std::vector<Hiding> hidings() {
  std::ifstream in(WEIR_SOURCE_DIR "/tests/cases/llm/hiding.txt");
  std::vector<Hiding> all;
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with("## ")) {
      std::istringstream words(line.substr(3));
      std::string api;
      words >> api;
      all.push_back(
          {line.substr(3), {.name = api, .api = test::api_of(api), .whole = api.ends_with("-whole")}});
    } else if (line.starts_with("@")) {
      for (StreamEvent& event : usual(all.back().recorded.api, line))
        all.back().recorded.events.push_back(std::move(event));
    } else if (!line.empty() && !line.starts_with("#")) {
      const std::size_t bar =
          line.starts_with("{") || line.starts_with("[") ? std::string::npos : line.find('|');
      const std::string data = bar == std::string::npos ? line : line.substr(bar + 1);
      std::string name = bar == std::string::npos ? "" : line.substr(0, bar);
      if (const auto json = parse_json(data);
          bar == std::string::npos && all.back().recorded.api == Api::anthropic && json)
        name = (*json)["type"].text_or("");
      all.back().recorded.events.push_back({name, data});
    }
  }
  return all;
}

bool has_marker(const std::vector<StreamEvent>& events) {
  for (const StreamEvent& event : events) {
    const auto json = parse_json(event.data);
    if (event.data.contains("EVIL") || (json && canonical(*json).contains("EVIL"))) return true;
  }
  return false;
}

TEST(Hiding, ThereAreEnoughPlacesInEveryApi) {
  std::size_t of_api[4] = {};
  for (const Hiding& hiding : hidings()) {
    ++of_api[static_cast<int>(hiding.recorded.api)];
    bool marked = false;
    for (const StreamEvent& event : hiding.recorded.events)
      marked = marked || event.data.contains("EVIL") || event.data.contains("\\u0045VIL");
    EXPECT_TRUE(marked) << hiding.name;
  }
  EXPECT_GE(of_api[0], 20);
  EXPECT_GE(of_api[1], 25);
  EXPECT_GE(of_api[2], 15);
  EXPECT_GE(of_api[3], 8);
}

TEST(Hiding, WithoutAVerdictNothingComesThrough) {
  for (const Hiding& hiding : hidings()) {
    ToolStream stream(hiding.recorded.api);
    const auto outcome = test::play(stream, hiding.recorded.events, hiding.recorded.whole);
    EXPECT_FALSE(has_marker(outcome.out)) << hiding.name;
    if (hiding.name.contains("held for ever")) continue;
    EXPECT_TRUE(outcome.broken || !outcome.asked.empty() || !outcome.refused.empty())
        << hiding.name << " was not seen";
  }
}

TEST(Hiding, RefusedNothingComesThrough) {
  for (const Hiding& hiding : hidings()) {
    ToolStream stream(hiding.recorded.api);
    const auto outcome = test::play(stream, hiding.recorded.events, hiding.recorded.whole,
                                    [](const ToolCall&) { return Verdict::refuse("no"); });
    EXPECT_FALSE(has_marker(outcome.out)) << hiding.name;
  }
}

// A harmless call is released; the forbidden one, told by its marker, is refused.
TEST(Hiding, BehindAnAllowedCallNothingComesThrough) {
  for (const Hiding& hiding : hidings()) {
    ToolStream stream(hiding.recorded.api);
    const auto outcome =
        test::play(stream, hiding.recorded.events, hiding.recorded.whole, [](const ToolCall& call) {
          const bool evil = call.arguments.contains("EVIL") || call.name.contains("EVIL") ||
                            (call.input && canonical(*call.input).contains("EVIL"));
          return evil ? Verdict::refuse("no") : Verdict::release();
        });
    EXPECT_FALSE(has_marker(outcome.out)) << hiding.name;
  }
}

// One id for two calls: their results could not be told apart, whatever the verdicts were.
TEST(Hiding, TwoCallsWithOneIdBreakTheStream) {
  std::size_t seen = 0;
  for (const Hiding& hiding : hidings()) {
    if (!hiding.name.contains("two calls with one")) continue;
    ++seen;
    ToolStream stream(hiding.recorded.api);
    EXPECT_TRUE(test::play(stream, hiding.recorded.events, hiding.recorded.whole).broken) << hiding.name;
  }
  EXPECT_GE(seen, 4);
}

TEST(Hiding, WhatIsTooLargeIsRefused) {
  for (const Api api : {Api::anthropic, Api::responses, Api::chat}) {
    ToolStream stream(api);
    const std::string piece(1024 * 1024, 'E');
    std::vector<StreamEvent> events = usual(api, "@start");
    const auto add = [&](std::string data) {
      const auto json = parse_json(data);
      events.push_back({api == Api::anthropic ? std::string((*json)["type"].text_or("")) : "", data});
    };
    if (api == Api::anthropic)
      add(R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"Bash","input":{}}})");
    if (api == Api::responses)
      add(R"({"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc","call_id":"c","name":"shell","arguments":""}})");
    if (api == Api::chat)
      add(R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"x","arguments":""}}]}}]})");
    for (int i = 0; i < 20; ++i) {
      if (api == Api::anthropic)
        add(R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":")" +
            piece + "\"}}");
      if (api == Api::responses)
        add(R"({"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc","delta":")" +
            piece + "\"}");
      if (api == Api::chat)
        add(R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":")" + piece +
            R"("}}]}}]})");
    }
    if (api == Api::chat) add(usual(api, "@end")[0].data);
    const auto outcome =
        test::play(stream, events, false, [](const ToolCall&) { return Verdict::release(); });
    EXPECT_TRUE(outcome.asked.empty());
    ASSERT_EQ(outcome.refused.size(), 1) << name(api);
    EXPECT_TRUE(outcome.refused[0].problem.contains("larger than"));
    EXPECT_FALSE(outcome.broken);
    for (const StreamEvent& event : outcome.out)
      EXPECT_FALSE(event.data.contains("EEEE")) << name(api);
  }
}

}  // namespace
}  // namespace weir::llm
