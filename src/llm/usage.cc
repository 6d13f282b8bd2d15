#include "llm/usage.h"

namespace weir::llm {
namespace {

constexpr std::int64_t kTokensMax = std::int64_t{1} << 50;  // beyond this a number is no count

// Replaces `count` when the vendor says a sensible number.
void set(std::int64_t& count, JsonView said) {
  const std::int64_t value = said.int_or(-1);
  if (value >= 0 && value <= kTokensMax) count = value;
}

}  // namespace

void UsageMeter::take(std::string_view data) {
  if (!data.contains("usage")) return;  // most events; parsing them again would cost as much as all else
  const auto parsed = document_.parse(data);
  if (!parsed) return;
  JsonView json = *parsed;
  for (const JsonView chunk : json.items())  // Gemini's list: the last chunk counts
    if (api_ == Api::gemini && chunk["usageMetadata"].is_object()) json = chunk;
  switch (api_) {
    case Api::anthropic:
      take_anthropic(json["message"]["usage"]);  // message_start
      return take_anthropic(json["usage"]);      // message_delta, or a whole message
    case Api::responses:
      take_openai(json["response"]["usage"]);
      return take_openai(json["usage"]);
    case Api::chat:
      return take_openai(json["usage"]);
    case Api::gemini:
      return take_gemini(json["usageMetadata"]);
  }
}

void UsageMeter::take_anthropic(JsonView usage) {
  known_ = known_ || usage.is_object();
  set(input_, usage["input_tokens"]);
  set(cached_, usage["cache_read_input_tokens"]);
  set(written_, usage["cache_creation_input_tokens"]);
  set(output_, usage["output_tokens"]);
}

// Responses and Chat Completions say the same under two sets of names.
void UsageMeter::take_openai(JsonView usage) {
  known_ = known_ || usage.is_object();
  for (const char* const name : {"input_tokens", "prompt_tokens"})
    set(input_, usage[name]);
  for (const char* const name : {"output_tokens", "completion_tokens"})
    set(output_, usage[name]);
  for (const char* const name : {"input_tokens_details", "prompt_tokens_details"})
    set(cached_, usage[name]["cached_tokens"]);
  for (const char* const name : {"output_tokens_details", "completion_tokens_details"})
    set(reasoning_, usage[name]["reasoning_tokens"]);
}

void UsageMeter::take_gemini(JsonView usage) {
  known_ = known_ || usage.is_object();
  set(input_, usage["promptTokenCount"]);
  set(cached_, usage["cachedContentTokenCount"]);
  set(output_, usage["candidatesTokenCount"]);
  set(reasoning_, usage["thoughtsTokenCount"]);
}

Usage UsageMeter::usage() const {
  Usage usage{.input_tokens = input_,
              .cached_tokens = cached_,
              .cache_written_tokens = written_,
              .output_tokens = output_,
              .reasoning_tokens = reasoning_};
  if (api_ == Api::anthropic) usage.input_tokens += cached_ + written_;  // said apart from the rest
  if (api_ == Api::gemini) usage.output_tokens += reasoning_;
  return usage;
}

}  // namespace weir::llm
