// The JSON form of a schema ("JSON schema format", docs.cedarpolicy.com), read strictly: unknown members,
// names that are none and missing types are errors.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/schema_declarations.h"
#include "cedar/text.h"

namespace weir::cedar {
namespace {

constexpr const char* kFormat = "see the JSON schema format of Cedar";

std::unexpected<Error> misplaced(std::string what, const std::string& path, std::string hint = kFormat) {
  return fail(std::move(what), path, std::move(hint));
}

std::string below(const std::string& path, std::string_view member) {
  return fmt::format("{}{}{}", path, path.empty() ? "" : ".", printable(member, 80));
}

Status only(const Json& object, const std::string& path, std::initializer_list<std::string_view> allowed,
            std::string_view what) {
  if (!object.is_object()) return misplaced(fmt::format("{} must be an object", what), path);
  for (const auto& [key, value] : object.as_object())
    if (std::find(allowed.begin(), allowed.end(), key) == allowed.end())
      return misplaced(fmt::format("unknown member `{}` in {}", printable(key, 60), what), path,
                       fmt::format("known are {}", fmt::join(allowed, ", ")));
  return {};
}

// A path of identifiers; `__cedar` may be in it.
bool is_type_name(std::string_view text) {
  while (true) {
    const auto at = text.find("::");
    const std::string_view part = text.substr(0, at);
    if (!is_identifier(part) || (is_reserved(part) && part != "__cedar")) return false;
    if (at == std::string_view::npos) return true;
    text.remove_prefix(at + 2);
  }
}

Result<DeclaredName> read_name(const Json& json, const std::string& path, std::string_view what) {
  if (!json.is_string()) return misplaced(fmt::format("{} must be a string", what), path);
  if (!is_type_name(json.as_string()))
    return misplaced(fmt::format("invalid {} `{}`", what, printable(json.as_string(), 80)), path,
                     "a name is a path of identifiers: User, Acme::User");
  return DeclaredName{json.as_string(), {{}, path}};
}

Result<SchemaAnnotations> read_annotations(const Json& owner, const std::string& path) {
  SchemaAnnotations out;
  const Json* json = owner.find("annotations");
  if (json == nullptr) return out;
  const std::string here = below(path, "annotations");
  if (!json->is_object()) return misplaced("annotations must be an object", here);
  for (const auto& [key, value] : json->as_object()) {
    if (!is_identifier(key))
      return misplaced(fmt::format("`{}` is no name of an annotation", printable(key, 60)), here);
    if (!value.is_string() && !value.is_null())
      return misplaced("the value of an annotation must be a string", below(here, key));
    out.emplace(key, value.is_null() ? std::nullopt : std::optional<std::string>(value.as_string()));
  }
  return out;
}

Result<DeclaredType> read_type(const Json& json, const std::string& path, bool attribute);

Result<DeclaredType> read_record(const Json& json, const std::string& path) {
  DeclaredType out;
  const Json& attributes = json["attributes"];
  if (!attributes.is_object()) return misplaced("a record needs the object \"attributes\"", path);
  if (json["additionalAttributes"].bool_or(false))
    return misplaced("records with `additionalAttributes` are not supported", path,
                     "list every attribute; Cedar has open records only as an experiment");
  for (const auto& [key, value] : attributes.as_object()) {
    const std::string here = below(below(path, "attributes"), key);
    DeclaredType::Attribute attribute;
    TRY(attribute.type, read_type(value, here, true));
    if (const Json* required = value.find("required")) {
      if (!required->is_bool()) return misplaced("`required` must be true or false", here);
      attribute.required = required->as_bool();
    }
    TRY(attribute.annotations, read_annotations(value, here));
    out.attributes.emplace(key, std::move(attribute));
  }
  return out;
}

Status check_members(const Json& json, const std::string& path, std::string_view type, bool attribute) {
  std::vector<std::string_view> allowed{"type"};
  if (attribute) allowed.insert(allowed.end(), {"required", "annotations"});
  if (type == "Set") allowed.push_back("element");
  if (type == "Record") allowed.insert(allowed.end(), {"attributes", "additionalAttributes"});
  if (type == "Entity" || type == "EntityOrCommon" || type == "Extension") allowed.push_back("name");
  for (const auto& [key, value] : json.as_object())
    if (std::find(allowed.begin(), allowed.end(), key) == allowed.end())
      return misplaced(
          fmt::format("unknown member `{}` in the type {}", printable(key, 60), printable(type, 60)), path,
          fmt::format("known are {}", fmt::join(allowed, ", ")));
  return {};
}

// Recursion is bounded by the depth limit of the JSON reader. `attribute`: members of an attribute may stand
// beside those of its type.
Result<DeclaredType> read_type(const Json& json, const std::string& path, bool attribute) {
  using Kind = DeclaredType::Kind;
  const Json& type = json["type"];
  if (!type.is_string()) return misplaced("a type needs the member \"type\"", path);
  const std::string& word = type.as_string();
  TRY_STATUS(check_members(json, path, word, attribute));
  if (word == "Record") return read_record(json, path);
  DeclaredType out;
  out.name.at.path = path;
  if (word == "Set") {
    out.kind = Kind::set;
    if (!json.has("element")) return misplaced("a set needs the member \"element\"", path);
    TRY(DeclaredType element, read_type(json["element"], below(path, "element"), false));
    out.element.push_back(std::move(element));
  } else if (word == "Boolean") {
    out.kind = Kind::boolean;
  } else if (word == "Long") {
    out.kind = Kind::integer;
  } else if (word == "String") {
    out.kind = Kind::string;
  } else if (word == "Entity" || word == "EntityOrCommon" || word == "Extension") {
    out.kind = word == "Entity" ? Kind::entity : word == "Extension" ? Kind::extension : Kind::name;
    if (!json.has("name")) return misplaced(fmt::format("the type {} needs the member \"name\"", word), path);
    TRY(out.name, read_name(json["name"], path, "name of a type"));
  } else {
    out.kind = Kind::common;
    TRY(out.name, read_name(type, path, "common type"));
  }
  return out;
}

// What an entity's shape or an action's context may be: left out, then the empty record.
Result<DeclaredType> read_optional(const Json& owner, std::string_view member, const std::string& path) {
  const Json* json = owner.find(member);
  if (json == nullptr) return DeclaredType{};
  return read_type(*json, below(path, member), false);
}

Result<std::vector<DeclaredName>> read_names(const Json& list, const std::string& path) {
  std::vector<DeclaredName> out;
  if (list.is_null()) return out;
  if (!list.is_array()) return misplaced("a list of entity types must be an array", path);
  for (const auto& item : list.as_array()) {
    TRY(DeclaredName name, read_name(item, path, "entity type"));
    out.push_back(std::move(name));
  }
  return out;
}

Status read_parents(const Json& parents, const std::string& path, DeclaredAction& out) {
  if (parents.is_null()) return {};
  if (!parents.is_array()) return misplaced("`memberOf` must be an array", path);
  for (const auto& parent : parents.as_array()) {
    TRY_STATUS(only(parent, path, {"id", "type"}, "a parent action"));
    if (!parent["id"].is_string()) return misplaced("a parent action needs an id", path);
    DeclaredAction::Parent read{{}, parent["id"].as_string(), {{}, path}};
    if (const Json* type = parent.find("type"); type != nullptr && !type->is_null()) {
      TRY(const DeclaredName name, read_name(*type, path, "type of an action"));
      read.type = name.text;
    }
    out.parents.push_back(std::move(read));
  }
  return {};
}

Result<DeclaredAction> read_action(const Json& json, const std::string& path) {
  TRY_STATUS(only(json, path, {"appliesTo", "memberOf", "attributes", "annotations"}, "an action"));
  DeclaredAction out;
  out.at.path = path;
  TRY(out.annotations, read_annotations(json, path));
  if (const Json& attributes = json["attributes"]; !attributes.is_null())
    return misplaced("action declared with attributes", path, "actions have no attributes; leave them out");
  TRY_STATUS(read_parents(json["memberOf"], below(path, "memberOf"), out));
  const Json& applies = json["appliesTo"];
  if (applies.is_null()) return out;
  const std::string here = below(path, "appliesTo");
  TRY_STATUS(only(applies, here, {"principalTypes", "resourceTypes", "context"}, "appliesTo"));
  for (const std::string_view needed : {"principalTypes", "resourceTypes"})
    if (!applies[needed].is_array())
      return misplaced(fmt::format("appliesTo needs the array `{}`", needed), here);
  TRY(out.principals, read_names(applies["principalTypes"], below(here, "principalTypes")));
  TRY(out.resources, read_names(applies["resourceTypes"], below(here, "resourceTypes")));
  TRY(out.context, read_optional(applies, "context", here));
  return out;
}

Result<DeclaredEntity> read_entity(const Json& json, const std::string& path) {
  TRY_STATUS(only(json, path, {"memberOfTypes", "shape", "tags", "enum", "annotations"}, "an entity type"));
  DeclaredEntity out;
  out.at.path = path;
  TRY(out.annotations, read_annotations(json, path));
  if (const Json* choices = json.find("enum")) {
    if (json.has("memberOfTypes") || json.has("shape") || json.has("tags"))
      return misplaced("an enumerated entity type has neither `memberOfTypes` nor `shape` nor `tags`", path);
    if (!choices->is_array() || choices->as_array().empty())
      return misplaced("`enum` must be an array of at least one id", below(path, "enum"));
    for (const auto& choice : choices->as_array()) {
      if (!choice.is_string()) return misplaced("an id must be a string", below(path, "enum"));
      out.choices.push_back(choice.as_string());
    }
    return out;
  }
  TRY(out.member_of, read_names(json["memberOfTypes"], below(path, "memberOfTypes")));
  TRY(out.shape, read_optional(json, "shape", path));
  if (json.has("tags")) {
    TRY(out.tags, read_type(json["tags"], below(path, "tags"), false));
  }
  return out;
}

Result<DeclaredCommon> read_common(const Json& json, const std::string& path) {
  DeclaredCommon out;
  out.at.path = path;
  TRY(out.annotations, read_annotations(json, path));
  Json type = json;
  type.erase("annotations");
  TRY(out.type, read_type(type, path, false));
  return out;
}

Status check_declared(std::string_view name, const std::string& path) {
  if (!is_identifier(name) || (is_reserved(name) && name != "__cedar"))
    return misplaced(fmt::format("`{}` is no identifier", printable(name, 60)), path);
  if (name == "__cedar") return misplaced("use of the reserved `__cedar` namespace", path, "rename it");
  return {};
}

// Reads each member of the object `member` of a namespace, which must be there unless it is optional.
template <class T, class Read>
Status read_all(const Json& space, std::string_view member, const std::string& path, bool identifiers,
                std::map<std::string, T>& out, Read read) {
  const Json* json = space.find(member);
  const std::string here = below(path, member);
  if (json == nullptr) {
    if (member == "commonTypes") return {};
    return misplaced(fmt::format("a namespace needs the member `{}`", member), path);
  }
  if (!json->is_object()) return misplaced(fmt::format("`{}` must be an object", member), here);
  if (json->as_object().size() > limits::kCedarDeclarationsMax)
    return fail(ErrorCode::limit, fmt::format("more than {} declarations", limits::kCedarDeclarationsMax),
                here, "split the schema");
  for (const auto& [name, value] : json->as_object()) {
    const std::string at = below(here, name);
    if (identifiers) TRY_STATUS(check_declared(name, at));
    if (member == "commonTypes" && is_schema_keyword(name))
      return misplaced(fmt::format("this uses a reserved schema keyword: `{}`", name), at, "rename the type");
    TRY(T declared, read(value, at));
    out.emplace(name, std::move(declared));
  }
  return {};
}

Result<DeclaredNamespace> read_namespace(const Json& json, const std::string& path) {
  TRY_STATUS(only(json, path, {"commonTypes", "entityTypes", "actions", "annotations"}, "a namespace"));
  DeclaredNamespace out;
  TRY(out.annotations, read_annotations(json, path));
  TRY_STATUS(read_all(json, "commonTypes", path, true, out.common, read_common));
  TRY_STATUS(read_all(json, "entityTypes", path, true, out.entities, read_entity));
  TRY_STATUS(read_all(json, "actions", path, false, out.actions, read_action));
  return out;
}

}  // namespace

Result<SchemaDeclarations> read_schema_json(const Json& schema) {
  if (!schema.is_object()) return misplaced("a schema must be an object of namespaces", "");
  if (schema.has("entityTypes") && schema.has("actions"))
    return misplaced(
        "a JSON schema must name its namespaces", "",
        "for declarations without namespace write {\"\": {\"entityTypes\": .., \"actions\": ..}}");
  SchemaDeclarations out;
  std::size_t declarations = 0;
  for (const auto& [space, json] : schema.as_object()) {
    if (!space.empty() && !is_type_path(space))
      return misplaced(fmt::format("`{}` is no name of a namespace", printable(space, 80)), "",
                       "a namespace is a path of identifiers without `__cedar`");
    TRY(DeclaredNamespace read, read_namespace(json, printable(space.empty() ? "\"\"" : space, 80)));
    declarations += read.common.size() + read.entities.size() + read.actions.size();
    if (declarations > limits::kCedarDeclarationsMax)
      return fail(ErrorCode::limit, fmt::format("more than {} declarations", limits::kCedarDeclarationsMax),
                  {}, "split the schema");
    out.emplace(space, std::move(read));
  }
  return out;
}

}  // namespace weir::cedar
