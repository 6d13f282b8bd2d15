// Rows of `weir replay`, and the paths under which transcripts are found. Invariants: a row is an error or
// Events that count every call once and serialise; a path names a session only when it has one.
#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/places.h"
#include "ingest/trace.h"

using namespace weir;

namespace {

void check_row(const Json& json) {
  const auto row = ingest::parse_trace(json);
  if (!row) return;
  std::uint64_t calls = 0;
  for (auto event : row->events) {
    event.id = std::string(1, 'e');  // whoever admits an event names it
    if (event.kind == event::kind::kToolCall) ++calls;
    const auto again = event::event_from_envelope(event::envelope_json(event));
    CHECK(again && again->kind == event.kind);
  }
  CHECK(calls == row->calls);
}

void check_path(std::string_view text) {
  if (const auto path = ingest::read_transcript_path(text)) CHECK(!path->session.empty());
  for (const char c : ingest::claude_project_slug(text))
    CHECK(c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto json = parse_json(text)) check_row(*json);
  check_path(text);
  return 0;
}
