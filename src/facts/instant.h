// One step of the past, as flat fields with text values: what formulas look at.
//
//   for (const Instant& instant : instants_of(event, actions)) monitor.commit({&instant, 1});
//
// An event without Actions is one instant, an event with Actions one per Action, in their order. Fields
// (docs/facts.md lists them): kind hook session agent sub_agent user tool plane · of an Action verb resource
// resource_type name host certainty class (several) flag (several: its true attributes) attr.NAME (its other
// scalar attributes) · of a result outcome ("ok", "failed", "not_run") · finding finding_class (several) ·
// verdict, where it is known.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/action.h"
#include "event/decision.h"
#include "event/event.h"

namespace weir::facts {

struct Instant {
  std::int64_t time_ns = 0;  // since 1970 UTC
  // A name may come several times: the field then has several values.
  std::vector<std::pair<std::string, std::string>> fields;

  void add(std::string_view name, std::string_view value) { fields.emplace_back(name, value); }
};

// An event and what it does, looked at where it stands: the same instants without a copy of them. `verdict`
// is
// "" where it is not known yet.
struct Happening {
  const event::Event& event;
  std::span<const event::Action> actions;
  std::span<const event::Finding> findings;
  std::string_view verdict = {};
};

std::vector<Instant> instants_of(const event::Event& event, const std::vector<event::Action>& actions = {},
                                 const std::vector<event::Finding>& findings = {});

}  // namespace weir::facts
