// Does a gate's request agree with the schema? A misspelt attribute would make a policy silent, and the model
// would prove something about a request that no engine makes.
#include <algorithm>

#include "prove/model_gate.h"

namespace weir::prove {
namespace {

using cedar::SchemaType;
using cedar::Value;

bool lists(const std::vector<std::string>& types, const std::string& type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

// "" when the value has the type; else what is wrong, beginning with where.
std::string misfit(const Value& value, const SchemaType& type, const std::string& at) {
  using Kind = SchemaType::Kind;
  const auto fits = [&](bool good, std::string_view wanted) {
    return good ? std::string() : at + " must be " + std::string(wanted) + ", not " + value.text();
  };
  switch (type.kind) {
    case Kind::boolean:
      return fits(value.get_if<bool>() != nullptr, "true or false");
    case Kind::integer:
      return fits(value.get_if<std::int64_t>() != nullptr, "a number");
    case Kind::string:
      return fits(value.get_if<std::string>() != nullptr, "text");
    case Kind::entity: {
      const auto* uid = value.get_if<cedar::EntityUid>();
      return fits(uid != nullptr && uid->type() == type.name, "an entity " + type.name);
    }
    case Kind::extension:
      return fits(cedar::name(value.kind()) == type.name, type.name);
    case Kind::set: {
      const auto* set = value.get_if<cedar::Set>();
      if (set == nullptr) return fits(false, "a set");
      for (const Value& element : set->elements())
        if (auto wrong = misfit(element, *type.element, at + "[]"); !wrong.empty()) return wrong;
      return {};
    }
    case Kind::record:
      break;
  }
  const auto* record = value.get_if<cedar::Record>();
  if (record == nullptr) return fits(false, "a record");
  for (const auto& [name, member] : record->fields()) {
    const SchemaType* wanted = type.attribute(name);
    if (wanted == nullptr) return at + "." + name + " is not declared";
    if (auto wrong = misfit(member, *wanted, at + "." + name); !wrong.empty()) return wrong;
  }
  for (const auto& attribute : type.attributes)
    if (attribute.required && record->find(attribute.name) == nullptr)
      return at + "." + attribute.name + " is missing";
  return {};
}

std::string entity_misfit(const cedar::EntityUid& uid, const cedar::Entities& entities,
                          const cedar::Schema& schema) {
  const cedar::EntityDeclaration* declared = schema.entity_type(uid.type());
  if (declared == nullptr) return "the schema has no entity type " + uid.type();
  const cedar::Entity* entity = entities.find(uid);
  if (entity == nullptr || declared->attributes == nullptr) return {};
  return misfit(Value(entity->attributes), *declared->attributes, uid.text());
}

}  // namespace

Status check_gate(const ModelGate& gate, const cedar::Schema& schema, const std::string& where) {
  const std::vector<std::int32_t> values(gate.inputs.size(), 0);
  const cedar::Request request = gate.request(values);
  const cedar::ActionDeclaration* action = schema.action(request.action());
  if (action == nullptr) return fail("the schema has no action " + request.action().text(), where);
  for (const auto& [uid, types, word] : {std::tuple(&request.principal(), &action->principals, "principal"),
                                         std::tuple(&request.resource(), &action->resources, "resource")})
    if (!lists(*types, uid->type()))
      return fail(request.action().text() + " has no " + word + " of type " + uid->type() + " in the schema",
                  where);
  for (const cedar::EntityUid* uid : {&request.principal(), &request.resource()})
    if (auto wrong = entity_misfit(*uid, gate.entities(), schema); !wrong.empty()) return fail(wrong, where);
  if (action->context == nullptr) return {};
  const std::string wrong = misfit(Value(request.context()), *action->context, "context");
  if (!wrong.empty()) return fail(wrong + ", says the schema", where);
  return {};
}

}  // namespace weir::prove
