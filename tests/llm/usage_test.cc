#include "llm/usage.h"

#include <gtest/gtest.h>

#include "support/llm_streams.h"

namespace weir::llm {
namespace {

Usage usage_of(const std::string& name) {
  for (const test::Recorded& recorded : test::recorded_answers()) {
    if (recorded.name != name) continue;
    UsageMeter meter(recorded.api);
    for (const StreamEvent& event : recorded.events)
      meter.take(event.data);
    EXPECT_TRUE(meter.known()) << name;
    return meter.usage();
  }
  ADD_FAILURE() << "no recorded answer " << name;
  return {};
}

TEST(Usage, IsCountedAlikeInEveryApi) {
  const Usage anthropic{
      .input_tokens = 157, .cached_tokens = 50, .cache_written_tokens = 7, .output_tokens = 20};
  EXPECT_EQ(usage_of("anthropic-call.sse"), anthropic);
  EXPECT_EQ(usage_of("anthropic-whole.json"), anthropic);
  const Usage responses{.input_tokens = 100, .cached_tokens = 60, .output_tokens = 20, .reasoning_tokens = 8};
  EXPECT_EQ(usage_of("responses-call.sse"), responses);
  EXPECT_EQ(usage_of("responses-whole.json"), responses);
  EXPECT_EQ(usage_of("chat-call.sse"),
            (Usage{.input_tokens = 100, .cached_tokens = 40, .output_tokens = 20, .reasoning_tokens = 5}));
  EXPECT_EQ(usage_of("chat-whole.json"), (Usage{.input_tokens = 100, .output_tokens = 20}));
  const Usage gemini{.input_tokens = 100, .cached_tokens = 30, .output_tokens = 29, .reasoning_tokens = 9};
  EXPECT_EQ(usage_of("gemini-call.sse"), gemini);
  EXPECT_EQ(usage_of("gemini-array.json"), gemini);
}

TEST(Usage, NonsenseCountsNothing) {
  UsageMeter meter(Api::chat);
  for (const char* const data :
       {"", "usage", R"({"usage":null})", R"({"usage":[1]})", R"({"other":"usage"})"})
    meter.take(data);
  EXPECT_FALSE(meter.known());
  meter.take(
      R"({"usage":{"prompt_tokens":-5,"completion_tokens":"9","prompt_tokens_details":{"cached_tokens":1e300}}})");
  EXPECT_EQ(meter.usage(), Usage{});
  meter.take(R"({"usage":{"prompt_tokens":9223372036854775807,"completion_tokens":7}})");
  EXPECT_EQ(meter.usage(), Usage{.output_tokens = 7});
}

}  // namespace
}  // namespace weir::llm
