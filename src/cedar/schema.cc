#include "cedar/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/schema_declarations.h"

namespace weir::cedar {

std::string qualified(const std::string& space, std::string_view name) {
  return space.empty() ? std::string(name) : fmt::format("{}::{}", space, name);
}

// Turns names into types. Within a namespace a name means, in this order: a common type or an entity type of
// the namespace, one without namespace, a primitive or extension type. `__cedar::` always means the last.
class SchemaResolver {
 public:
  explicit SchemaResolver(const SchemaDeclarations& declared) : declared_(declared) {}

  Result<Schema> run() {
    Schema out;
    for (const auto& [name, entity] : declared_.entities) {
      EntityDeclaration resolved;
      TRY(resolved.attributes, type(entity.attributes, entity.space, 0));
      if (entity.tags) {
        TRY(resolved.tags, type(*entity.tags, entity.space, 0));
      }
      for (const auto& parent : entity.member_of) {
        TRY(std::string parent_name, entity_name(parent, entity.space));
        resolved.member_of.push_back(std::move(parent_name));
      }
      resolved.choices = entity.choices;
      out.entity_types_.emplace(name, std::move(resolved));
    }
    for (const auto& [uid, action] : declared_.actions) {
      ActionDeclaration resolved;
      TRY(resolved.context, type(action.context, action.space, 0));
      for (const auto& parent : action.parents)
        resolved.parents.push_back(parent_of(parent, action.space));
      for (const auto& principal : action.principals) {
        TRY(std::string type_name, entity_name(principal, action.space));
        resolved.principals.push_back(std::move(type_name));
      }
      for (const auto& resource : action.resources) {
        TRY(std::string type_name, entity_name(resource, action.space));
        resolved.resources.push_back(std::move(type_name));
      }
      out.actions_.emplace(uid, std::move(resolved));
    }
    return out;
  }

 private:
  using Kind = SchemaType::Kind;

  EntityUid parent_of(const DeclaredAction::Parent& parent, const std::string& space) const {
    EntityUid local(qualified(space, "Action"), parent.id);
    if (parent.type.empty()) return local;
    if (parent.type == "Action" && declared_.actions.contains(local)) return local;
    return EntityUid(parent.type, parent.id);
  }

