// Events of Weir as records of Sigma's log sources, so that rules written for other tools judge agents too.
//
//   for (const Mapped& one : records_of(event, actions, "linux"))
//     engine.match(one.logsource, flatten(one.fields), workspace);
//
// One event may be several records: the tool call itself (`product: weir`), and what its Actions would do in
// the words of Sigma's taxonomy. The table is in docs/sigma.md.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "event/action.h"
#include "event/event.h"
#include "sigma/rule.h"

namespace weir::sigma {

struct Mapped {
  LogSource logsource;
  Json fields;                    // object
  std::size_t action = SIZE_MAX;  // index of the Action it is about; SIZE_MAX: the event itself
};

// `product` is that of the machine: linux, macos, windows.
std::vector<Mapped> records_of(const event::Event& event, std::span<const event::Action> actions,
                               std::string_view product);

}  // namespace weir::sigma
