#include "facts/instant.h"

namespace weir::facts {
namespace {

using event::Action;
using event::Event;

void add_known(Instant& instant, std::string_view name, std::string_view value) {
  if (!value.empty()) instant.add(name, value);
}

std::string_view outcome_of(const Event& event) {
  if (event.data["not_run"].bool_or(false)) return "not_run";
  return event.data["failed"].bool_or(false) ? "failed" : "ok";
}

Instant shared_by_all(const Event& event, const std::vector<event::Finding>& findings) {
  Instant instant{event.time.wall_ns, {}};
  instant.add("kind", event.kind);
  // The whole tree is one session here: a sub-agent must not shed its parent's past.
  add_known(instant, "session", event.root.empty() ? event.session : event.root);
  add_known(instant, "agent", event.agent.name);
  add_known(instant, "sub_agent", event.agent.id);
  add_known(instant, "user", event.user);
  add_known(instant, "plane", event.plane);
  add_known(instant, "hook", std::string_view(event.source).substr(event.source.rfind('/') + 1));
  add_known(instant, "tool", event.data["tool"].text_or(""));
  if (event.kind == event::kind::kToolResult) instant.add("outcome", outcome_of(event));
  for (const auto& finding : findings) {
    instant.add("finding", finding.rule);
    add_known(instant, "finding_class", finding.evidence_class);
  }
  return instant;
}

void add_attributes(Instant& instant, const Json& attrs) {
  if (!attrs.is_object()) return;
  for (const auto& [key, value] : attrs.as_object()) {
    if (value.is_bool()) {
      if (value.as_bool()) instant.add("flag", key);
    } else if (value.is_string()) {
      if (key == "host") instant.add("host", value.as_string());
      instant.add("attr." + key, value.as_string());
    } else if (value.is_int()) {
      instant.add("attr." + key, std::to_string(value.as_int()));
    } else if (value.is_array()) {
      for (const auto& item : value.as_array())
        if (item.is_string()) instant.add(key == "classes" ? "class" : "attr." + key, item.as_string());
    }
  }
}

}  // namespace

std::vector<Instant> instants_of(const Event& event, const std::vector<Action>& actions,
                                 const std::vector<event::Finding>& findings) {
  const Instant shared = shared_by_all(event, findings);
  if (actions.empty()) return {shared};
  std::vector<Instant> instants;
  instants.reserve(actions.size());
  for (const auto& action : actions) {
    Instant one = shared;
    one.add("verb", action.verb);
    add_known(one, "resource_type", action.resource_type);
    if (!action.resource.empty()) {
      one.add("resource", action.resource);
      one.add("name", std::string_view(action.resource).substr(action.resource.rfind('/') + 1));
    }
    one.add("certainty", event::name(action.certainty));
    add_attributes(one, action.attrs);
    instants.push_back(std::move(one));
  }
  return instants;
}

}  // namespace weir::facts
