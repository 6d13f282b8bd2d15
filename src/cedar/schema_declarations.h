// A schema as written, before names are resolved: what both its forms are read into. Internal to the room.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cedar/schema.h"
#include "cedar/source.h"

namespace weir::cedar {

struct DeclaredType {
  enum class Kind : std::uint8_t {
    name,    // of a common type, an entity type, a primitive or an extension, in that order
    entity,  // of an entity type for certain (JSON form)
    set,     // element
    record,  // attributes
  };
  struct Attribute;

  Kind kind = Kind::record;
  std::string name;
  std::vector<DeclaredType> element;
  std::vector<Attribute> attributes;
};
struct DeclaredType::Attribute {
  std::string name;
  DeclaredType type;
  bool required = true;
};

struct DeclaredEntity {
  std::string space;  // the namespace, "" for none
  DeclaredType attributes;
  std::optional<DeclaredType> tags;
  std::vector<std::string> member_of;
  std::vector<std::string> choices;
};
struct DeclaredAction {
  struct Parent {
    std::string type;  // "" for the Action type of the namespace
    std::string id;
  };
  std::string space;
  DeclaredType context;
  std::vector<Parent> parents;
  std::vector<std::string> principals;
  std::vector<std::string> resources;
};
struct DeclaredCommon {
  std::string space;
  DeclaredType type;
};

// By full name: "Space::Name".
struct SchemaDeclarations {
  std::map<std::string, DeclaredCommon> common;
  std::map<std::string, DeclaredEntity> entities;
  std::map<EntityUid, DeclaredAction> actions;
};

std::string qualified(const std::string& space, std::string_view name);

Parsed<SchemaDeclarations> parse_schema_text(std::string_view text);
Result<SchemaDeclarations> read_schema_json(const Json& schema);

}  // namespace weir::cedar
