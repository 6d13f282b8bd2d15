// A Json value as the bytes of base/wire.h: how data that ships as YAML is carried in the program where
// reading YAML would be felt. The build writes it (tools/compile_yaml.cc), the same program reads it.
//
//   const std::string bytes = json_wire(value);
//   TRY(const Json same, read_json_wire(bytes, "pods/generic.yaml"));
//
//   value   a number that says which kind, then nothing (null), a flag, a number (an integer; another
//   double's
//           bits), a text, or a list; a map is a list of a text and a value each
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace weir {

std::string json_wire(const Json& value);
// Errors: bytes that json_wire did not write, or nested deeper than limits::kJsonDepthMax. `where` names
// them.
Result<Json> read_json_wire(std::string_view bytes, std::string_view where);

}  // namespace weir
