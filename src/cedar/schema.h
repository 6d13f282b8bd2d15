// What a schema declares, with every name resolved: entity types and their hierarchy, the types of
// attributes, tags and contexts, actions, their groups and what they apply to.
//
//   TRY(Schema schema, Schema::parse(text, "team.cedarschema"));
//   const EntityDeclaration* user = schema.entity_type("User");
//   for (const RequestEnvironment& environment : schema.environments()) ...
//
// Both forms of a schema are read, Cedar's own syntax and JSON. Reading JSON by a schema is in entity_json.h,
// checking policies against one in validate.h.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cedar/value.h"

namespace weir::cedar {

struct SchemaType;
// Shared, since many declarations may name one common type.
using SchemaTypePtr = std::shared_ptr<const SchemaType>;

struct SchemaType {
  enum class Kind : std::uint8_t { boolean, integer, string, entity, set, record, extension };
  struct Attribute {
    std::string name;
    SchemaTypePtr type;
    bool required = true;
  };

  Kind kind = Kind::record;
  std::string name;                   // entity: its type; extension: decimal, ipaddr, datetime or duration
  SchemaTypePtr element;              // set
  std::vector<Attribute> attributes;  // record; sorted by name
  std::optional<bool> known;  // boolean: the only value it has; never set in a schema, see typecheck.h

  const SchemaType* attribute(std::string_view wanted) const;  // nullptr when absent or no record
};

struct EntityDeclaration {
  SchemaTypePtr attributes;            // a record
  SchemaTypePtr tags;                  // null when the type has no tags
  std::vector<std::string> member_of;  // the types of possible parents, as listed; only direct ones
  std::vector<std::string> choices;    // the ids of an enumerated type; empty: an ordinary type
};

struct ActionDeclaration {
  SchemaTypePtr context;                // a record
  std::vector<EntityUid> parents;       // the groups it is a direct member of
  std::vector<std::string> principals;  // entity types, in the order listed; none: it applies to nothing
  std::vector<std::string> resources;
};

// One shape of request that a schema allows. Policies are checked and analysed for each of them.
struct RequestEnvironment {
  std::string principal;  // an entity type
  EntityUid action;
  std::string resource;  // an entity type
  auto operator<=>(const RequestEnvironment&) const = default;
};

class Schema {
 public:
  // Errors: syntax, at "name:line:column"; a type that is not declared; a common type that contains itself;
  // limits.
  static Result<Schema> parse(std::string_view text, std::string_view name = {});
  static Result<Schema> from_json(const Json& schema);

  const EntityDeclaration* entity_type(std::string_view type) const;  // nullptr when not declared
  const ActionDeclaration* action(const EntityUid& uid) const;
  const std::map<std::string, EntityDeclaration, std::less<>>& entity_types() const { return entity_types_; }
  const std::map<EntityUid, ActionDeclaration>& actions() const { return actions_; }

  // Every shape of request, sorted by action, principal and resource; each once.
  std::vector<RequestEnvironment> environments() const;
  // Whether an entity of `type` can be in one of `ancestor`: the same type, or memberOf over any number of
  // steps.
  bool type_may_be_in(std::string_view type, std::string_view ancestor) const;
  // Whether an action is `ancestor` or in it, over any number of groups.
  bool action_is_in(const EntityUid& action, const EntityUid& ancestor) const;

 private:
  friend class SchemaResolver;
  std::map<std::string, EntityDeclaration, std::less<>> entity_types_;
  std::map<EntityUid, ActionDeclaration> actions_;
};

// From one form to the other, with names as they were written, or `resolved`: in full, and told apart into
// entity and common types (which needs a schema without mistakes; otherwise names need not be declared).
// Errors of schema_json_to_text(): what the syntax cannot say, such as an entity type and a common type of
// one name.
Result<Json> schema_text_to_json(std::string_view text, std::string_view name = {}, bool resolved = false);
Result<std::string> schema_json_to_text(const Json& schema);

}  // namespace weir::cedar
