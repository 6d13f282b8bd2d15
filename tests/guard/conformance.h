// Whether a request and its entities are of the types that a schema declares: an independent reading of the
// schema, by which the tests hold the guard's requests to content/policies/weir.cedarschema.
#pragma once

#include <algorithm>
#include <string>

#include "cedar/schema.h"
#include "guard/request.h"

namespace weir::guard::testing {

// "" when it conforms, else the first thing that does not.
inline std::string mismatch(const cedar::Value& value, const cedar::SchemaType& type,
                            const std::string& where) {
  using Kind = cedar::SchemaType::Kind;
  static constexpr cedar::ValueKind kKinds[] = {cedar::ValueKind::boolean, cedar::ValueKind::integer,
                                                cedar::ValueKind::string,  cedar::ValueKind::entity,
                                                cedar::ValueKind::set,     cedar::ValueKind::record};
  if (type.kind == Kind::extension) return where + ": extension types are not used";
  if (value.kind() != kKinds[static_cast<int>(type.kind)])
    return where + ": is a " + std::string(cedar::name(value.kind()));
  if (type.kind == Kind::entity && value.get_if<cedar::EntityUid>()->type() != type.name)
    return where + ": is a " + value.get_if<cedar::EntityUid>()->type();
  if (type.kind == Kind::set)
    for (const auto& element : value.get_if<cedar::Set>()->elements())
      if (auto found = mismatch(element, *type.element, where + "[]"); !found.empty()) return found;
  if (type.kind != Kind::record) return {};
  const auto& record = *value.get_if<cedar::Record>();
  for (const auto& [name, field] : record.fields()) {
    const cedar::SchemaType* declared = type.attribute(name);
    if (declared == nullptr) return where + "." + name + ": not declared";
    if (auto found = mismatch(field, *declared, where + "." + name); !found.empty()) return found;
  }
  for (const auto& attribute : type.attributes)
    if (attribute.required && record.find(attribute.name) == nullptr)
      return where + "." + attribute.name + ": missing";
  return {};
}

inline std::string mismatch(const cedar::Entity& entity, const cedar::Schema& schema) {
  if (entity.uid.type() == "Action") {
    for (const auto& parent : entity.parents)
      if (!schema.action_is_in(entity.uid, parent)) return entity.uid.text() + " is not in " + parent.text();
    return schema.action(entity.uid) == nullptr ? entity.uid.text() + " is not declared" : "";
  }
  const cedar::EntityDeclaration* type = schema.entity_type(entity.uid.type());
  if (type == nullptr) return entity.uid.type() + " is not declared";
  for (const auto& parent : entity.parents)
    if (std::find(type->member_of.begin(), type->member_of.end(), parent.type()) == type->member_of.end())
      return entity.uid.text() + " cannot be in " + parent.text();
  return mismatch(cedar::Value(entity.attributes), *type->attributes, entity.uid.text());
}

inline std::string mismatch(const CedarRequest& one, const cedar::Schema& schema) {
  const auto* action = schema.action(one.request.action());
  if (action == nullptr) return one.request.action().text() + " is not declared";
  const auto fits = [](const std::vector<std::string>& types, const cedar::EntityUid& uid) {
    return std::find(types.begin(), types.end(), uid.type()) != types.end();
  };
  if (!fits(action->principals, one.request.principal()))
    return one.request.action().text() + " by " + one.request.principal().text();
  if (!fits(action->resources, one.request.resource()))
    return one.request.action().text() + " on " + one.request.resource().text();
  for (const auto& entity : one.entities)
    if (auto found = mismatch(entity, schema); !found.empty()) return found;
  return mismatch(one.request.context_value(), *action->context, "context");
}

}  // namespace weir::guard::testing
