#include "facts/instant.h"

#include <deque>

#include "facts/fields.h"

namespace weir::facts {

std::vector<Instant> instants_of(const event::Event& event, const std::vector<event::Action>& actions,
                                 const std::vector<event::Finding>& findings) {
  Instant shared{event.time.wall_ns, {}};
  each_shared_field(Happening{event, actions, findings},
                    [&](std::string_view name, std::string_view value) { shared.add(name, value); });
  if (actions.empty()) return {shared};
  std::vector<Instant> instants;
  instants.reserve(actions.size());
  std::deque<std::string> numbers;
  for (const auto& action : actions) {
    Instant& one = instants.emplace_back(shared);
    each_action_field(action, numbers,
                      [&](std::string_view name, std::string_view value) { one.add(name, value); });
  }
  return instants;
}

}  // namespace weir::facts
