// Frames of a WebSocket from both sides, one a line: ">" from the client, "<" from the vendor, "!" a verdict
// that releases the call of that number. No frame with a call passes before a verdict, and the connection
// says nothing more once it is broken.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"
#include "llm/lanes.h"

namespace {

bool is_call(const weir::Json& item) {
  const auto type = item["type"].text_or("");
  return type == "function_call" || type == "custom_tool_call" || type == "shell_call";
}

bool has_call(const std::string& frame) {
  const auto json = weir::parse_json(frame);
  CHECK(json);
  if (is_call((*json)["item"])) return true;
  const weir::Json& output = (*json)["response"]["output"];
  if (!output.is_array()) return false;
  for (const weir::Json& item : output.as_array())
    if (is_call(item)) return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::llm::Lanes lanes;
  bool broken = false;
  bool released = false;
  for (const std::string_view line : weir::split({reinterpret_cast<const char*>(data), size}, '\n')) {
    if (line.empty()) continue;
    if (line[0] == '>') {
      (void)lanes.client_frame(line.substr(1));
      continue;
    }
    released = released || line[0] == '!';
    const auto step = line[0] == '!' && line.size() > 1
                          ? lanes.verdict(line[1] - '0', weir::llm::Verdict::release())
                          : lanes.vendor_frame(std::string(line.substr(1)));
    CHECK(!broken || step.forward.empty());
    broken = broken || step.broken;
    for (const auto& event : step.forward)
      CHECK(!has_call(event.data) || released);
  }
  return 0;
}
