// Conditions of model files from anyone: what is read is written as text that reads as the same condition.
#include "prove/model_expression.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::prove;
  const auto expression = parse_model_expression({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!expression) return 0;
  CHECK(size <= kModelExpressionBytesMax);
  const std::string written = expression_text(*expression);
  const auto again = parse_model_expression(written, "written");
  // Parentheses and words are added, so the longest and deepest may not fit again.
  if (written.size() > kModelExpressionBytesMax || (!again && again.error().code == weir::ErrorCode::limit))
    return 0;
  CHECK(again && expression_text(*again) == written);
  return 0;
}
