// One row of `weir cedar validate --jsonl`.
//
//   in   {"id": ..., "policies": text, "schema": text or JSON, "level"?: number}
//   out  {"id": ..., "valid": bool, "errors": [{"policy", "message", "help"?, "span"}], "warnings": [the
//   same]} bad  {"id": ..., "error": {"what", "where", "hint"}}
//
// `span` is {"begin", "end", "line", "column"}: bytes from the start of the text, and where that begins.
#pragma once

#include "base/json.h"
#include "cedar/validate.h"

namespace weir::cedar {

// A schema from a member that may hold text or JSON; `where` is its name, for errors.
Result<Schema> read_schema_member(const Json& schema, std::string_view where);

// An Error when the policies or the schema cannot be read.
Result<Json> validate_row(const Json& row);

// [{"policy", "message", "help"?, "span"}]; without `text` lines and columns are those of an empty text.
Json diagnostics_json(const std::vector<Diagnostic>& diagnostics, std::string_view text);

}  // namespace weir::cedar
