#include "jsonschema/schema.h"

#include "jsonschema/check.h"
#include "jsonschema/compile.h"

namespace weir::jsonschema {

Result<Schema> Schema::compile(Json schema) {
  TRY(Program program, compile_program(std::move(schema)));
  return Schema(std::make_shared<const Program>(std::move(program)));
}

Result<std::vector<Violation>> Schema::check(const Json& value) const {
  return check_program(*program_, value);
}

}  // namespace weir::jsonschema
