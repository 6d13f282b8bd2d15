// The JSON form of a schema ("JSON schema format", docs.cedarpolicy.com).
#include <fmt/format.h>

#include "base/bytes.h"
#include "cedar/schema_declarations.h"

namespace weir::cedar {
namespace {

Error misplaced(std::string what, std::string_view where) {
  return Error{ErrorCode::invalid, std::move(what), std::string(where),
               "see the JSON schema format of Cedar"};
}

// Recursion is bounded by the depth limit of the JSON reader.
Result<DeclaredType> read_type(const Json& json, std::string_view where) {
  const Json& type = json["type"];
  if (!type.is_string()) return std::unexpected(misplaced("a type needs the member \"type\"", where));
  DeclaredType out;
  const std::string& name = type.as_string();
  if (name == "Set") {
    out.kind = DeclaredType::Kind::set;
    TRY(DeclaredType element, read_type(json["element"], where));
    out.element.push_back(std::move(element));
  } else if (name == "Record") {
    const Json& attributes = json["attributes"];
    if (!attributes.is_object()) return std::unexpected(misplaced("a record needs \"attributes\"", where));
    for (const auto& [key, value] : attributes.as_object()) {
      TRY(DeclaredType attribute, read_type(value, where));
      out.attributes.push_back({key, std::move(attribute), value["required"].bool_or(true)});
    }
  } else {
    const bool named = name == "Entity" || name == "Extension" || name == "EntityOrCommon";
    out.kind = name == "Entity" ? DeclaredType::Kind::entity : DeclaredType::Kind::name;
    out.name = named ? json["name"].text_or("") : name;
    if (out.name == "Boolean") out.name = "Bool";
    if (name == "Extension") out.name = "__cedar::" + out.name;
  }
  return out;
}

// A type that may be left out: then the empty record.
Result<DeclaredType> read_optional(const Json& json, std::string_view where) {
  if (json.is_null()) return DeclaredType{};
  return read_type(json, where);
}

std::vector<std::string> read_names(const Json& list) {
  std::vector<std::string> out;
  if (list.is_array())
    for (const auto& name : list.as_array())
      out.emplace_back(name.text_or(""));
  return out;
}

Status read_actions(const std::string& space, const Json& actions, SchemaDeclarations& out) {
  if (!actions.is_object()) return {};
  for (const auto& [name, json] : actions.as_object()) {
    DeclaredAction action{space, {}, {}, {}, {}};
    TRY(action.context, read_optional(json["appliesTo"]["context"], "actions." + printable(name, 60)));
    action.principals = read_names(json["appliesTo"]["principalTypes"]);
    action.resources = read_names(json["appliesTo"]["resourceTypes"]);
    const Json& parents = json["memberOf"];
    if (parents.is_array())
      for (const auto& parent : parents.as_array())
        action.parents.push_back(
            {std::string(parent["type"].text_or("")), std::string(parent["id"].text_or(""))});
    out.actions.try_emplace(EntityUid(qualified(space, "Action"), name), std::move(action));
  }
  return {};
}

Status read_namespace(const std::string& space, const Json& json, SchemaDeclarations& out) {
  const Json &common = json["commonTypes"], &entities = json["entityTypes"];
  if (common.is_object())
    for (const auto& [name, type] : common.as_object()) {
      DeclaredCommon declared{space, {}};
      TRY(declared.type, read_type(type, "commonTypes." + printable(name, 60)));
      out.common.try_emplace(qualified(space, name), std::move(declared));
    }
  if (entities.is_object())
    for (const auto& [name, entity] : entities.as_object()) {
      const std::string where = "entityTypes." + printable(name, 60);
      DeclaredEntity declared{space, {}, {}, read_names(entity["memberOfTypes"]), read_names(entity["enum"])};
      TRY(declared.attributes, read_optional(entity["shape"], where));
      if (entity.has("tags")) {
        TRY(declared.tags, read_type(entity["tags"], where));
      }
      out.entities.try_emplace(qualified(space, name), std::move(declared));
    }
  return read_actions(space, json["actions"], out);
}

}  // namespace

Result<SchemaDeclarations> read_schema_json(const Json& schema) {
  if (!schema.is_object()) return std::unexpected(misplaced("a schema must be an object of namespaces", ""));
  SchemaDeclarations out;
  for (const auto& [space, json] : schema.as_object()) {
    if (!json.is_object()) return std::unexpected(misplaced("a namespace must be an object", space));
    TRY_STATUS(read_namespace(space, json, out));
  }
  return out;
}

}  // namespace weir::cedar
