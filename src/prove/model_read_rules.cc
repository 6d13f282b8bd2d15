// What can happen in a model: tools and channels become rules.
#include <algorithm>

#include "prove/model_read.h"

namespace weir::prove {
namespace {

// The positions in `known` of the names that a field lists.
template <class Named>
Result<std::vector<int>> indices(const ModelField& field, const std::vector<Named>& known,
                                 std::string_view what) {
  TRY(const std::vector<std::string> names, field.texts());
  std::vector<int> found;
  for (const std::string& name : names) {
    const auto it =
        std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.name == name; });
    if (it == known.end()) return field.bad("there is no " + std::string(what) + " \"" + name + "\"");
    const int index = static_cast<int>(it - known.begin());
    if (std::find(found.begin(), found.end(), index) != found.end())
      return field.bad("\"" + name + "\" is named twice");
    found.push_back(index);
  }
  return found;
}

// Members of `over` win; records are joined.
void merge_context(Json& base, const Json& over) {
  if (!over.is_object() || !base.is_object()) {
    base = over;
    return;
  }
  for (const auto& [key, value] : over.as_object()) {
    Json member = base[key];
    const bool expression = value.is_object() && value.has("if");
    if (expression || !member.is_object() || member.has("if"))
      member = value;
    else
      merge_context(member, value);
    base.set(key, std::move(member));
  }
}

}  // namespace

Result<std::vector<int>> ModelReader::objects(const ModelField& field) const {
  return indices(field, model_.objects, "data");
}
Result<std::vector<int>> ModelReader::agents(const ModelField& field) const {
  return indices(field, model_.agents, "agent");
}
Result<std::vector<int>> ModelReader::counters(const ModelField& field) const {
  return indices(field, model_.counters, "counter");
}

Result<ModelGateSpec> ModelReader::gate(const ModelField& field) const {
  TRY_STATUS(field.only({"action", "in", "resource", "context"}));
  ModelGateSpec spec{.line = field.line()};
  TRY(spec.action, uid(field["action"], "Action"));
  TRY(const std::vector<std::string> above, field["in"].texts());
  for (const std::string& group : above)
    spec.action_parents.emplace_back("Action", group);
  TRY(spec.resource, entity(field["resource"]));
  TRY_STATUS(field["context"].must_be_map());
  spec.context = context_.is_object() ? context_ : Json::object();
  if (!field["context"].absent()) merge_context(spec.context, field["context"].json());
  return spec;
}

Status ModelReader::read_endorsements(const ModelField& field, ModelRule& rule) const {
  TRY_STATUS(field.must_be_map());
  for (const ModelField& one : field.members()) {
    TRY_STATUS(one.only({"integrity", "confidentiality"}));
    const auto it = std::find_if(model_.objects.begin(), model_.objects.end(),
                                 [&](const auto& object) { return object.name == one.name(); });
    if (it == model_.objects.end()) return one.bad("there is no data \"" + one.name() + "\"");
    ModelEndorsement endorsement{.object = static_cast<int>(it - model_.objects.begin())};
    TRY(const ModelLabels to, labels(one, {}));
    if (!one["integrity"].absent()) endorsement.integrity = to.integrity;
    if (!one["confidentiality"].absent()) endorsement.confidentiality = to.confidentiality;
    rule.endorses.push_back(endorsement);
  }
  return {};
}

// `watched: false`, or `watched: true` with `loses: [integrity]`.
Status ModelReader::read_watch(const ModelField& field, ModelRule& rule) const {
  TRY(rule.watched, field["watched"].flag_or(true));
  TRY(const std::vector<std::string> loses, field["loses"].texts());
  for (const std::string& label : loses)
    if (label == "integrity")
      rule.keeps_integrity = false;
    else if (label == "confidentiality")
      rule.keeps_confidentiality = false;
    else
      return field["loses"].bad("\"" + label + "\" is no label", "integrity or confidentiality");
  return {};
}

// What tools and channels have in common.
Status ModelReader::read_rule(const ModelField& field, ModelRule& rule) {
  rule.line = field.line();
  TRY_STATUS(read_watch(field, rule));
  TRY(rule.emits, field["emits"].texts());
  TRY(rule.counts, counters(field["counts"]));
  TRY(rule.resets, counters(field["resets"]));
  TRY(rule.when, condition(field["when"]));
  if (!field["gate"].absent()) {
    if (!rule.watched) return field["gate"].bad("what is not watched has no gate");
    TRY(rule.gate, gate(field["gate"]));
  }
  if (!field["approval"].absent()) {
    TRY(const std::vector<int> which, indices(field["approval"], model_.approvals, "approval"));
    if (which.size() != 1 || !rule.gate)
      return field["approval"].bad("`approval` is one name, beside a `gate`");
    rule.approval = which[0];
  }
  const ModelField instant = field["instant"];
  TRY_STATUS(instant.must_be_map());
  for (const ModelField& one : instant.members())
    TRY_STATUS(one.texts());
  rule.instant = instant.json();
  const ModelField call = field["call"];
  if (!call.absent()) {
    TRY_STATUS(call.only({"tool", "input", "result"}));
    TRY(const std::string tool, call["tool"].text());
    TRY_STATUS(call["input"].must_be_map());
    // A model says nothing of what a tool answers, so nothing can be read into it.
    TRY(rule.result, call["result"].text_or(""));
    rule.call = Json::object({{"tool", tool}, {"input", call["input"].json()}});
  }
  return {};
}

