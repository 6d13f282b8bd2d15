// What a stream costs: deltas of text, as most of an answer is, through each API's ToolStream; and whole
// answers with a call, released at once. One delta is about one token.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "llm/stream.h"

namespace {

using weir::llm::Api;
using weir::llm::StreamEvent;

StreamEvent delta_of(Api api) {
  switch (api) {
    case Api::anthropic:
      return {"content_block_delta",
              R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" token"}})"};
    case Api::responses:
      return {
          "response.output_text.delta",
          R"({"type":"response.output_text.delta","sequence_number":7,"item_id":"msg_0","output_index":0,)"
          R"("content_index":0,"delta":" token","logprobs":[],"obfuscation":"Xa9"})"};
    case Api::chat:
      return {
          "",
          R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1763900000,"model":"m","choices":)"
          R"([{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}]})"};
    case Api::gemini:
      return {"", R"({"candidates":[{"content":{"role":"model","parts":[{"text":" token"}]},"index":0}],)"
                  R"("usageMetadata":{"promptTokenCount":100,"totalTokenCount":120},"modelVersion":"m"})"};
  }
  return {};
}

std::vector<StreamEvent> opening(Api api) {
  if (api == Api::anthropic)
    return {{"", R"({"type":"message_start","message":{"content":[]}})"},
            {"", R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"}};
  if (api == Api::responses)
    return {{"", R"({"type":"response.created","sequence_number":0,"response":{"id":"r","output":[]}})"},
            {"", R"({"type":"response.output_item.added","sequence_number":1,"output_index":0,)"
                 R"("item":{"type":"message","id":"msg_0","content":[]}})"}};
  return {};
}

void text_deltas(benchmark::State& state) {
  const Api api = static_cast<Api>(state.range(0));
  weir::llm::ToolStream stream(api);
  for (const StreamEvent& event : opening(api))
    stream.take(event);
  const StreamEvent delta = delta_of(api);
  for (auto _ : state) {
    const auto step = stream.take(delta);
    if (step.forward.size() != 1) state.SkipWithError("a delta did not pass");
  }
  state.SetItemsProcessed(state.iterations());
  state.SetLabel(std::string(weir::llm::name(api)));
}
BENCHMARK(text_deltas)->DenseRange(0, 3);

void a_call_released(benchmark::State& state) {
  for (auto _ : state) {
    weir::llm::ToolStream stream(Api::anthropic);
    for (const StreamEvent& event : opening(Api::anthropic))
      stream.take(event);
    stream.take({"", R"({"type":"content_block_start","index":1,"content_block":)"
                     R"({"type":"tool_use","id":"t","name":"Bash","input":{}}})"});
    for (int i = 0; i < 2; ++i)
      stream.take(
          {"", std::string(R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta",)") +
                   R"("partial_json":")" + (i == 0 ? R"({\"command\":)" : R"(\"ls\"})") + "\"}}"});
    stream.take({"", R"({"type":"content_block_stop","index":1})"});
    if (stream.verdict(0, weir::llm::Verdict::release()).forward.size() != 4) state.SkipWithError("no call");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(a_call_released);

}  // namespace

BENCHMARK_MAIN();
