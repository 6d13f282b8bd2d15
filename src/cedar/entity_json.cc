#include "cedar/entity_json.h"

#include <fmt/format.h>

#include <set>

#include "base/bytes.h"
#include "cedar/parser.h"
#include "cedar/text.h"

namespace weir::cedar {
namespace {

using Kind = SchemaType::Kind;

// Puts one step of the path before `where` while an error travels outwards.
template <class T>
Result<T> under(const std::string& step, Result<T> result) {
  if (!result) result.error().where = step + result.error().where;
  return result;
}
std::string member_step(std::string_view key) {
  return "." + printable(key, 60);
}
std::string item_step(std::size_t index) {
  return fmt::format("[{}]", index);
}
// At the rim: a path does not begin with a dot.
template <class T>
Result<T> trimmed(Result<T> result) {
  if (!result && result.error().where.starts_with('.')) result.error().where.erase(0, 1);
  return result;
}

Result<EntityUid> uid_from_text(const std::string& text) {
  auto uid = parse_entity_uid(text);
  if (uid) return *std::move(uid);
  return fail(fmt::format("{} is not an entity: {}", printable(quoted(text), 80), uid.error().what), {},
              R"(write {"type": "User", "id": "alice"} or User::"alice")");
}

// Whether an object has these two members and no others.
bool is_pair(const Json& value, std::string_view first, std::string_view second) {
  return value.is_object() && value.as_object().size() == 2 && value.has(first) && value.has(second);
}

std::optional<ExtensionFunction> constructor_of(const SchemaType& type) {
  return extension_function(type.name == "ipaddr" ? "ip" : std::string_view(type.name));
}

Result<Value> call_extension(ExtensionFunction function, const std::vector<Value>& values) {
  std::vector<const Value*> arguments;
  for (const auto& value : values)
    arguments.push_back(&value);
  auto result = call(function, arguments);
  if (!result) return fail(result.error().message, {}, "write a value that the function takes");
  return *std::move(result);
}

// {"fn": name, "arg": value} or {"fn": name, "args": [values]}.
Result<Value> read_extension(const Json& escape) {
  const Json& name = escape["fn"];
  const auto function = extension_function(name.text_or(""));
  if (!name.is_string() || !function)
    return fail("an extension value needs the name of its function", ".fn",
                "fn is decimal, ip, datetime, duration or one of their methods");
  std::vector<Value> values;
  if (const Json* args = escape.find("args"); args != nullptr && args->is_array()) {
    for (std::size_t i = 0; i < args->as_array().size(); ++i) {
      TRY(Value value, under(".args" + item_step(i), read_value(args->as_array()[i])));
      values.push_back(std::move(value));
    }
  } else {
    TRY(Value value, under(".arg", read_value(escape["arg"])));
    values.push_back(std::move(value));
  }
  return call_extension(*function, values);
}

// The value that a schema's type makes of JSON without an escape; none where the type changes nothing.
std::optional<Result<Value>> read_typed(const Json& value, const SchemaType& type) {
  if (type.kind == Kind::entity && is_pair(value, "type", "id")) {
    auto uid = read_entity_uid(value);
    if (!uid) return std::unexpected(std::move(uid.error()));
    return Value(*std::move(uid));
  }
  if (type.kind != Kind::extension) return std::nullopt;
  if (is_pair(value, "fn", "arg") || is_pair(value, "fn", "args")) return read_extension(value);
  const auto constructor = constructor_of(type);
  if (!value.is_string() || !constructor) return std::nullopt;
  return call_extension(*constructor, {Value(value.as_string())});
}

Result<Value> read_array(const Json::Array& items, const SchemaType* type) {
  const SchemaType* element = type == nullptr ? nullptr : type->element.get();
  std::vector<Value> elements;
  elements.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto value = read_value(items[i], element);
    if (!value) return under(item_step(i), std::move(value));
    elements.push_back(*std::move(value));
  }
  return Value(Set(std::move(elements)));
}

Result<Value> read_object(const Json& value, const SchemaType* type) {
  for (const std::string_view escape : {"__entity", "__extn", "__expr"}) {
    const Json* inner = value.find(escape);
    if (inner == nullptr) continue;
    if (value.as_object().size() != 1 || escape == "__expr")
      return fail(fmt::format("the key {} is reserved for escapes", escape), {},
                  "an escape is an object with that key alone, __entity or __extn");
    if (escape == "__extn") return under(".__extn", read_extension(*inner));
    TRY(EntityUid uid, under(".__entity", read_entity_uid(*inner)));
    return Value(std::move(uid));
  }
  TRY(Record record, read_record(value, type));
  return Value(std::move(record));
}

const SchemaType* attributes_type(const EntityDeclaration* declared) {
  return declared == nullptr ? nullptr : declared->attributes.get();
}

Result<Entity> read_entity(const Json& document, const Schema* schema) {
  if (!document.is_object()) return fail("an entity must be an object", {}, "give uid, attrs and parents");
  TRY(EntityUid uid, under(".uid", read_entity_uid(document["uid"])));
  const EntityDeclaration* declared = schema == nullptr ? nullptr : schema->entity_type(uid.type());
  Entity entity{std::move(uid), {}, {}, {}};
  if (const Json* attributes = document.find("attrs")) {
    TRY(entity.attributes, under(".attrs", read_record(*attributes, attributes_type(declared))));
  }
  if (const Json* tags = document.find("tags")) {
    if (!tags->is_object()) return fail("tags must be an object", ".tags", "write {\"name\": value}");
    const SchemaType* type = declared == nullptr ? nullptr : declared->tags.get();
    std::vector<Record::Field> fields;
    for (const auto& [key, value] : tags->as_object()) {
      TRY(Value tag, under(".tags" + member_step(key), read_value(value, type)));
      fields.emplace_back(key, std::move(tag));
    }
    entity.tags = Record(std::move(fields));
  }
  if (const Json* parents = document.find("parents")) {
    if (!parents->is_array()) return fail("parents must be an array", ".parents", "list the uids of parents");
    for (std::size_t i = 0; i < parents->as_array().size(); ++i) {
      TRY(EntityUid parent, under(".parents" + item_step(i), read_entity_uid(parents->as_array()[i])));
      entity.parents.push_back(std::move(parent));
    }
  }
  return entity;
}

}  // namespace

