// An event stream: the events that the standard has, the same ones however the bytes are cut, and no byte
// lost; what is written is read back.
#include <cstdint>
#include <cstdlib>

#include "../../http/plain_sse.h"
#include "http/sse.h"

namespace {

using namespace weir::http;

struct Seen {
  std::vector<plain::Event> events;
  std::vector<std::string> blocks;
  bool operator==(const Seen&) const = default;
};

Seen seen(std::string_view bytes, std::size_t piece) {
  Seen all;
  SseSplitter splitter;
  std::string waiting, given;
  std::optional<std::string> id;
  const auto note = [&](const SseEvent& event) {
    if (event.bytes.empty() || event.bytes.data() != waiting.data()) std::abort();
    if (event.id) id = *event.id;
    if (event.dispatched) all.events.push_back({std::string(event.type), std::string(event.data), id});
    if (event.dispatched) id.reset();
    all.blocks.emplace_back(event.bytes);
    given += event.bytes;
    waiting.erase(0, event.bytes.size());
  };
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
    waiting += bytes.substr(at, piece);
    while (const auto event = splitter.next(waiting).value())
      note(*event);
  }
  if (const auto event = splitter.finish(waiting)) note(*event);
  if (given + waiting != bytes) std::abort();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const Seen whole = seen(bytes, SIZE_MAX);
  if (whole.events != plain::events_of(bytes)) std::abort();
  for (const std::size_t piece : {1, 2, 5})
    if (seen(bytes, piece) != whole) std::abort();
  std::string written;
  for (const auto& event : whole.events)
    if (!write_sse(written, {.type = event.type, .data = event.data, .id = event.id, .retry_ms = {}}))
      std::abort();
  if (seen(written, SIZE_MAX).events != whole.events) std::abort();
  return 0;
}
