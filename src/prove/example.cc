#include "prove/example.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace weir::prove {
namespace {

using cedar::EntityUid;
using cedar::Record;
using cedar::Value;

// Values by path ("address.city"; "branch?" for presence), of a context or an entity.
using Paths = std::map<std::string, Value>;

struct Parts {
  Paths attributes;
  Paths tags;  // by tag and path: "tag\0path"
  std::vector<std::string> tag_keys;
  std::vector<EntityUid> ancestors;
};

class Builder {
 public:
  Builder(const Encoder& encoder, const std::map<Term, Value>& values)
      : encoder_(encoder), schema_(encoder.sorts().schema()), terms_(const_cast<Encoder&>(encoder).terms()) {
    for (const auto& [term, value] : values)
      take(term, value, values);
  }

  Result<Example> run() {
    const auto& environment = encoder_.environment();
    const EntityUid principal = uid_or(principal_, environment.principal);
    const EntityUid resource = uid_or(resource_, environment.resource);
    entities_[principal];
    entities_[resource];
    const auto* action = schema_.action(environment.action);
    Record context = record(*action->context, "context", symbols_);
    std::vector<cedar::Entity> list = action_entities();
    for (const auto& [uid, parts] : entities_)
      if (schema_.action(uid) == nullptr) list.push_back(entity(uid, parts));
    TRY(cedar::Entities entities, cedar::Entities::make(std::move(list)));
    return Example{cedar::Request(principal, environment.action, resource, std::move(context)),
                   std::move(entities)};
  }

 private:
  void take(Term term, const Value& value, const std::map<Term, Value>& values) {
    const TermNode& node = terms_.node(term);
    if (node.sort->kind == Sort::Kind::entity) entities_[*value.get_if<EntityUid>()];
    if (node.op == TermOp::symbol) {
      if (node.text == "principal") principal_ = &value;
      if (node.text == "resource") resource_ = &value;
      symbols_.emplace(node.text, value);
      return;
    }
    if (node.op != TermOp::function && node.op != TermOp::ancestors) return;
    const auto owner = values.find(node.args[0]);
    if (owner == values.end()) return;
    Parts& parts = entities_[*owner->second.get_if<EntityUid>()];
    if (node.op == TermOp::ancestors) {
      for (const Value& ancestor : value.get_if<cedar::Set>()->elements())
        parts.ancestors.push_back(*ancestor.get_if<EntityUid>());
    } else if (node.text == kTagKeys) {
      for (const Value& key : value.get_if<cedar::Set>()->elements())
        parts.tag_keys.push_back(*key.get_if<std::string>());
    } else if (node.args.size() == 2) {
      const auto key = values.find(node.args[1]);
      if (key != values.end())
        parts.tags.emplace(*key->second.get_if<std::string>() + '\0' + node.text, value);
    } else {
      parts.attributes.emplace(node.text, value);
    }
  }

  EntityUid uid_or(const Value* value, const std::string& type) const {
    return value != nullptr ? *value->get_if<EntityUid>() : plain_uid(type);
  }

  EntityUid plain_uid(const std::string& type) const {
    const auto* declaration = schema_.entity_type(type);
    return EntityUid(
        type, declaration != nullptr && !declaration->choices.empty() ? declaration->choices.front() : "");
  }

  // The plainest value of a type.
  Value plain(const cedar::SchemaType& type) const {
    using Kind = cedar::SchemaType::Kind;
    switch (type.kind) {
      case Kind::boolean:
        return Value(false);
      case Kind::integer:
        return Value(0);
      case Kind::string:
        return Value("");
      case Kind::entity:
        return Value(plain_uid(type.name));
      case Kind::set:
        return Value(cedar::Set());
      case Kind::record:
        return Value(record(type, "", {}));
      case Kind::extension:
        break;
    }
    if (type.name == "decimal") return Value(cedar::Decimal{});
    if (type.name == "datetime") return Value(cedar::Datetime{});
    if (type.name == "duration") return Value(cedar::Duration{});
    return Value(cedar::IpAddr{});
  }

  Value value_at(const cedar::SchemaType& type, const std::string& path, const Paths& paths) const {
    if (type.kind == cedar::SchemaType::Kind::record) return Value(record(type, path, paths));
    const auto at = paths.find(path);
    return at != paths.end() ? at->second : plain(type);
  }

  Record record(const cedar::SchemaType& type, const std::string& path, const Paths& paths) const {
    std::vector<Record::Field> fields;
    for (const auto& attribute : type.attributes) {
      const std::string name = smt_name(attribute.name);
      const std::string inner = path.empty() ? name : fmt::format("{}.{}", path, name);
      const auto present = paths.find(inner + "?");
      if (!attribute.required && (present == paths.end() || !*present->second.get_if<bool>())) continue;
      fields.emplace_back(attribute.name, value_at(*attribute.type, inner, paths));
    }
    return Record(std::move(fields));
  }

  cedar::Entity entity(const EntityUid& uid, const Parts& parts) const {
    cedar::Entity out{uid, {}, {}, parts.ancestors};
    const auto* declaration = schema_.entity_type(uid.type());
    if (declaration == nullptr) return out;
    out.attributes = record(*declaration->attributes, "", parts.attributes);
    for (const auto& key : parts.tag_keys) {
      if (declaration->tags == nullptr) continue;
      Paths paths;
      const std::string prefix = key + '\0';
      for (const auto& [path, value] : parts.tags)
        if (path.starts_with(prefix)) paths.emplace(path.substr(prefix.size()), value);
      out.tags.set(key, value_at(*declaration->tags, kTagValue, paths));
    }
    return out;
  }

