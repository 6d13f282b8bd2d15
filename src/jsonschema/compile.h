// From a schema as JSON to nodes (program.h).
#pragma once

#include "jsonschema/program.h"

namespace weir::jsonschema {

// Errors: as Schema::compile().
Result<Program> compile_program(Json schema);

// A pattern of ECMA-262 as RE2 takes it: \u0041 becomes \x{0041}, \p{Letter} \p{L}. What neither has is found
// when compiling.
std::string re2_pattern(std::string_view pattern);

}  // namespace weir::jsonschema
