#include "guard/request.h"

#include <algorithm>
#include <utility>

#include "guard/path_facts.h"

namespace weir::guard {
namespace {

using cedar::Entity;
using cedar::EntityUid;
using cedar::Record;
using cedar::SchemaType;
using cedar::Value;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::string_view kUnknownLabel = "unknown";  // the flow is not watched

Value text_value(std::string_view text) {
  return Value(std::string(text));
}

void add_fields(std::vector<Record::Field>&) {}
template <class... Rest>
void add_fields(std::vector<Record::Field>& fields, std::string_view name, Value value, Rest&&... rest) {
  fields.emplace_back(name, std::move(value));
  add_fields(fields, std::forward<Rest>(rest)...);
}

// A record of names and values in turn. They are moved, as a list in braces cannot be; where names come in
// their order nothing is sorted either.
template <class... Rest>
Value record(std::string_view name, Value value, Rest&&... rest) {
  std::vector<Record::Field> fields;
  fields.reserve(1 + sizeof...(rest) / 2);
  add_fields(fields, name, std::move(value), std::forward<Rest>(rest)...);
  return Value(Record(std::move(fields)));
}

bool declares(const VerbSpec* verb, std::string_view name, SchemaType::Kind kind) {
  if (verb == nullptr) return true;  // a pack without a schema
  const SchemaType* type = verb->attributes != nullptr ? verb->attributes->attribute(name) : nullptr;
  return type != nullptr && type->kind == kind;
}

Value text_set(const Json& list) {
  std::vector<Value> items;
  for (const auto& item : list.as_array())
    if (item.is_string()) items.push_back(Value(item.as_string()));
  return Value(cedar::Set(std::move(items)));
}

// True attributes become context.flags; texts, numbers and lists of text context.attrs where the schema
// declares them.
void add_attributes(const Json& attrs, const VerbSpec* verb, std::vector<Value>& flags,
                    std::vector<Record::Field>& fields) {
  if (!attrs.is_object()) return;
  for (const auto& [key, value] : attrs.as_object()) {
    if (value.is_bool()) {
      if (value.as_bool()) flags.push_back(text_value(key));
    } else if (value.is_string()) {
      if (declares(verb, key, SchemaType::Kind::string)) fields.emplace_back(key, Value(value.as_string()));
    } else if (value.is_int()) {
      if (declares(verb, key, SchemaType::Kind::integer)) fields.emplace_back(key, Value(value.as_int()));
    } else if (value.is_array()) {
      if (declares(verb, key, SchemaType::Kind::set)) fields.emplace_back(key, text_set(value));
    }
  }
}

Value counters_of(const Situation& s) {
  const Counters& c = s.state.counters;
  const std::int64_t elapsed_ns = s.state.started_ns == 0 ? 0 : s.event.time.wall_ns - s.state.started_ns;
  return record("asks", Value(c.asks), "calls", Value(c.calls), "connects", Value(c.connects), "deletes",
                Value(c.deletes), "elapsed_s", Value(std::max<std::int64_t>(0, elapsed_ns / kSecondNs)),
                "refusals", Value(c.refusals), "spawns", Value(c.spawns), "writes", Value(c.writes));
}

Value labels_of(const flow::Assessment* flow) {
  if (flow == nullptr)
    return record("categories", Value(cedar::Set()), "confidentiality", text_value(kUnknownLabel),
                  "integrity", text_value(kUnknownLabel));
  std::vector<Value> categories;
  for (const auto& category : flow->label.categories())
    categories.push_back(text_value(category));
  return record("categories", Value(cedar::Set(std::move(categories))), "confidentiality",
                text_value(flow::name(flow->label.confidentiality())), "integrity",
                text_value(flow::name(flow->label.integrity())));
}

// Where the values of the call come from. Of a call whose values nobody looked at nothing is known, and
// nothing is held against it.
Value flow_of(const flow::Assessment* flow) {
  static const flow::Assessment nothing{.effect = "other"};
  const flow::Assessment& now = flow != nullptr ? *flow : nothing;
  std::vector<Value> origins;
  std::vector<Value> roles;
  for (const auto& value : now.values) {
    if (value.endorsed) break;  // the unendorsed come first
    origins.push_back(text_value(flow::name(value.origin)));
    roles.push_back(text_value(flow::name(value.role)));
  }
  std::vector<Value> from_untrusted;
  for (const auto& kind : now.from_untrusted)
    from_untrusted.push_back(text_value(kind));
  return record("asked", Value(now.asked != flow::Asked::no), "attested", Value(now.attested), "carried",
                Value(!now.carried.empty()), "carried_runs", Value(flow::runs_carried(now.carried)),
                "carries_link", Value(now.carries_link), "changes", Value(now.changes), "complete",
                Value(now.complete), "cross_tenant", Value(now.crossing.has_value()), "effect",
                Value(now.effect), "from_untrusted", Value(cedar::Set(std::move(from_untrusted))), "kind",
                Value(now.kind), "makes_new", Value(now.makes_new), "origins",
                Value(cedar::Set(std::move(origins))), "secret_bytes", Value(now.secret_bytes), "sink",
                text_value(now.sink), "typed", Value(now.all_typed()), "unendorsed",
                Value(cedar::Set(std::move(roles))), "values",
                Value(static_cast<std::int64_t>(now.values.size())), "watched", Value(now.watched));
}

Value findings_of(std::span<const event::Finding> findings) {
  std::vector<Value> rules;
  std::vector<Value> classes;
  for (const auto& finding : findings) {
    rules.push_back(text_value(finding.rule));
    classes.push_back(text_value(finding.evidence_class));
  }
  return record("classes", Value(cedar::Set(std::move(classes))), "rules",
                Value(cedar::Set(std::move(rules))));
}

// As the agents call it: Claude Code "command", Codex "cmd".
std::string_view command_of(const event::Event& event) {
  const Json& input = event.body["input"];
  const std::string_view command = input["command"].text_or("");
  return command.empty() ? input["cmd"].text_or("") : command;
}

// By name, as a Record keeps them. With places for what differs from Action to Action: filling them is
// cheaper than sorting anew.
Record shared_context(const Situation& s) {
  std::vector<Record::Field> fields;
  fields.reserve(19);
  fields.emplace_back("agent", Value(s.event.agent.name));
  fields.emplace_back("approvals", Value(s.approvals));
  fields.emplace_back("assurance", text_value(event::name(s.event.assurance)));
  fields.emplace_back("attrs", Value(Record()));
  fields.emplace_back("certainty", Value(""));
  fields.emplace_back("command", text_value(command_of(s.event)));
  fields.emplace_back("facts", Value(cedar::Set()));
  fields.emplace_back("findings", findings_of(s.findings));
  fields.emplace_back("flags", Value(cedar::Set()));
  fields.emplace_back("flow", flow_of(s.flow));
  fields.emplace_back("isolation", text_value(s.isolation));
  fields.emplace_back("labels", labels_of(s.flow));
  fields.emplace_back("level", text_value(s.level_verified));
  fields.emplace_back("level_requested", text_value(s.level_requested));
  fields.emplace_back("mode", text_value(s.mode));
  fields.emplace_back("plane", Value(s.event.plane));
  fields.emplace_back("session", counters_of(s));
  fields.emplace_back("sub_agent", Value(!s.event.agent.id.empty()));
  fields.emplace_back("tool", text_value(s.event.data["tool"].text_or("")));
  return Record(std::move(fields));
}

std::vector<Entity> principals_of(const EntityUid& principal, const event::Event& event) {
  const event::Agent& agent = event.agent;
  const EntityUid main("Agent", agent.name);
  std::vector<EntityUid> users;
  if (!event.user.empty()) users.emplace_back("User", event.user);
  Record attributes = agent.version.empty()
                          ? Record({{"name", Value(agent.name)}})
                          : Record({{"name", Value(agent.name)}, {"version", Value(agent.version)}});
  std::vector<Entity> list;
  list.push_back({main, std::move(attributes), {}, std::move(users)});
  if (!(principal == main))
    list.push_back(
        {principal, Record({{"name", Value(agent.name)}, {"type", Value(agent.type)}}), {}, {main}});
  return list;
}

Result<cedar::Entities> with_all(cedar::Entities store, const std::vector<Entity>& more) {
  for (const auto& entity : more) {
    TRY(store, store.with(entity));
  }
  return store;
}

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

bool attr_true(const event::Action& action, std::string_view name) {
  return action.attrs[name].bool_or(false);
}

std::string relative_to(std::string_view path, std::string_view workspace) {
  if (!path_within(path, workspace) || path.size() <= workspace.size()) return {};
  return std::string(path.substr(workspace.size() + 1));
}

}  // namespace

Requests::Requests(const Situation& situation, const Pack& pack)
    : situation_(situation),
      pack_(pack),
      principal_(situation.event.agent.id.empty()
                     ? EntityUid("Agent", situation.event.agent.name)
                     : EntityUid("SubAgent", situation.event.agent.name + "/" + situation.event.agent.type)),
      principals_(principals_of(principal_, situation.event)),
      request_(principal_, principal_, principal_, shared_context(situation)),
      shared_entities_(with_all(pack.verb_entities(), principals_)) {}

void Requests::fill(cedar::Request& request, const event::Action& action,
                    std::span<const std::string> facts) const {
  std::vector<Value> flags;
  std::vector<Record::Field> attrs;
  add_attributes(action.attrs, pack_.verb(action.verb), flags, attrs);
  request.set_context("flags", Value(cedar::Set(std::move(flags))));
  request.set_context("attrs", Value(Record(std::move(attrs))));
  request.set_context("certainty", text_value(event::name(action.certainty)));
  std::vector<Value> names;
  names.reserve(facts.size());
  for (const auto& fact : facts)
    names.push_back(text_value(fact));
  request.set_context("facts", Value(cedar::Set(std::move(names))));
}

Entity Requests::action_entity(const event::Action& action) const {
  if (const VerbSpec* spec = pack_.verb(action.verb)) return spec->entity;
  // Without a schema: "file.read" is in Action::"file"; "prompt" is in none, least of all in itself.
  std::vector<EntityUid> parents;
  const std::string_view verb = action.verb;
  const auto dot = verb.find('.');
  if (dot != std::string_view::npos) parents.emplace_back("Action", std::string(verb.substr(0, dot)));
  if (verb == "file.write" || verb == "file.delete" || verb == "file.chmod" || verb == "file.move")
    parents.emplace_back("Action", "file.change");
  return {EntityUid("Action", action.verb), {}, {}, std::move(parents)};
}

Entity Requests::path_entity(const event::Action& action) const {
  const std::string& path = action.resource;
  const std::string& workspace = situation_.state.workspace;
  std::vector<EntityUid> classes;
  if (const Json& list = action.attrs["classes"]; list.is_array())
    for (const auto& id : list.as_array())
      classes.emplace_back("PathClass", std::string(id.text_or("")));
  const bool known =
      !path.empty() && action.certainty != event::Certainty::opaque && attr_true(action, "known");
  const bool inside = attr_true(action, "in_workspace");
  std::vector<Record::Field> fields;  // by name
  fields.reserve(7);
  fields.emplace_back("exists", Value(attr_true(action, "exists")));
  fields.emplace_back("in_workspace", Value(inside));
  fields.emplace_back("is_workspace", Value(known && path == workspace));
  fields.emplace_back("known", Value(known));
  fields.emplace_back("name", text_value(last_part(path)));
  fields.emplace_back("path", Value(path));
  fields.emplace_back("relative", Value(inside ? relative_to(path, workspace) : std::string()));
  return {EntityUid("Path", path), Record(std::move(fields)), {}, std::move(classes)};
}

Entity Requests::resource_entity(const event::Action& action) const {
  const std::string& type = action.resource_type;
  EntityUid uid(type, action.resource);
  if (type == "Path") return path_entity(action);
  if (type == "Host" || type == "Url")
    return {std::move(uid),
            Record({{"host", text_value(action.attrs["host"].text_or(action.resource))},
                    {"loopback", Value(attr_true(action, "loopback"))}}),
            {},
            {}};
  std::vector<EntityUid> parents;
  if (type == "Tool") {
    const auto slash = action.resource.find('/');
    const std::string server = slash == std::string::npos ? "" : action.resource.substr(0, slash);
    if (!server.empty()) parents.emplace_back("Server", server);
    return {std::move(uid),
            Record({{"name", Value(action.resource)}, {"server", Value(server)}}),
            {},
            std::move(parents)};
  }
  if (type == "Infra" || type == "Database" || type == "Service")
    if (const auto environment = action.attrs["environment"].text_or(""); !environment.empty())
      parents.emplace_back("Environment", std::string(environment));
  return {std::move(uid), Record({{"name", Value(action.resource)}}), {}, std::move(parents)};
}

Result<cedar::Entities> Requests::ask(const event::Action& action, std::span<const std::string> facts) {
  if (!shared_entities_) return std::unexpected(shared_entities_.error());
  fill(request_, action, facts);
  Entity resource = resource_entity(action);
  request_.set_resource(resource.uid);
  cedar::Entities entities = *shared_entities_;
  if (const VerbSpec* spec = pack_.verb(action.verb)) {
    request_.set_action(spec->entity.uid);
  } else {
    Entity verb = action_entity(action);
    request_.set_action(verb.uid);
    TRY(entities, entities.with(std::move(verb)));
  }
  // An agent that starts or addresses its own kind is principal and resource at once.
  if (entities.find(resource.uid) != nullptr) return entities;
  return entities.with(std::move(resource));
}

CedarRequest Requests::of(const event::Action& action, std::span<const std::string> facts) const {
  CedarRequest out{request_, principals_};
  out.entities.push_back(action_entity(action));
  Entity resource = resource_entity(action);
  out.request.set_action(out.entities.back().uid);
  out.request.set_resource(resource.uid);
  fill(out.request, action, facts);
  const bool listed = std::any_of(out.entities.begin(), out.entities.end(),
                                  [&](const Entity& one) { return one.uid == resource.uid; });
  if (!listed) out.entities.push_back(std::move(resource));
  return out;
}

}  // namespace weir::guard
