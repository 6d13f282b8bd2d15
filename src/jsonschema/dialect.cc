#include "jsonschema/dialect.h"

namespace weir::jsonschema {
namespace {

constexpr std::string_view kOne[] = {"additionalProperties",
                                     "additionalItems",
                                     "items",
                                     "contains",
                                     "propertyNames",
                                     "not",
                                     "if",
                                     "then",
                                     "else",
                                     "unevaluatedItems",
                                     "unevaluatedProperties",
                                     "contentSchema"};
constexpr std::string_view kLists[] = {"allOf", "anyOf", "oneOf", "prefixItems", "items"};
constexpr std::string_view kMaps[] = {"properties",  "patternProperties", "$defs",
                                      "definitions", "dependentSchemas",  "dependencies"};

bool is_schema(const Json& value) {
  return value.is_object() || value.is_bool();
}

}  // namespace

Result<Draft> draft_of(const Json& schema, Draft inherited) {
  const Json* said = schema.find("$schema");
  if (said == nullptr) return inherited;
  std::string_view uri = said->text_or("");
  if (uri.ends_with('#')) uri.remove_suffix(1);
  if (uri == "https://json-schema.org/draft/2020-12/schema") return Draft::draft2020;
  if (uri == "https://json-schema.org/draft/2019-09/schema") return Draft::draft2019;
  for (const auto old : {"draft-07", "draft-06"})
    for (const auto scheme : {"http", "https"})
      if (uri == std::string(scheme) + "://json-schema.org/" + old + "/schema") return Draft::draft7;
  return fail(ErrorCode::denied, "names a draft of JSON Schema that Weir does not know", "$schema",
              "2020-12, 2019-09, draft-07 and draft-06 are known");
}

void for_each_subschema(const Json& schema, const std::function<void(const Json&)>& visit) {
  if (!schema.is_object()) return;
  for (const auto keyword : kOne)
    if (const Json* found = schema.find(keyword); found != nullptr && is_schema(*found)) visit(*found);
  for (const auto keyword : kLists) {
    const Json& list = schema[keyword];
    if (!list.is_array()) continue;
    for (const auto& item : list.as_array())
      if (is_schema(item)) visit(item);
  }
  for (const auto keyword : kMaps) {
    const Json& map = schema[keyword];
    if (!map.is_object()) continue;
    for (const auto& [name, item] : map.as_object())
      if (is_schema(item)) visit(item);
  }
}

}  // namespace weir::jsonschema
