// Apart from json.cc, so that a program that only writes JSON does not load a parser.
#include "base/json.h"
#include "base/json_view.h"

namespace weir {

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  JsonDocument document;
  TRY(const JsonView view, document.parse(text, limits));
  return view.to_json();
}

}  // namespace weir
