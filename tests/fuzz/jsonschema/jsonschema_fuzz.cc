// A schema and a value from anyone, a line each: compiling and checking end, and say the same twice.
#include <cstdint>

#include "jsonschema/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto document = parse_json(text.substr(0, line));
  const auto value = parse_json(text.substr(line + 1));
  if (!document || !value) return 0;
  const auto schema = jsonschema::Schema::compile(*document);
  if (!schema) return 0;
  const auto violations = schema->check(*value);
  const auto again = schema->check(*value);
  CHECK(violations.has_value() == again.has_value());
  if (!violations) return 0;
  CHECK(violations->size() == again->size() && violations->size() <= jsonschema::kViolationsMax);
  // What fits a schema does not fit its opposite.
  const auto draft = (*document)["$schema"];
  Json opposite = Json::object({{"not", Json::object({{"$ref", "#/$defs/it"}})}});
  opposite.set("$defs", Json::object({{"it", *document}}));
  if (!draft.is_null()) opposite.set("$schema", draft);
  if (document->has("$id") || canonical(*document).find("ef\":") != std::string::npos) return 0;
  const auto turned = jsonschema::Schema::compile(opposite);
  if (!turned) return 0;
  if (const auto other = turned->check(*value)) CHECK(other->empty() != violations->empty());
  return 0;
}
