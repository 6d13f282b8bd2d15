// Events of Weir as records of Sigma's log sources, so that rules written for other tools judge agents too.
//
//   for (const Mapped& one : records_of(event, actions, "linux"))          // as JSON
//     …
//   visit_records(event, actions, wanted, flat, [&](EventSource source, std::size_t action, Record record) {
//     engine.match(logsource_of(source, "linux"), record, workspace);       // nothing of the event is copied
//   });
//
// One event may be several records: the tool call itself (`product: weir`), and what its Actions would do in
// the words of Sigma's taxonomy. The table is in docs/sigma.md.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "event/action.h"
#include "event/event.h"
#include "sigma/record.h"
#include "sigma/rule.h"

namespace weir::sigma {

// Which log an event or an Action belongs to. The first seven are Weir's own.
enum class EventSource : std::uint8_t {
  tool_call,
  tool_result,
  prompt,
  model_output,
  mcp,
  memory,
  skill,
  process_creation,
  network_connection,
  dns_query,
  proxy,
  webserver,
  file_event,
  file_delete
};
inline constexpr std::size_t kEventSources = 14;

// `product` is that of the machine: linux, macos, windows. Weir's own logs have the product "weir".
LogSource logsource_of(EventSource source, std::string_view product);

struct Mapped {
  LogSource logsource;
  Json fields;                    // object
  std::size_t action = SIZE_MAX;  // index of the Action it is about; SIZE_MAX: the event itself
};
std::vector<Mapped> records_of(const event::Event& event, std::span<const event::Action> actions,
                               std::string_view product);

// What is worth making: records that some rule is asked about, arguments below "input" where a rule names it.
struct WantedRecords {
  std::bitset<kEventSources> sources = ~std::bitset<kEventSources>();
  bool input = true;
};
using TakeRecord = std::function<void(EventSource source, std::size_t action, Record record)>;

// The same records one after another; each is valid within the call. `flat` is memory to use again.
void visit_records(const event::Event& event, std::span<const event::Action> actions,
                   const WantedRecords& wanted, FlatEvent& flat, const TakeRecord& take);

}  // namespace weir::sigma
