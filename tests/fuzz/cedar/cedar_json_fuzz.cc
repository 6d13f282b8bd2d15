// Entity, context and request JSON from anyone, and whole rows of `weir cedar authorize`. The first byte
// chooses: 's' reads a schema, 'r' a row, anything else entities with and without a schema.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cedar/authorize_row.h"
#include "cedar/entity_json.h"

using namespace weir;
using namespace weir::cedar;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 's') {
    (void)Schema::parse(text, "fuzz");
    if (const auto json = parse_json(text)) (void)Schema::from_json(*json);
    return 0;
  }
  if (data[0] == 'r') {
    const Json answer = authorize_line(text);
    if (answer.has("error") == answer.has("responses")) std::abort();
    return 0;
  }
  static const Schema kSchema = *Schema::parse(
      "entity User in [Group] { ip: ipaddr, friend: User, seen: Set<datetime>, r: { d: decimal } } tags "
      "duration; entity Group; action read appliesTo { principal: User, resource: User, context: { a: ipaddr "
      "} "
      "};");
  const auto json = parse_json(text);
  if (!json) return 0;
  for (const Schema* schema : {static_cast<const Schema*>(nullptr), &kSchema}) {
    if (const auto entities = read_entities(*json, schema))
      for (const auto& entity : entities->all()) {
        if (!entities->is_in(entity.uid, entity.uid)) std::abort();
        for (const auto* ancestor : entities->ancestors(entity.uid))
          if (*ancestor == entity.uid) std::abort();  // the hierarchy has no cycle
      }
    (void)read_request(*json, schema);
  }
  return 0;
}