Status ModelReader::read_tools(const ModelField& field) {
  TRY_STATUS(field.must_be_map());
  for (const ModelField& one : field.members()) {
    TRY_STATUS(new_name(one, "a tool"));
    TRY_STATUS(one.only({"reads", "writes", "endorses", "forgets", "watched", "loses", "emits", "counts",
                         "resets", "when", "gate", "approval", "instant", "call"}));
    ModelRule rule{.name = one.name()};
    TRY_STATUS(read_rule(one, rule));
    TRY(rule.reads, objects(one["reads"]));
    TRY(rule.writes, objects(one["writes"]));
    TRY(rule.forgets, one["forgets"].flag_or(false));
    TRY_STATUS(read_endorsements(one["endorses"], rule));
    rule.emits.insert(rule.emits.begin(), rule.name);
    model_.rules.push_back(std::move(rule));
  }
  return {};
}

// Which agent has which tool; a tool may only read what its agent may read.
Status ModelReader::read_agent_tools(const ModelField& field) {
  for (std::size_t i = 0; i < model_.agents.size(); ++i) {
    ModelAgent& agent = model_.agents[i];
    const ModelField one = field[agent.name];
    TRY(agent.reads, objects(one["reads"]));
    TRY(agent.tools, indices(one["tools"], model_.rules, "tool"));
    for (const int tool : agent.tools) {
      ModelRule& rule = model_.rules[static_cast<std::size_t>(tool)];
      for (const int object : rule.reads)
        if (std::find(agent.reads.begin(), agent.reads.end(), object) == agent.reads.end())
          return one["tools"].bad("\"" + rule.name + "\" reads \"" +
                                      model_.objects[static_cast<std::size_t>(object)].name +
                                      "\", which is not among what \"" + agent.name + "\" reads",
                                  "add it to `reads`, or take the tool away");
      rule.actors.push_back(static_cast<int>(i));
    }
  }
  return {};
}

// An agent speaks to another: the receiver's labels take in the sender's.
Status ModelReader::add_message(const ModelField& field, ModelRule rule) {
  rule.kind = ModelRule::Kind::message;
  TRY(rule.actors, agents(field["from"]));
  TRY(rule.peers, agents(field["to"]));
  if (!field["integrity"].absent() || !field["confidentiality"].absent())
    return field.bad("only a channel that stores has labels of its own");
  TRY(rule.narrow, field["narrow"].flag_or(false));
  if (rule.narrow && rule.channel != "hand-over")
    return field["narrow"].bad("only a hand-over returns something", "kind: hand-over");
  rule.emits.insert(rule.emits.begin(), rule.name);
  model_.rules.push_back(std::move(rule));
  return {};
}

// A file or memory: an object, one rule to write it and one to read it. The gate stands before writing.
Status ModelReader::add_store(const ModelField& field, ModelRule rule) {
  ModelObject object{.name = rule.name, .line = field.line()};
  if (!field["narrow"].absent())
    return field["narrow"].bad("only a hand-over returns something", "kind: hand-over");
  TRY(object.labels, labels(field, {}));
  const int index = static_cast<int>(model_.objects.size());
  model_.objects.push_back(std::move(object));
  ModelRule read{.kind = ModelRule::Kind::store_read,
                 .name = rule.name + ".read",
                 .channel = rule.channel,
                 .watched = rule.watched,
                 .keeps_integrity = rule.keeps_integrity,
                 .keeps_confidentiality = rule.keeps_confidentiality,
                 .reads = {index},
                 .emits = {rule.name + ".read"},
                 .line = rule.line};
  TRY(read.actors, agents(field["to"]));
  rule.kind = ModelRule::Kind::store_write;
  TRY(rule.actors, agents(field["from"]));
  rule.name += ".write";
  rule.writes = {index};
  rule.emits.insert(rule.emits.begin(), rule.name);
  model_.rules.push_back(std::move(rule));
  model_.rules.push_back(std::move(read));
  return {};
}

Status ModelReader::read_channels(const ModelField& field) {
  TRY_STATUS(field.must_be_map());
  for (const ModelField& one : field.members()) {
    TRY_STATUS(new_name(one, "a channel"));
    TRY_STATUS(one.only({"kind", "from", "to", "narrow", "integrity", "confidentiality", "watched", "loses",
                         "emits", "counts", "resets", "when", "gate", "approval", "instant", "call"}));
    ModelRule rule{.name = one.name()};
    TRY_STATUS(read_rule(one, rule));
    TRY(rule.channel, one["kind"].text());
    const bool stores = rule.channel == "file" || rule.channel == "memory";
    if (!stores && rule.channel != "a2a" && rule.channel != "hand-over")
      return one["kind"].bad("\"" + rule.channel + "\" is no kind of channel",
                             "a2a, hand-over, file or memory");
    if (one["from"].absent() || one["to"].absent()) return one.bad("a channel needs `from` and `to`");
    TRY_STATUS(stores ? add_store(one, std::move(rule)) : add_message(one, std::move(rule)));
  }
  return {};
}

}  // namespace weir::prove
