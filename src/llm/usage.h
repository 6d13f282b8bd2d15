// Tokens that an answer cost, from the last events of any API, as one value.
//
//   UsageMeter meter(Api::anthropic);
//   for (const StreamEvent& event : answer) meter.take(event.data);    // also the body of a whole answer
//   budget -= meter.usage().output_tokens;
//
// The APIs count differently; here `input_tokens` holds what came from a cache, and `output_tokens` what was
// reasoned. Later reports replace earlier ones, as all four APIs mean them. What a vendor does not say is 0.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/json_view.h"
#include "llm/api.h"

namespace weir::llm {

struct Usage {
  std::int64_t input_tokens = 0;          // all of the prompt, cached or not
  std::int64_t cached_tokens = 0;         // of these: read from a cache
  std::int64_t cache_written_tokens = 0;  // of these: written to one (Anthropic)
  std::int64_t output_tokens = 0;         // all that was made, reasoning too
  std::int64_t reasoning_tokens = 0;      // of these: reasoning, where it is said

  bool operator==(const Usage&) const = default;
};

class UsageMeter {
 public:
  explicit UsageMeter(Api api) : api_(api) {}

  // One event's data, or a body. What has no usage, or is not JSON, changes nothing.
  void take(std::string_view data);
  Usage usage() const;
  bool known() const { return known_; }  // whether any event said something

 private:
  void take_anthropic(JsonView usage);
  void take_openai(JsonView usage);
  void take_gemini(JsonView usage);

  Api api_;
  bool known_ = false;
  JsonDocument document_;
  std::int64_t input_ = 0;  // as the API says it
  std::int64_t cached_ = 0;
  std::int64_t written_ = 0;
  std::int64_t output_ = 0;
  std::int64_t reasoning_ = 0;
};

}  // namespace weir::llm
