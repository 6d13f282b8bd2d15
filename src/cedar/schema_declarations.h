// A schema as written, before names are resolved: what both its forms are read into and written from.
// Internal to the room.
//
//   parse_schema_text() ─┐                         ┌─> resolve() -> Schema
//                        ├─> SchemaDeclarations ───┼─> schema_text()
//   read_schema_json() ──┘                         └─> schema_json()
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cedar/schema.h"
#include "cedar/source.h"

namespace weir::cedar {

// Where something was written: a span in a text, or a path in a JSON document.
struct DeclaredAt {
  Span span;
  std::string path;
};

struct DeclaredName {
  std::string text;
  DeclaredAt at;
};

struct DeclaredType {
  enum class Kind : std::uint8_t {
    name,       // of a common type or an entity type, in that order
    common,     // of a common type for certain (context, and JSON)
    entity,     // of an entity type for certain (JSON)
    extension,  // of an extension type for certain (JSON)
    boolean,
    integer,
    string,
    set,     // element
    record,  // attributes
  };
  struct Attribute;

  Kind kind = Kind::record;
  DeclaredName name;
  std::vector<DeclaredType> element;            // one
  std::map<std::string, Attribute> attributes;  // of two with one name the later counts, as in Cedar
};

// `@name` or `@name("value")`, by name.
using SchemaAnnotations = std::map<std::string, std::optional<std::string>>;

struct DeclaredType::Attribute {
  DeclaredType type;
  bool required = true;
  SchemaAnnotations annotations;
};

struct DeclaredEntity {
  SchemaAnnotations annotations;
  DeclaredAt at;
  std::vector<DeclaredName> member_of;
  DeclaredType shape;  // an empty record where none was written
  std::optional<DeclaredType> tags;
  std::vector<std::string> choices;  // not empty: an enumerated type, without all of the above
};

struct DeclaredAction {
  struct Parent {
    std::string type;  // "" for Action in the namespace
    std::string id;
    DeclaredAt at;
  };
  SchemaAnnotations annotations;
  DeclaredAt at;
  std::vector<Parent> parents;
  std::vector<DeclaredName> principals;
  std::vector<DeclaredName> resources;
  DeclaredType context;  // an empty record where none was written
};

struct DeclaredCommon {
  SchemaAnnotations annotations;
  DeclaredAt at;
  DeclaredType type;
};

struct DeclaredNamespace {
  SchemaAnnotations annotations;
  std::map<std::string, DeclaredCommon> common;
  std::map<std::string, DeclaredEntity> entities;
  std::map<std::string, DeclaredAction> actions;
};

// By namespace; "" for none.
using SchemaDeclarations = std::map<std::string, DeclaredNamespace>;

struct SchemaError {
  ErrorCode code = ErrorCode::invalid;
  std::string what;
  std::string hint;
  DeclaredAt at;
};

Parsed<SchemaDeclarations> parse_schema_text(std::string_view text);
Result<SchemaDeclarations> read_schema_json(const Json& schema);

std::string qualified(std::string_view space, std::string_view name);
// Bool Boolean Entity Extension Long Record Set String: no common type may be called so.
bool is_schema_keyword(std::string_view name);
// Whether a path contains the reserved `__cedar`.
bool is_reserved_path(std::string_view path);

// Every name found and every rule of Cedar's schemas checked.
std::expected<Schema, SchemaError> resolve(const SchemaDeclarations& declared);
// The same declarations with full names and `name` types told apart into `entity` and `common`.
std::expected<SchemaDeclarations, SchemaError> resolve_names(const SchemaDeclarations& declared);

// Both forms again. The text ends in a newline; declarations come sorted by kind and name.
Json schema_json(const SchemaDeclarations& declared);
Result<std::string> schema_text(const SchemaDeclarations& declared);

}  // namespace weir::cedar
