// A model file as a Model: its head, and what it names (agents, data, people, facts, counters, properties).
// What can happen, tools and channels, is read in model_read_rules.cc.
#include "prove/model_read.h"

#include <algorithm>
#include <set>

#include "base/yaml.h"
#include "cedar/entity_json.h"
#include "flow/propagation.h"

namespace weir::prove {
namespace {

// Labels are numbered as the engine numbers them.
static_assert(kIntegrityMax == static_cast<int>(flow::Integrity::untrusted));
static_assert(kConfidentialityMax == static_cast<int>(flow::Confidentiality::secret));

// JSON Merge Patch, RFC 7396.
void merge_patch(Json& target, const Json& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = Json::object();
  for (const auto& [key, value] : patch.as_object()) {
    if (value.is_null()) {
      target.erase(key);
    } else {
      Json member = target[key];
      merge_patch(member, value);
      target.set(key, std::move(member));
    }
  }
}

}  // namespace

std::string_view integrity_name(int stored) {
  return flow::name(static_cast<flow::Integrity>(stored));
}
std::string_view confidentiality_name(int stored) {
  return flow::name(static_cast<flow::Confidentiality>(stored));
}
std::optional<int> integrity_from(std::string_view name) {
  const auto found = flow::integrity_from(name);
  return found ? std::optional(static_cast<int>(*found)) : std::nullopt;
}
std::optional<int> confidentiality_from(std::string_view name) {
  const auto found = flow::confidentiality_from(name);
  return found ? std::optional(static_cast<int>(*found)) : std::nullopt;
}

Status ModelReader::new_name(const ModelField& field, std::string_view what) {
  const std::string name = field.name();
  if (!valid_model_name(name))
    return field.bad("\"" + name + "\" cannot be the name of " + std::string(what),
                     "use small letters, digits, '-' and '_', and no word of the language");
  if (!names_.insert(name).second) return field.bad("the name \"" + name + "\" is given twice");
  if (names_.size() > kModelNamesMax)
    return fail(ErrorCode::limit, "a model has more than " + std::to_string(kModelNamesMax) + " names",
                field.where());
  return {};
}

Result<ModelLabels> ModelReader::labels(const ModelField& field, ModelLabels other) const {
  TRY(const std::string integrity, field["integrity"].text_or(integrity_name(other.integrity)));
  TRY(const std::string secrecy,
      field["confidentiality"].text_or(confidentiality_name(other.confidentiality)));
  const auto i = integrity_from(integrity);
  if (!i)
    return field["integrity"].bad("\"" + integrity + "\" is no integrity",
                                  "trusted, user, workspace or untrusted");
  const auto c = confidentiality_from(secrecy);
  if (!c)
    return field["confidentiality"].bad("\"" + secrecy + "\" is no confidentiality",
                                        "public, internal or secret");
  return ModelLabels{*i, *c};
}

// As the engine labels what it reads from there, free text included.
Result<ModelLabels> ModelReader::source_labels(const ModelField& field) const {
  TRY(const std::string name, field["source"].text());
  if (!field["integrity"].absent() || !field["confidentiality"].absent())
    return field["source"].bad("a source has labels of its own", "leave out either them or the source");
  const auto source = flow::source_from(name);
  if (!source)
    return field["source"].bad("\"" + name + "\" is no source",
                               "user, workspace, tool, web, network-command, agent or credential");
  const flow::SourceRule& rule = flow::rule_of(*source);
  return ModelLabels{static_cast<int>(flow::integrity_of_result(rule.text, true)),
                     static_cast<int>(rule.confidentiality)};
}

Result<cedar::EntityUid> ModelReader::uid(const ModelField& field, std::string_view default_type) const {
  TRY(std::string text, field.text());
  if (!default_type.empty() && text.find("::") == std::string::npos)
    return cedar::EntityUid(std::string(default_type), text);
  auto read = cedar::read_entity_uid(Json(text));
  if (!read) return field.bad(read.error().what, "write it as in a policy: Type::\"id\"");
  return *read;
}

Result<ModelEntity> ModelReader::entity(const ModelField& field) const {
  ModelEntity entity;
  if (field.json().is_string()) {
    TRY(entity.uid, uid(field, ""));
    return entity;
  }
  TRY_STATUS(field.only({"uid", "in", "attributes"}));
  TRY(entity.uid, uid(field["uid"], ""));
  for (const ModelField& parent : field["in"].items()) {
    TRY(cedar::EntityUid above, uid(parent, ""));
    entity.parents.push_back(std::move(above));
  }
  if (!field["attributes"].absent()) {
    auto attributes = cedar::read_record(field["attributes"].json());
    if (!attributes) return field["attributes"].bad(attributes.error().message());
    entity.attributes = std::move(*attributes);
  }
  return entity;
}

Result<std::optional<ModelExpression>> ModelReader::condition(const ModelField& field) const {
  if (field.absent()) return std::optional<ModelExpression>();
  if (field.json().is_bool()) return ModelExpression{.value = field.json().as_bool()};
  TRY(const std::string text, field.text());
  TRY(ModelExpression expression, parse_model_expression(text, field.where()));
  return std::optional(std::move(expression));
}

Status ModelReader::read_agents(const ModelField& field) {
  TRY_STATUS(field.must_be_map());
  std::size_t instances = 0;
  for (const ModelField& one : field.members()) {
    TRY_STATUS(new_name(one, "an agent"));
    TRY_STATUS(one.only({"principal", "count", "integrity", "confidentiality", "tools", "reads"}));
    ModelAgent agent{.name = one.name(), .line = one.line()};
    TRY(agent.labels, labels(one, {.integrity = 1, .confidentiality = 0}));
    TRY(agent.count, one["count"].number_or(1, 1, static_cast<int>(kModelAgentsMax)));
    agent.principal.uid = cedar::EntityUid("Agent", agent.name);
    if (!one["principal"].absent()) {
      TRY(agent.principal, entity(one["principal"]));
    }
    instances += static_cast<std::size_t>(agent.count);
    if (instances > kModelAgentsMax)
      return fail(ErrorCode::limit, "more than " + std::to_string(kModelAgentsMax) + " agents", one.where());
    model_.agents.push_back(std::move(agent));
  }
  if (model_.agents.empty()) return field.bad("a model needs at least one agent");
  return {};
}

Status ModelReader::read_objects(const ModelField& field) {
  TRY_STATUS(field.must_be_map());
  for (const ModelField& one : field.members()) {
    TRY_STATUS(new_name(one, "data"));
    TRY_STATUS(one.only({"source", "integrity", "confidentiality"}));
    ModelObject object{.name = one.name(), .line = one.line()};
    if (one["source"].absent()) {
      TRY(object.labels, labels(one, {}));
    } else {
      TRY(object.labels, source_labels(one));
    }
    model_.objects.push_back(std::move(object));
  }
  return {};
}

Status ModelReader::read_approvals(const ModelField& field) {
  TRY_STATUS(field.must_be_map());
  for (const ModelField& one : field.members()) {
    TRY_STATUS(new_name(one, "an approval"));
    TRY_STATUS(one.only({"by", "when"}));
    ModelApproval approval{.name = one.name(), .line = one.line()};
    TRY(approval.by, one["by"].texts());
    if (approval.by.empty() || approval.by.size() > kModelApproversMax)
      return one.bad("an approval is given by one to three people", "by: [ann]");
    for (std::size_t i = 0; i < approval.by.size(); ++i)
      if (!valid_model_name(approval.by[i]) ||
          std::find(approval.by.begin(), approval.by.begin() + static_cast<std::ptrdiff_t>(i),
                    approval.by[i]) != approval.by.begin() + static_cast<std::ptrdiff_t>(i))
        return one["by"].bad("\"" + approval.by[i] + "\" cannot be an approver", "name each person once");
    TRY(approval.when, condition(one["when"]));
    model_.approvals.push_back(std::move(approval));
  }
  return {};
}

Status ModelReader::read_counters(const ModelField& field) {
  TRY_STATUS(field.must_be_map());
  for (const ModelField& one : field.members()) {
    TRY_STATUS(new_name(one, "a counter"));
    TRY_STATUS(one.only({"max", "unbounded", "each_agent"}));
    ModelCounter counter{.name = one.name(), .line = one.line()};
    TRY(const bool unbounded, one["unbounded"].flag_or(false));
    TRY(counter.max, one["max"].number_or(0, 1, kModelCounterMax));
    if (unbounded == (counter.max != 0)) return one.bad("a counter has either `max: N` or `unbounded: true`");
    TRY(counter.each_agent, one["each_agent"].flag_or(false));
    model_.counters.push_back(std::move(counter));
  }
  return {};
}

Status ModelReader::read_facts(const ModelField& field) {
  TRY_STATUS(field.must_be_map());
  for (const ModelField& one : field.members()) {
    TRY_STATUS(new_name(one, "a fact"));
    TRY_STATUS(one.only({"once", "since", "until", "each_agent", "catalogue"}));
    ModelFact fact{.name = one.name(), .line = one.line()};
    TRY(fact.catalogue, one["catalogue"].flag_or(false));
    if (fact.catalogue) {
      TRY_STATUS(one.only({"catalogue"}));
      model_.facts.push_back(std::move(fact));
      continue;
    }
    if (one["once"].absent() == one["since"].absent())
      return one.bad(
          "a fact is either `once: EVENT`, or `since: EVENT` with `until: EVENTS`, or `catalogue: true`");
    TRY(fact.sets, one["once"].absent() ? one["since"].texts() : one["once"].texts());
    TRY(fact.clears, one["until"].texts());
    if (fact.sets.empty()) return one.bad("a fact needs an event that makes it true");
    if (one["since"].absent() != one["until"].absent())
      return one.bad("`since` and `until` go together", "use `once` for what stays true");
    TRY(fact.each_agent, one["each_agent"].flag_or(false));
    model_.facts.push_back(std::move(fact));
  }
  return {};
}

Status ModelReader::read_properties(const ModelField& field) {
  TRY_STATUS(field.must_be_map());
  for (const ModelField& one : field.members()) {
    TRY_STATUS(one.only({"never", "when", "always", "why"}));
    if (!valid_model_name(one.name()))
      return one.bad("\"" + one.name() + "\" cannot be the name of a property");
    ModelProperty property{.name = one.name(), .line = one.line()};
    TRY(property.why, one["why"].text_or(""));
    if (one["never"].absent() == one["always"].absent())
      return one.bad("a property is either `never: EVENT` or `always: CONDITION`");
    if (one["always"].absent()) {
      TRY(property.events, one["never"].texts());
      TRY(property.when, condition(one["when"]));
      if (property.events.empty()) return one.bad("`never` names no event");
    } else {
      property.kind = ModelProperty::Kind::always;
      if (!one["when"].absent()) return one.bad("`always` has no `when`", "write: always: not A or B");
      TRY(property.when, condition(one["always"]));
    }
    model_.properties.push_back(std::move(property));
  }
  if (model_.properties.empty()) return field.bad("a model needs at least one property");
  return {};
}

// Every event that a fact or a property names must be one that can happen.
Status ModelReader::check_events() const {
  std::set<std::string, std::less<>> events;
  for (const ModelRule& rule : model_.rules)
    events.insert(rule.emits.begin(), rule.emits.end());
  for (const ModelApproval& approval : model_.approvals)
    events.insert("approve." + approval.name);
  const auto known = [&](const std::vector<std::string>& names, int line) -> Status {
    for (const std::string& name : names)
      if (!events.contains(name))
        return fail(
            "nothing makes the event \"" + name + "\"", model_.at(line),
            "name a tool, a channel, CHANNEL.write, CHANNEL.read, approve.NAME or what a tool `emits`");
    return {};
  };
  for (const ModelFact& fact : model_.facts) {
    TRY_STATUS(known(fact.sets, fact.line));
    TRY_STATUS(known(fact.clears, fact.line));
  }
  for (const ModelProperty& property : model_.properties)
    TRY_STATUS(known(property.events, property.line));
  return {};
}

Result<Model> ModelReader::read(const ModelField& root) {
  TRY_STATUS(root.only({"model", "about", "policies", "schema", "context", "assumptions", "agents", "data",
                        "approvals", "counters", "facts", "tools", "channels", "properties", "variants"}));
  TRY(model_.name, root["model"].text());
  TRY(model_.about, root["about"].text_or(""));
  TRY(model_.policies, root["policies"].texts());
  TRY(model_.schema, root["schema"].text_or(""));
  TRY(model_.assumptions, root["assumptions"].texts());
  TRY_STATUS(root["context"].must_be_map());
  context_ = root["context"].json();
  TRY_STATUS(read_agents(root["agents"]));
  TRY_STATUS(read_objects(root["data"]));
  TRY_STATUS(read_approvals(root["approvals"]));
  TRY_STATUS(read_counters(root["counters"]));
  TRY_STATUS(read_facts(root["facts"]));
  TRY_STATUS(read_tools(root["tools"]));
  TRY_STATUS(read_agent_tools(root["agents"]));
  TRY_STATUS(read_channels(root["channels"]));
  TRY_STATUS(read_properties(root["properties"]));
  TRY_STATUS(check_events());
  return std::move(model_);
}

Result<Model> read_model(std::string_view text, std::string_view source, std::string_view variant) {
  if (text.size() > kModelBytesMax)
    return fail(ErrorCode::limit, "a model is longer than " + std::to_string(kModelBytesMax) + " bytes",
                std::string(source));
  TRY(YamlText yaml, parse_yaml_lines(text, source));
  ModelLines lines{std::string(source), std::move(yaml.lines), ""};
  Model head{.source = std::string(source), .variant = std::string(variant)};
  const Json variants = yaml.value["variants"];
  const ModelField list(variants, "/variants", lines);
  TRY_STATUS(list.must_be_map());
  for (const ModelField& one : list.members()) {
    TRY_STATUS(one.only({"why", "breaks", "change"}));
    head.variants.push_back(one.name());
  }
  if (!variant.empty()) {
    const ModelField one = list[variant];
    if (one.absent())
      return fail(ErrorCode::not_found, "the model has no variant \"" + std::string(variant) + "\"",
                  std::string(source), "`weir workflow show` lists them");
    TRY(head.variant_why, one["why"].text_or(""));
    TRY(head.variant_breaks, one["breaks"].text_or(""));
    lines.change = "/variants/" + std::string(variant) + "/change";
    merge_patch(yaml.value, one["change"].json());
  }
  return ModelReader(std::move(head)).read(ModelField(yaml.value, "", lines));
}

}  // namespace weir::prove
