// What a schema declares, as far as reading JSON needs it: the types of attributes, tags and contexts, and
// the groups of actions. Entity and context JSON may leave the __entity and __extn escapes out where the
// schema says what a value is ("schema-based parsing" in docs.cedarpolicy.com).
//
//   TRY(Schema schema, Schema::parse(text, "team.cedarschema"));
//   const EntityDeclaration* user = schema.entity_type("User");
//
// Both forms of a schema are read, Cedar's own syntax and JSON. Nothing is validated against it here.
#pragma once

#include <map>
#include <memory>
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
  std::vector<Attribute> attributes;  // record

  const SchemaType* attribute(std::string_view wanted) const;  // nullptr when absent or no record
};

struct EntityDeclaration {
  SchemaTypePtr attributes;  // a record
  SchemaTypePtr tags;        // null when the type has no tags
};

struct ActionDeclaration {
  SchemaTypePtr context;  // a record
  std::vector<EntityUid> parents;
};

class Schema {
 public:
  // Errors: syntax, at "name:line:column"; a type that is not declared; a common type that contains itself;
  // limits.
  static Result<Schema> parse(std::string_view text, std::string_view name = {});
  static Result<Schema> from_json(const Json& schema);

  const EntityDeclaration* entity_type(std::string_view type) const;  // nullptr when not declared
  const ActionDeclaration* action(const EntityUid& uid) const;
  const std::map<EntityUid, ActionDeclaration>& actions() const { return actions_; }

 private:
  friend class SchemaResolver;
  std::map<std::string, EntityDeclaration, std::less<>> entity_types_;
  std::map<EntityUid, ActionDeclaration> actions_;
};

}  // namespace weir::cedar
