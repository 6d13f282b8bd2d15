// A schema as text and as JSON, from its declarations as they were written.
#include <fmt/format.h>

#include "cedar/schema_declarations.h"
#include "cedar/text.h"

namespace weir::cedar {
namespace {

using Kind = DeclaredType::Kind;

bool is_empty_record(const DeclaredType& type) {
  return type.kind == Kind::record && type.attributes.empty();
}

std::string indentation(std::size_t depth) {
  return std::string(depth * 2, ' ');
}

// --- text ---

std::string annotations_text(const SchemaAnnotations& annotations, std::size_t depth) {
  std::string out;
  for (const auto& [name, value] : annotations)
    out +=
        fmt::format("{}@{}{}\n", indentation(depth), name, value ? fmt::format("({})", quoted(*value)) : "");
  return out;
}

std::string attribute_name(const std::string& name) {
  return is_identifier(name) && !is_reserved(name) ? name : quoted(name);
}

std::string type_text(const DeclaredType& type, std::size_t depth) {
  switch (type.kind) {
    case Kind::name:
    case Kind::common:
    case Kind::entity:
      return type.name.text;
    case Kind::extension:
      return "__cedar::" + type.name.text;
    case Kind::boolean:
      return "__cedar::Bool";
    case Kind::integer:
      return "__cedar::Long";
    case Kind::string:
      return "__cedar::String";
    case Kind::set:
      return fmt::format("Set<{}>", type_text(type.element.front(), depth));
    case Kind::record:
      break;
  }
  if (type.attributes.empty()) return "{}";
  std::string out = "{\n";
  for (const auto& [name, attribute] : type.attributes)
    out += fmt::format("{}{}{}{}: {},\n", annotations_text(attribute.annotations, depth + 1),
                       indentation(depth + 1), attribute_name(name), attribute.required ? "" : "?",
                       type_text(attribute.type, depth + 1));
  return out + indentation(depth) + "}";
}

std::string names_text(const std::vector<DeclaredName>& names) {
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : ", ") + name.text;
  return fmt::format("[{}]", out);
}

std::string entity_text(const DeclaredEntity& entity, std::size_t depth) {
  if (!entity.choices.empty()) {
    std::string list;
    for (const auto& choice : entity.choices)
      list += (list.empty() ? "" : ", ") + quoted(choice);
    return fmt::format(" enum [{}]", list);
  }
  std::string out;
  if (!entity.member_of.empty()) out += " in " + names_text(entity.member_of);
  if (!is_empty_record(entity.shape)) out += " = " + type_text(entity.shape, depth);
  if (entity.tags) out += " tags " + type_text(*entity.tags, depth);
  return out;
}

std::string action_text(const DeclaredAction& action, std::size_t depth) {
  std::string out;
  for (const auto& parent : action.parents) {
    out += out.empty() ? " in [" : ", ";
    out += parent.type.empty() ? quoted(parent.id) : fmt::format("{}::{}", parent.type, quoted(parent.id));
  }
  if (!out.empty()) out += "]";
  // With one of the lists empty it applies to nothing, which is what no appliesTo says.
  if (action.principals.empty() || action.resources.empty()) return out;
  const std::string in = indentation(depth + 1);
  out += fmt::format(" appliesTo {{\n{0}principal: {1},\n{0}resource: {2},\n{0}context: {3},\n{4}}}", in,
                     names_text(action.principals), names_text(action.resources),
                     type_text(action.context, depth + 1), indentation(depth));
  return out;
}

std::string declarations_text(const DeclaredNamespace& names, std::size_t depth) {
  std::string out;
  const std::string in = indentation(depth);
  const auto add = [&](const SchemaAnnotations& annotations, const std::string& text) {
    out +=
        fmt::format("{}{}{}{};\n", out.empty() ? "" : "\n", annotations_text(annotations, depth), in, text);
  };
  for (const auto& [name, common] : names.common)
    add(common.annotations, fmt::format("type {} = {}", name, type_text(common.type, depth)));
  for (const auto& [name, entity] : names.entities)
    add(entity.annotations, fmt::format("entity {}{}", name, entity_text(entity, depth)));
  for (const auto& [id, action] : names.actions)
    add(action.annotations, fmt::format("action {}{}", quoted(id), action_text(action, depth)));
  return out;
}

// --- JSON ---

void add_annotations(const SchemaAnnotations& annotations, Json& out) {
  if (annotations.empty()) return;
  Json::Object members;
  for (const auto& [name, value] : annotations)
    members.emplace_back(name, value.value_or(""));
  out.set("annotations", Json(std::move(members)));
}

Json type_json(const DeclaredType& type) {
  const auto named = [&](const char* kind) {
    return Json::object({{"type", kind}, {"name", type.name.text}});
  };
  switch (type.kind) {
    case Kind::name:
      return named("EntityOrCommon");
    case Kind::common:
      return Json::object({{"type", type.name.text}});
    case Kind::entity:
      return named("Entity");
    case Kind::extension:
      return named("Extension");
    case Kind::boolean:
      return Json::object({{"type", "Boolean"}});
    case Kind::integer:
      return Json::object({{"type", "Long"}});
    case Kind::string:
      return Json::object({{"type", "String"}});
    case Kind::set:
      return Json::object({{"type", "Set"}, {"element", type_json(type.element.front())}});
    case Kind::record:
      break;
  }
  Json::Object attributes;
  for (const auto& [name, attribute] : type.attributes) {
    Json json = type_json(attribute.type);
    if (!attribute.required) json.set("required", false);
    add_annotations(attribute.annotations, json);
    attributes.emplace_back(name, std::move(json));
  }
  return Json::object({{"type", "Record"}, {"attributes", Json(std::move(attributes))}});
}

Json names_json(const std::vector<DeclaredName>& names) {
  Json::Array out;
  for (const auto& name : names)
    out.emplace_back(name.text);
  return Json(std::move(out));
}

Json entity_json(const DeclaredEntity& entity) {
  Json out{Json::Object{}};
  if (!entity.choices.empty()) {
    out.set("enum", Json::strings(entity.choices));
  } else {
    if (!entity.member_of.empty()) out.set("memberOfTypes", names_json(entity.member_of));
    if (!is_empty_record(entity.shape)) out.set("shape", type_json(entity.shape));
    if (entity.tags) out.set("tags", type_json(*entity.tags));
  }
  add_annotations(entity.annotations, out);
  return out;
}

Json action_json(const DeclaredAction& action) {
  Json out{Json::Object{}};
  Json applies = Json::object(
      {{"resourceTypes", names_json(action.resources)}, {"principalTypes", names_json(action.principals)}});
  if (!is_empty_record(action.context)) applies.set("context", type_json(action.context));
  out.set("appliesTo", std::move(applies));
  if (!action.parents.empty()) {
    Json::Array parents;
    for (const auto& parent : action.parents) {
      Json json = Json::object({{"id", parent.id}});
      if (!parent.type.empty()) json.set("type", parent.type);
      parents.push_back(std::move(json));
    }
    out.set("memberOf", Json(std::move(parents)));
  }
  add_annotations(action.annotations, out);
  return out;
}

template <class T, class Write>
Json all_json(const std::map<std::string, T>& declared, Write write) {
  Json::Object out;
  for (const auto& [name, each] : declared)
    out.emplace_back(name, write(each));
  return Json(std::move(out));
}

}  // namespace

