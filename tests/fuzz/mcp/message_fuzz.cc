// Messages from anyone: any bytes are read or refused, and what is read says the same when it is written
// again.
#include "mcp/message.h"

#include <cstdint>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto messages = mcp::read_messages(bytes);
  if (!messages) return 0;
  CHECK(!messages->empty() && messages->size() <= mcp::kBatchMax);
  CHECK(mcp::is_batch(bytes) || messages->size() == 1);
  for (const auto& message : *messages) {
    const auto again = mcp::read_messages(compact(message.whole));
    CHECK(again.has_value() && again->size() == 1);
    CHECK(again->front().kind == message.kind && again->front().id == message.id);
    CHECK(again->front().method == message.method &&
          canonical(again->front().whole) == canonical(message.whole));
    if (message.id.empty()) continue;
    CHECK(mcp::read_messages(mcp::refused_call(message.id, bytes.substr(0, 40))).has_value() ||
          !valid_utf8(bytes.substr(0, 40)));
  }
  return 0;
}
