#include "cedar/schema.h"

#include <set>

#include "cedar/schema_declarations.h"

namespace weir::cedar {

namespace {

Error in_text(SchemaError error, std::string_view text, std::string_view name) {
  return ParseError{error.code, std::move(error.what), std::move(error.hint), error.at.span}.in(text, name);
}

}  // namespace

const SchemaType* SchemaType::attribute(std::string_view wanted) const {
  for (const auto& attribute : attributes)
    if (attribute.name == wanted) return attribute.type.get();
  return nullptr;
}

Result<Schema> Schema::parse(std::string_view text, std::string_view name) {
  auto declared = parse_schema_text(text);
  if (!declared) return std::unexpected(declared.error().in(text, name));
  auto schema = resolve(*declared);
  if (!schema) return std::unexpected(in_text(std::move(schema.error()), text, name));
  return *std::move(schema);
}

Result<Schema> Schema::from_json(const Json& schema) {
  TRY(const SchemaDeclarations declared, read_schema_json(schema));
  auto resolved = resolve(declared);
  if (resolved) return *std::move(resolved);
  SchemaError& error = resolved.error();
  return fail(error.code, std::move(error.what), std::move(error.at.path), std::move(error.hint));
}

Result<Json> schema_text_to_json(std::string_view text, std::string_view name, bool resolved) {
  auto declared = parse_schema_text(text);
  if (!declared) return std::unexpected(declared.error().in(text, name));
  if (!resolved) return schema_json(*declared);
  auto named = resolve_names(*declared);
  if (!named) return std::unexpected(in_text(std::move(named.error()), text, name));
  return schema_json(*named);
}

Result<std::string> schema_json_to_text(const Json& schema) {
  TRY(const SchemaDeclarations declared, read_schema_json(schema));
  return schema_text(declared);
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
