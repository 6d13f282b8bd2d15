#include "daemon/widening.h"

#include <algorithm>

#include "cedar/authorizer.h"

namespace weir::daemon {
namespace {

using cedar::EntityUid;
using cedar::Record;
using cedar::SchemaType;
using cedar::Value;

// A plain value of a type: false, 0, "", empty; optional attributes are left out.
Value plain(const SchemaType& type) {
  switch (type.kind) {
    case SchemaType::Kind::boolean:
      return Value(false);
    case SchemaType::Kind::integer:
      return Value(std::int64_t{0});
    case SchemaType::Kind::string:
      return Value("");
    case SchemaType::Kind::entity:
      return Value(EntityUid(type.name, ""));
    case SchemaType::Kind::set:
      return Value(cedar::Set());
    case SchemaType::Kind::extension:
      if (type.name == "decimal") return Value(cedar::Decimal{});
      if (type.name == "ipaddr") return Value(cedar::IpAddr{});
      if (type.name == "datetime") return Value(cedar::Datetime{});
      return Value(cedar::Duration{});
    case SchemaType::Kind::record:
      break;
  }
  std::vector<Record::Field> fields;
  for (const auto& attribute : type.attributes)
    if (attribute.required) fields.emplace_back(attribute.name, plain(*attribute.type));
  return Value(Record(std::move(fields)));
}

// The entities of a type that the permits speak of, and one that nobody speaks of. An ancestor in a scope is
// tried as a parent.
struct Candidate {
  EntityUid uid;
  std::vector<EntityUid> parents;
};

std::vector<Candidate> candidates(const cedar::PolicySet& policies, const std::string& type,
                                  const cedar::Schema& schema, cedar::Scope cedar::Policy::* scope) {
  std::vector<Candidate> out{{EntityUid(type, "any"), {}}};
  for (const auto& policy : policies.policies())
    for (const auto& uid : (policy.*scope).entities) {
      if (uid.type() == type)
        out.push_back({uid, {}});
      else if (schema.type_may_be_in(type, uid.type()))
        out.push_back({EntityUid(type, "any"), {uid}});
    }
  return out;
}

cedar::Entity entity_of(const Candidate& candidate, const cedar::Schema& schema) {
  const auto* declaration = schema.entity_type(candidate.uid.type());
  Record attributes;
  if (declaration != nullptr && declaration->attributes)
    if (const Value value = plain(*declaration->attributes); const auto* record = value.get_if<Record>())
      attributes = *record;
  return {candidate.uid, std::move(attributes), {}, candidate.parents};
}

cedar::Entity action_of(const EntityUid& uid, const cedar::Schema& schema) {
  cedar::Entity entity{uid, {}, {}, {}};
  for (const auto& [group, declaration] : schema.actions()) {
    (void)declaration;
    if (!(group == uid) && schema.action_is_in(uid, group)) entity.parents.push_back(group);
  }
  return entity;
}

}  // namespace

std::string Widening::text() const {
  return request.principal().text() + " would be allowed " + request.action().text() + " on " +
         request.resource().text() + " by " + policy;
}

std::optional<Widening> find_widening(const cedar::PolicySet& above, const cedar::PolicySet& with,
                                      const cedar::Schema& schema) {
  for (const auto& environment : schema.environments()) {
    const auto* action = schema.action(environment.action);
    const Value context = plain(*action->context);
    for (const auto& principal : candidates(with, environment.principal, schema, &cedar::Policy::principal))
      for (const auto& resource : candidates(with, environment.resource, schema, &cedar::Policy::resource)) {
        std::vector<cedar::Entity> entities{entity_of(principal, schema),
                                            action_of(environment.action, schema)};
        if (!(principal.uid == resource.uid)) entities.push_back(entity_of(resource, schema));
        const auto store = cedar::Entities::make(entities);
        if (!store) continue;
        const cedar::Request request(principal.uid, environment.action, resource.uid,
                                     *context.get_if<Record>());
        const auto after = cedar::authorize(with, request, *store);
        if (after.decision != cedar::Decision::allow) continue;
        if (cedar::authorize(above, request, *store).decision == cedar::Decision::allow) continue;
        return Widening{request, std::move(entities), after.satisfied_permits[0]->id};
      }
  }
  return std::nullopt;
}

}  // namespace weir::daemon
