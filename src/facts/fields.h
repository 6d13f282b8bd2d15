// The fields of an event and of its Actions, in the order in which docs/facts.md lists them: made once here,
// for instants that own their texts (instant.cc) and for a monitor that looks at texts where they stand
// (evaluate.cc). Used by those two alone.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "facts/instant.h"

namespace weir::facts {

// take(name, value) for each field that all instants of the event share.
template <class Take>
void each_shared_field(const Happening& happening, const Take& take) {
  const auto take_known = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) take(name, value);
  };
  const event::Event& event = happening.event;
  take("kind", event.kind);
  // The whole tree is one session here: a sub-agent must not shed its parent's past.
  take_known("session", event.root.empty() ? event.session : event.root);
  take_known("agent", event.agent.name);
  take_known("sub_agent", event.agent.id);
  take_known("user", event.user);
  take_known("plane", event.plane);
  take_known("hook", std::string_view(event.source).substr(event.source.rfind('/') + 1));
  take_known("tool", event.data["tool"].text_or(""));
  if (event.kind == event::kind::kToolResult) {
    const bool failed = event.data["failed"].bool_or(false);
    take("outcome", event.data["not_run"].bool_or(false) ? "not_run" : failed ? "failed" : "ok");
  }
  for (const auto& finding : happening.findings) {
    take("finding", finding.rule);
    take_known("finding_class", finding.evidence_class);
  }
  take_known("verdict", happening.verdict);
}

// take(name, value) for each field of one Action. Names are good during the call, values as long as the
// Action and `numbers`, where those of whole numbers are kept.
template <class Take>
void each_action_field(const event::Action& action, std::deque<std::string>& numbers, const Take& take) {
  take("verb", action.verb);
  if (!action.resource_type.empty()) take("resource_type", action.resource_type);
  if (!action.resource.empty()) {
    take("resource", action.resource);
    take("name", std::string_view(action.resource).substr(action.resource.rfind('/') + 1));
  }
  take("certainty", event::name(action.certainty));
  if (!action.attrs.is_object()) return;
  constexpr std::string_view kPrefix = "attr.";
  std::string name(kPrefix);
  for (const auto& [key, value] : action.attrs.as_object()) {
    name.resize(kPrefix.size());
    name += key;
    if (value.is_bool()) {
      if (value.as_bool()) take("flag", key);
    } else if (value.is_string()) {
      if (key == "host") take("host", value.as_string());
      take(name, value.as_string());
    } else if (value.is_int()) {
      take(name, numbers.emplace_back(std::to_string(value.as_int())));
    } else if (value.is_array()) {
      for (const auto& item : value.as_array())
        if (item.is_string()) take(key == "classes" ? "class" : name, item.as_string());
    }
  }
}

}  // namespace weir::facts
