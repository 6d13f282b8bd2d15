// Schemas from anyone, and policies checked against them. The first byte chooses: 'j' reads a JSON schema,
// 'v' a schema and policies after a NUL byte, anything else a schema as text, which must survive the way to
// JSON and back.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cedar/validate.h"

using namespace weir;
using namespace weir::cedar;

namespace {

void check_round_trip(const Json& json) {
  const auto text = schema_json_to_text(json);
  if (!text) return;
  const auto back = schema_text_to_json(*text);
  if (!back) std::abort();
  const auto again = schema_json_to_text(*back);
  if (!again || *again != *text) std::abort();
}

void check_policies(std::string_view text) {
  const auto split = text.find('\0');
  if (split == std::string_view::npos) return;
  const auto schema = Schema::parse(text.substr(0, split));
  const auto policies = PolicySet::parse(text.substr(split + 1));
  if (!schema || !policies || schema->environments().size() > 20) return;
  const ValidationResult result = validate(*policies, *schema, {2});
  for (const auto& error : result.errors)
    if (policies->find(error.policy) == nullptr || error.span.begin > error.span.end) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'v') {
    check_policies(text);
  } else if (data[0] == 'j') {
    const auto json = parse_json(text);
    if (!json) return 0;
    if (Schema::from_json(*json)) check_round_trip(*json);
  } else {
    const bool good = Schema::parse(text, "fuzz").has_value();
    const auto json = schema_text_to_json(text);
    if (good && (!json || !Schema::from_json(*json))) std::abort();
    if (json) check_round_trip(*json);
  }
  return 0;
}
