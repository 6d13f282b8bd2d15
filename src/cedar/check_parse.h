// All mistakes of policies, schemas, expressions and entities as far as their syntax goes; what
// `weir cedar check-parse` prints.
//
//   for (const Mistake& mistake : check_policies(text, "team.cedar")) show(mistake.picture);
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cedar/source.h"

namespace weir::cedar {

struct Mistake {
  Error error;               // `where` names the input and the place in it
  std::optional<Span> span;  // where the input is Cedar text
  Position position;         // of the span
  std::string picture;       // see diagnostic.h; one line where there is no text to show
};

// {"what", "where", "hint", "span"?: {"begin", "end", "line", "column"}}
Json mistake_json(const Mistake& mistake);

// Policies and templates as text: every mistake (parser.h says how far), then two policies with one id.
std::vector<Mistake> check_policies(std::string_view text, std::string_view name = {});
// Cedar's JSON form of a policy or policy set: the first mistake.
std::vector<Mistake> check_policies_json(const Json& document, std::string_view name = {});
std::vector<Mistake> check_expression(std::string_view text, std::string_view name = {});
// A schema as text or, when `json` is given, as JSON: the first mistake.
std::vector<Mistake> check_schema(std::string_view text, std::string_view name = {});
std::vector<Mistake> check_schema_json(const Json& document, std::string_view name = {});
// A mistake of anything else that has been read.
Mistake plain_mistake(Error error);

// One row {id, policies?, json?, expression?, schema?, entities?} -> {id, valid, errors: [mistake_json]}.
// Policies are text, `json` is their JSON form, a schema either; entities are JSON.
Result<Json> check_row(const Json& row);

}  // namespace weir::cedar
