// The drafts of JSON Schema: what a schema says it is, and where in it others stand.
#pragma once

#include <functional>
#include <string_view>

#include "base/json.h"

namespace weir::jsonschema {

enum class Draft { draft7, draft2019, draft2020 };  // draft 6 is read as 7

// By "$schema", else `inherited`. Error `denied` for others, which
// would have to be fetched.
Result<Draft> draft_of(const Json& schema, Draft inherited);

// Every schema that stands directly in this one, by the keywords of all drafts.
void for_each_subschema(const Json& schema, const std::function<void(const Json&)>& visit);

}  // namespace weir::jsonschema