Result<EntityUid> read_entity_uid(const Json& uid) {
  if (uid.is_string()) return uid_from_text(uid.as_string());
  const Json* escaped = uid.find("__entity");
  const Json& plain = escaped != nullptr ? *escaped : uid;
  const Json &type = plain["type"], &id = plain["id"];
  if (!type.is_string() || !id.is_string())
    return fail("an entity needs a type and an id, both strings", {},
                R"(write {"type": "User", "id": "alice"})");
  if (!is_type_path(type.as_string()))
    return fail(fmt::format("{} is not an entity type", printable(quoted(type.as_string()), 80)), ".type",
                "a type is a path of identifiers: User, Acme::User");
  return EntityUid(type.as_string(), id.as_string());
}

Result<Value> read_value(const Json& value, const SchemaType* type) {
  if (type != nullptr)
    if (auto typed = read_typed(value, *type)) return *std::move(typed);
  if (value.is_bool()) return Value(value.as_bool());
  if (value.is_int()) return Value(value.as_int());
  if (value.is_string()) return Value(value.as_string());
  if (value.is_array()) return read_array(value.as_array(), type);
  if (value.is_object()) return read_object(value, type);
  if (value.is_null()) return fail("Cedar has no null", {}, "leave the attribute out");
  return fail("Cedar numbers are 64-bit integers", {},
              R"(write an integer, or {"__extn": {"fn": "decimal", "arg": "1.5"}})");
}

Result<Record> read_record(const Json& object, const SchemaType* type) {
  if (!object.is_object()) return fail("a record must be an object", {}, "write {\"name\": value}");
  std::vector<Record::Field> fields;
  fields.reserve(object.as_object().size());
  for (const auto& [key, value] : object.as_object()) {
    auto field = read_value(value, type == nullptr ? nullptr : type->attribute(key));
    if (!field) return std::unexpected(under(member_step(key), std::move(field)).error());
    fields.emplace_back(key, *std::move(field));
  }
  return Record(std::move(fields));
}

Result<Entities> read_entities(const Json& document, const Schema* schema) {
  if (!document.is_array()) return fail("entities must be an array", {}, "write [{\"uid\": ...}, ...]");
  std::vector<Entity> entities;
  entities.reserve(document.as_array().size());
  for (std::size_t i = 0; i < document.as_array().size(); ++i) {
    TRY(Entity entity, under(item_step(i), read_entity(document.as_array()[i], schema)));
    entities.push_back(std::move(entity));
  }
  if (schema != nullptr) {
    std::set<EntityUid> present;
    for (const auto& entity : entities)
      present.insert(entity.uid);
    for (const auto& [uid, action] : schema->actions())
      if (!present.contains(uid)) entities.push_back({uid, {}, {}, action.parents});
  }
  return Entities::make(std::move(entities));
}

Result<Request> read_request(const Json& request, const Schema* schema) {
  if (!request.is_object())
    return fail("a request must be an object", {}, "give principal, action, resource");
  TRY(EntityUid principal, trimmed(under(".principal", read_entity_uid(request["principal"]))));
  TRY(EntityUid action, trimmed(under(".action", read_entity_uid(request["action"]))));
  TRY(EntityUid resource, trimmed(under(".resource", read_entity_uid(request["resource"]))));
  const ActionDeclaration* declared = schema == nullptr ? nullptr : schema->action(action);
  Record context;
  if (const Json* given = request.find("context")) {
    const SchemaType* type = declared == nullptr ? nullptr : declared->context.get();
    TRY(context, trimmed(under(".context", read_record(*given, type))));
  }
  return Request(std::move(principal), std::move(action), std::move(resource), std::move(context));
}

}  // namespace weir::cedar