  // The request's action and the groups above it.
  std::vector<cedar::Entity> action_entities() const {
    std::vector<cedar::Entity> list;
    std::vector<EntityUid> open{encoder_.environment().action};
    std::set<EntityUid> seen(open.begin(), open.end());
    while (!open.empty()) {
      const EntityUid uid = open.back();
      open.pop_back();
      const auto* declaration = schema_.action(uid);
      if (declaration == nullptr) continue;
      list.push_back({uid, {}, {}, declaration->parents});
      for (const auto& parent : declaration->parents)
        if (seen.insert(parent).second) open.push_back(parent);
    }
    return list;
  }

  const Encoder& encoder_;
  const cedar::Schema& schema_;
  const Terms& terms_;
  const Value* principal_ = nullptr;
  const Value* resource_ = nullptr;
  Paths symbols_;
  std::map<EntityUid, Parts> entities_;
};

}  // namespace

std::vector<Term> wanted_values(Encoder& encoder, const std::vector<Term>& assertions) {
  Terms& terms = encoder.terms();
  std::set<Term> wanted;
  std::vector<TermNode> functions;
  std::set<Term> keys;  // of tags that are read
  for (const Term term : encoder.reachable(assertions)) {
    const TermNode& node = terms.node(term);
    if (node.op == TermOp::symbol) wanted.insert(term);
    if (node.op == TermOp::function && node.args.size() == 2) keys.insert(node.args[1]);
    if (node.op == TermOp::function || node.op == TermOp::ancestors) functions.push_back(node);
  }
  for (const Term entity : encoder.footprint(assertions)) {
    wanted.insert(entity);
    for (const TermNode& function : functions) {
      if (terms.sort(function.args[0])->key != terms.sort(entity)->key) continue;
      if (function.op == TermOp::ancestors) {
        wanted.insert(terms.ancestors(entity, function.sort->element));
      } else if (function.args.size() == 1) {
        wanted.insert(terms.function(function.text, function.sort, {entity}));
      } else {
        for (const Term key : keys)
          wanted.insert(terms.function(function.text, function.sort, {entity, key}));
      }
    }
  }
  wanted.insert(keys.begin(), keys.end());
  return {wanted.begin(), wanted.end()};
}

Result<Example> build_example(const Encoder& encoder, const std::map<Term, Value>& values) {
  return Builder(encoder, values).run();
}

Json to_json(const EntityUid& uid) {
  return Json::object({{"type", uid.type()}, {"id", uid.id()}});
}

Json to_json(const Value& value) {
  const auto extension = [](const char* function, Json argument) {
    return Json::object({{"__extn", Json::object({{"fn", function}, {"arg", std::move(argument)}})}});
  };
  if (const auto* flag = value.get_if<bool>()) return *flag;
  if (const auto* number = value.get_if<std::int64_t>()) return *number;
  if (const auto* text = value.get_if<std::string>()) return *text;
  if (const auto* uid = value.get_if<EntityUid>()) return Json::object({{"__entity", to_json(*uid)}});
  if (const auto* decimal = value.get_if<cedar::Decimal>()) return extension("decimal", decimal->text());
  if (const auto* address = value.get_if<cedar::IpAddr>()) return extension("ip", address->text());
  if (const auto* length = value.get_if<cedar::Duration>()) return extension("duration", length->text());
  if (const auto* time = value.get_if<cedar::Datetime>()) {
    // Any time can be written as an offset; a text has only four digits for the year.
    if (const auto read = cedar::Datetime::parse(time->text()); read && *read == *time)
      return extension("datetime", time->text());
    Json args = Json::array(
        {extension("datetime", "1970-01-01"), extension("duration", cedar::Duration{time->unix_ms}.text())});
    return Json::object({{"__extn", Json::object({{"fn", "offset"}, {"args", std::move(args)}})}});
  }
  if (const auto* set = value.get_if<cedar::Set>()) {
    Json list = Json::array();
    for (const Value& element : set->elements())
      list.push(to_json(element));
    return list;
  }
  Json object = Json::object();
  for (const auto& [name, field] : value.get_if<Record>()->fields())
    object.set(name, to_json(field));
  return object;
}

Json to_json(const Example& example) {
  Json entities = Json::array();
  for (const auto& entity : example.entities.all()) {
    Json parents = Json::array();
    for (const auto& parent : entity.parents)
      parents.push(to_json(parent));
    Json object = Json::object({{"uid", to_json(entity.uid)},
                                {"attrs", to_json(Value(entity.attributes))},
                                {"parents", std::move(parents)}});
    if (!entity.tags.fields().empty()) object.set("tags", to_json(Value(entity.tags)));
    entities.push(std::move(object));
  }
  const auto& request = example.request;
  return Json::object({{"request", Json::object({{"principal", to_json(request.principal())},
                                                 {"action", to_json(request.action())},
                                                 {"resource", to_json(request.resource())},
                                                 {"context", to_json(Value(request.context()))}})},
                       {"entities", std::move(entities)}});
}

}  // namespace weir::prove
