// A request to a model API from anyone: the first byte chooses the API, the first line is method and target,
// the rest is the body. What is read is within limits, and the same when it is read again.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "llm/limits.h"
#include "llm/request.h"
#include "llm/usage.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto api = static_cast<weir::llm::Api>(data[0] % 4);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::string_view body = line.size() < text.size() ? text.substr(line.size() + 1) : std::string_view();
  const std::string_view method = line.substr(0, line.find(' '));
  const auto target = weir::llm::recognise(method, line.substr(std::min(line.size(), method.size() + 1)));
  const auto request = weir::llm::read_request(target.value_or(weir::llm::Target{.api = api}), body);
  if (request) {
    CHECK(request->tools.size() <= weir::llm::limits::kRequestToolsMax);
    CHECK(request->results.size() <= body.size() && request->messages <= body.size());
    const auto again = weir::llm::read_request(request->target, body);
    CHECK(again && again->tools_digest == request->tools_digest &&
          again->system_digest == request->system_digest);
  }
  (void)weir::llm::read_frame(body);
  weir::llm::UsageMeter meter(api);
  meter.take(body);
  const auto usage = meter.usage();
  CHECK(usage.input_tokens >= 0 && usage.output_tokens >= 0);
  return 0;
}