Result<std::string> schema_text(const SchemaDeclarations& declared) {
  std::string out;
  for (const auto& [space, names] : declared) {
    for (const auto& [name, entity] : names.entities) {
      if (names.common.contains(name))
        return fail("an entity type and a common type have one name", qualified(space, name),
                    "rename one of them; the syntax cannot tell references to them apart");
      if (entity.shape.kind != Kind::record)
        return fail("the shape of an entity type is a common type", qualified(space, name),
                    "write the record where the entity type is declared; the syntax has no other way");
    }
    if (!out.empty()) out += "\n";
    if (space.empty())
      out += declarations_text(names, 0);
    else
      out += fmt::format("{}namespace {} {{\n{}}}\n", annotations_text(names.annotations, 0), space,
                         declarations_text(names, 1));
  }
  return out;
}

Json schema_json(const SchemaDeclarations& declared) {
  Json::Object out;
  for (const auto& [space, names] : declared) {
    Json json{Json::Object{}};
    if (!names.common.empty())
      json.set("commonTypes", all_json(names.common, [](const DeclaredCommon& common) {
                 Json type = type_json(common.type);
                 add_annotations(common.annotations, type);
                 return type;
               }));
    json.set("entityTypes", all_json(names.entities, entity_json));
    json.set("actions", all_json(names.actions, action_json));
    add_annotations(names.annotations, json);
    out.emplace_back(space, std::move(json));
  }
  return Json(std::move(out));
}

}  // namespace weir::cedar
