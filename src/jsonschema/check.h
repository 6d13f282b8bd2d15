// A value against nodes (program.h).
#pragma once

#include <vector>

#include "jsonschema/program.h"
#include "jsonschema/schema.h"

namespace weir::jsonschema {

// Errors: as Schema::check().
Result<std::vector<Violation>> check_program(const Program& program, const Json& value);

}  // namespace weir::jsonschema
