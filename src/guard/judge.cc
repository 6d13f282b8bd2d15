#include "guard/judge.h"

#include <algorithm>

#include "cedar/authorizer.h"
#include "cedar/entities.h"
#include "cedar/request.h"

namespace weir::guard {
namespace {

using cedar::EntityUid;
using cedar::Record;
using cedar::Value;
using event::Verdict;

constexpr std::int64_t kSecondNs = 1'000'000'000;

Value text_value(std::string_view text) {
  return Value(std::string(text));
}

// True attributes become context.flags, text and numbers context.attrs; lists of text become sets in attrs.
void add_attributes(const Json& attrs, std::vector<Value>& flags, std::vector<Record::Field>& fields) {
  if (!attrs.is_object()) return;
  for (const auto& [key, value] : attrs.as_object()) {
    if (value.is_bool()) {
      if (value.as_bool()) flags.push_back(text_value(key));
    } else if (value.is_string()) {
      fields.emplace_back(key, Value(value.as_string()));
    } else if (value.is_int()) {
      fields.emplace_back(key, Value(value.as_int()));
    } else if (value.is_array()) {
      std::vector<Value> items;
      for (const auto& item : value.as_array())
        if (item.is_string()) items.push_back(Value(item.as_string()));
      fields.emplace_back(key, Value(cedar::Set(std::move(items))));
    }
  }
}

Value session_record(const Situation& s) {
  const Counters& c = s.state.counters;
  const std::int64_t elapsed_ns = s.state.started_ns == 0 ? 0 : s.event.time.wall_ns - s.state.started_ns;
  return Value(Record({{"calls", Value(c.calls)},
                       {"refusals", Value(c.refusals)},
                       {"asks", Value(c.asks)},
                       {"deletes", Value(c.deletes)},
                       {"writes", Value(c.writes)},
                       {"connects", Value(c.connects)},
                       {"spawns", Value(c.spawns)},
                       {"elapsed_s", Value(std::max<std::int64_t>(0, elapsed_ns / kSecondNs))}}));
}

Record context_of(const event::Action& action, const Situation& s, const Value& session) {
  std::vector<Value> flags;
  std::vector<Record::Field> attrs;
  add_attributes(action.attrs, flags, attrs);
  return Record({{"flags", Value(cedar::Set(std::move(flags)))},
                 {"attrs", Value(Record(std::move(attrs)))},
                 {"certainty", text_value(event::name(action.certainty))},
                 {"session", session},
                 {"agent", Value(s.event.agent.name)},
                 {"sub_agent", Value(!s.event.agent.id.empty())},
                 {"tool", text_value(s.event.data["tool"].text_or(""))},
                 {"command", text_value(s.event.body["input"]["command"].text_or(""))},
                 {"plane", Value(s.event.plane)},
                 {"assurance", text_value(event::name(s.event.assurance))},
                 {"mode", text_value(s.mode)},
                 {"isolation", text_value(s.isolation)}});
}

cedar::Entity action_entity(const EntityUid& uid, std::string_view verb) {
  std::vector<EntityUid> parents;
  // "file.read" is in Action::"file"; "prompt" is in none, least of all in itself.
  const auto dot = verb.find('.');
  if (dot != std::string_view::npos) parents.emplace_back("Action", std::string(verb.substr(0, dot)));
  if (verb == "file.write" || verb == "file.delete" || verb == "file.chmod")
    parents.emplace_back("Action", "file.change");
  return {uid, {}, {}, std::move(parents)};
}

std::vector<cedar::Entity> principal_entities(const EntityUid& principal, const event::Agent& agent) {
  const EntityUid main("Agent", agent.name);
  std::vector<cedar::Entity> list;
  list.push_back({main, Record({{"name", Value(agent.name)}, {"version", Value(agent.version)}}), {}, {}});
  if (!(principal == main))
    list.push_back(
        {principal, Record({{"name", Value(agent.name)}, {"type", Value(agent.type)}}), {}, {main}});
  return list;
}

std::string base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

bool attr_true(const event::Action& action, std::string_view name) {
  return action.attrs[name].bool_or(false);
}

cedar::Entity path_entity(EntityUid uid, const event::Action& action, const Situation& s) {
  const std::string& path = action.resource;
  std::vector<EntityUid> classes;
  if (const Json& list = action.attrs["classes"]; list.is_array())
    for (const auto& id : list.as_array())
      classes.emplace_back("PathClass", std::string(id.text_or("")));
  const bool known =
      !path.empty() && action.certainty != event::Certainty::opaque && attr_true(action, "known");
  return {std::move(uid),
          Record({{"path", Value(path)},
                  {"name", Value(base_name(path))},
                  {"known", Value(known)},
                  {"in_workspace", Value(attr_true(action, "in_workspace"))},
                  {"is_workspace", Value(known && path == s.state.workspace)},
                  {"exists", Value(attr_true(action, "exists"))}}),
          {},
          std::move(classes)};
}

cedar::Entity host_entity(EntityUid uid, const event::Action& action) {
  return {std::move(uid),
          Record({{"host", text_value(action.attrs["host"].text_or(action.resource))},
                  {"loopback", Value(attr_true(action, "loopback"))}}),
          {},
          {}};
}

cedar::Entity resource_entity(EntityUid uid, const event::Action& action, const Situation& s) {
  if (action.resource_type == "Path") return path_entity(std::move(uid), action, s);
  if (action.resource_type == "Host" || action.resource_type == "Url")
    return host_entity(std::move(uid), action);
  Record attributes({{"name", Value(action.resource)}});
  return {std::move(uid), std::move(attributes), {}, {}};
}

event::PolicyHit hit_of(const std::string& policy, const PolicyMeta& meta, Verdict verdict,
                        std::size_t action) {
  return {policy,
          verdict,
          meta.observe ? "observe" : "enforce",
          meta.reason,
          meta.severity,
          meta.evidence_class,
          {},
          static_cast<std::uint32_t>(action)};
}

// The hits of one action's response.
void collect(const cedar::Response& response, const Pack& pack, std::size_t index, Judgement& judgement) {
  auto& hits = judgement.hits;
  for (const auto* forbid : response.satisfied_forbids)
    hits.push_back(hit_of(forbid->id, pack.meta(forbid->id), pack.meta(forbid->id).verdict, index));
  for (const auto& error : response.errors) {
    // Cedar skips a policy that errors. For a forbid that would be a refusal lost: here it refuses.
    if (error.policy->effect != cedar::Effect::forbid) continue;
    auto hit = hit_of(error.policy->id, pack.meta(error.policy->id), Verdict::deny, index);
    hit.reason = "The policy could not be evaluated, so the action is refused: " + error.error.message;
    hit.error = error.error.message;
    hits.push_back(std::move(hit));
  }
  bool permitted = false;
  for (const auto* permit : response.satisfied_permits) {
    permitted = true;
    if (pack.meta(permit->id).verdict != Verdict::allow)
      hits.push_back(hit_of(permit->id, pack.meta(permit->id), pack.meta(permit->id).verdict, index));
  }
  if (!permitted)
    hits.push_back({"default-deny",
                    Verdict::deny,
                    "enforce",
                    "No policy permits this action.",
                    "medium",
                    "policy",
                    {},
                    static_cast<std::uint32_t>(index)});
}

// Strongest first, then in order of actions and policy ids; the same policy is listed once per verdict.
void order(std::vector<event::PolicyHit>& hits) {
  std::stable_sort(hits.begin(), hits.end(), [](const auto& a, const auto& b) {
    const bool ae = a.mode == "enforce";
    const bool be = b.mode == "enforce";
    if (ae != be) return ae;
    if (a.verdict != b.verdict) return a.verdict > b.verdict;
    if (a.action != b.action) return a.action < b.action;
    return a.policy < b.policy;
  });
  std::vector<event::PolicyHit> unique;
  constexpr std::size_t kHitsMax = 16;
  for (auto& hit : hits) {
    const bool listed = std::any_of(unique.begin(), unique.end(), [&](const auto& other) {
      return other.policy == hit.policy && other.verdict == hit.verdict && other.mode == hit.mode;
    });
    if (!listed && unique.size() < kHitsMax) unique.push_back(std::move(hit));
  }
  hits = std::move(unique);
}

}  // namespace

Judgement judge(const std::vector<event::Action>& actions, const Situation& situation, const Pack& pack) {
  const event::Agent& agent = situation.event.agent;
  const EntityUid principal = agent.id.empty() ? EntityUid("Agent", agent.name)
                                               : EntityUid("SubAgent", agent.name + "/" + agent.type);
  const Value session = session_record(situation);
  Judgement judgement;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const auto& action = actions[i];
    const EntityUid verb("Action", action.verb);
    const EntityUid resource(action.resource_type, action.resource);
    auto list = principal_entities(principal, agent);
    list.push_back(action_entity(verb, action.verb));
    list.push_back(resource_entity(resource, action, situation));
    const auto entities = cedar::Entities::make(std::move(list));
    if (!entities) {
      judgement.hits.push_back({"engine", Verdict::deny, "enforce", entities.error().message(), "high",
                                "policy", entities.error().message(), static_cast<std::uint32_t>(i)});
      continue;
    }
    const cedar::Request request(principal, verb, resource, context_of(action, situation, session));
    collect(cedar::authorize(pack.policies(), request, *entities), pack, i, judgement);
  }
  order(judgement.hits);
  for (const auto& hit : judgement.hits) {
    judgement.observed = std::max(judgement.observed, hit.verdict);
    if (hit.mode != "enforce") continue;
    if (hit.verdict == Verdict::ask)
      judgement.approvals = std::max(judgement.approvals, pack.meta(hit.policy).approvals);
    if (hit.verdict <= judgement.verdict && !judgement.reason.empty()) continue;
    judgement.verdict = std::max(judgement.verdict, hit.verdict);
    judgement.reason = hit.reason;
    judgement.advice = pack.meta(hit.policy).advice;
  }
  return judgement;
}

}  // namespace weir::guard
