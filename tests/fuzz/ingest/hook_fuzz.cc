// Hook payloads are written by the agent's side. Input: one byte that picks agent and event, then the
// payload. Invariants: what is accepted has a session under its root, its envelope serialises and reads back,
// and the failure path always answers what the gating table says.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ingest/hook.h"
#include "ingest/tools.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  if (size == 0) return 0;
  const auto& row = ingest::kHookEvents[data[0] % ingest::kHookEvents.size()];
  const std::string_view payload(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto event = ingest::read_hook(row.agent, row.name, payload);
  if (!event) {
    const auto answer = ingest::failure_answer(row.agent, row.name, event.error());
    if (answer.exit_code != (row.gates ? 2 : 0) || !answer.out.empty()) std::abort();
    return 0;
  }
  const bool under = event->session == event->root || event->session.starts_with(event->root + '/');
  if (!under || event->root.find('/') != std::string::npos) std::abort();
  event->id = "id";
  const auto again = event::event_from_envelope(*parse_json(canonical(event::envelope_json(*event))));
  if (!again || again->session != event->session || canonical(again->data) != canonical(event->data))
    std::abort();
  if (event->kind == event::kind::kToolCall) {
    if (!event->body["input"].is_object()) std::abort();
    (void)ingest::tool_use(row.agent, event->body["tool"].text_or(""), event->body["input"]);
    (void)canonical(ingest::identity_input(row.agent, event->body["tool"].text_or(""), event->body["input"]));
  }
  return 0;
}