  Result<SchemaTypePtr> type(const DeclaredType& declared, const std::string& space, std::size_t depth) {
    if (depth > limits::kCedarDepthMax)
      return fail(ErrorCode::limit,
                  fmt::format("types are nested deeper than {} levels", limits::kCedarDepthMax), {},
                  "flatten the types");
    SchemaType out;
    switch (declared.kind) {
      case DeclaredType::Kind::name:
        return named(declared.name, space, depth);
      case DeclaredType::Kind::entity:
        return entity(declared.name, space);
      case DeclaredType::Kind::set: {
        out.kind = Kind::set;
        TRY(out.element, type(declared.element.front(), space, depth + 1));
        break;
      }
      case DeclaredType::Kind::record:
        for (const auto& attribute : declared.attributes) {
          TRY(SchemaTypePtr resolved, type(attribute.type, space, depth + 1));
          out.attributes.push_back({attribute.name, std::move(resolved), attribute.required});
        }
        std::sort(out.attributes.begin(), out.attributes.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
    }
    return std::make_shared<const SchemaType>(std::move(out));
  }

  Result<SchemaTypePtr> named(const std::string& name, const std::string& space, std::size_t depth) {
    constexpr std::string_view kBuiltIn = "__cedar::";
    if (name.starts_with(kBuiltIn)) return built_in(name.substr(kBuiltIn.size()));
    const bool plain = name.find("::") == std::string::npos;
    for (const auto& candidate : {plain ? qualified(space, name) : name, name}) {
      if (declared_.common.contains(candidate)) return common(candidate, depth);
      if (declared_.entities.contains(candidate)) return entity_type(candidate);
    }
    return built_in(name);
  }

  Result<SchemaTypePtr> entity(const std::string& name, const std::string& space) {
    TRY(const std::string resolved, entity_name(name, space));
    return entity_type(resolved);
  }

  Result<std::string> entity_name(const std::string& name, const std::string& space) const {
    const std::string local = qualified(space, name);
    const bool plain = name.find("::") == std::string::npos;
    return plain && declared_.entities.contains(local) ? local : name;
  }

  Result<SchemaTypePtr> common(const std::string& name, std::size_t depth) {
    if (const auto at = resolved_.find(name); at != resolved_.end()) return at->second;
    if (!open_.insert(name).second)
      return fail("a common type contains itself", printable(name, 100), "break the cycle");
    const DeclaredCommon& declared = declared_.common.at(name);
    TRY(SchemaTypePtr out, type(declared.type, declared.space, depth + 1));
    open_.erase(name);
    resolved_.emplace(name, out);
    return out;
  }

  static SchemaTypePtr entity_type(const std::string& name) {
    SchemaType out;
    out.kind = Kind::entity;
    out.name = name;
    return std::make_shared<const SchemaType>(std::move(out));
  }

  static Result<SchemaTypePtr> built_in(const std::string& name) {
    SchemaType out;
    out.name = name;
    if (name == "Long")
      out.kind = Kind::integer;
    else if (name == "String")
      out.kind = Kind::string;
    else if (name == "Bool" || name == "Boolean")
      out.kind = Kind::boolean;
    else if (name == "decimal" || name == "ipaddr" || name == "datetime" || name == "duration")
      out.kind = Kind::extension;
    else
      return fail(fmt::format("the type {} is not declared", printable(name, 100)), {},
                  "declare it with `entity` or `type`, or mend its name");
    return std::make_shared<const SchemaType>(std::move(out));
  }

  const SchemaDeclarations& declared_;
  std::map<std::string, SchemaTypePtr> resolved_;
  std::set<std::string> open_;
};

const SchemaType* SchemaType::attribute(std::string_view wanted) const {
  for (const auto& attribute : attributes)
    if (attribute.name == wanted) return attribute.type.get();
  return nullptr;
}

Result<Schema> Schema::parse(std::string_view text, std::string_view name) {
  auto declared = parse_schema_text(text);
  if (!declared) return std::unexpected(declared.error().in(text, name));
  return SchemaResolver(*declared).run();
}

Result<Schema> Schema::from_json(const Json& schema) {
  TRY(const SchemaDeclarations declared, read_schema_json(schema));
  return SchemaResolver(declared).run();
}

const EntityDeclaration* Schema::entity_type(std::string_view type) const {
  const auto at = entity_types_.find(type);
  return at == entity_types_.end() ? nullptr : &at->second;
}

const ActionDeclaration* Schema::action(const EntityUid& uid) const {
  const auto at = actions_.find(uid);
  return at == actions_.end() ? nullptr : &at->second;
}

std::vector<RequestEnvironment> Schema::environments() const {
  std::vector<RequestEnvironment> out;
  for (const auto& [uid, action] : actions_) {
    const std::set<std::string> principals(action.principals.begin(), action.principals.end());
    const std::set<std::string> resources(action.resources.begin(), action.resources.end());
    for (const auto& principal : principals)
      for (const auto& resource : resources)
        out.push_back({principal, uid, resource});
  }
  return out;
}

bool Schema::type_may_be_in(std::string_view type, std::string_view ancestor) const {
  std::set<std::string_view> seen;
  std::vector<std::string_view> open{type};
  while (!open.empty()) {
    const std::string_view next = open.back();
    open.pop_back();
    if (next == ancestor) return true;
    const EntityDeclaration* declared = seen.insert(next).second ? entity_type(next) : nullptr;
    if (declared != nullptr) open.insert(open.end(), declared->member_of.begin(), declared->member_of.end());
  }
  return false;
}

bool Schema::action_is_in(const EntityUid& action_uid, const EntityUid& ancestor) const {
  std::set<EntityUid> seen;
  std::vector<EntityUid> open{action_uid};
  while (!open.empty()) {
    const EntityUid next = open.back();
    open.pop_back();
    if (next == ancestor) return true;
    const ActionDeclaration* declared = seen.insert(next).second ? action(next) : nullptr;
    if (declared != nullptr) open.insert(open.end(), declared->parents.begin(), declared->parents.end());
  }
  return false;
}

}  // namespace weir::cedar
