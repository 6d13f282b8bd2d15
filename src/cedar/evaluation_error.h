// Why an expression has no value.
#pragma once

#include <cstdint>
#include <string>

namespace weir::cedar {

struct EvaluationError {
  enum class Kind : std::uint8_t {
    type,               // an operand of the wrong type
    overflow,           // arithmetic beyond 64 bits
    entity_missing,     // an attribute or tag of an entity that is not in the store
    attribute_missing,  // entity or record without that attribute
    tag_missing,        // entity without that tag
    extension,          // an extension function refused its arguments
  };
  Kind kind = Kind::type;
  std::string message;  // one clause, no full stop
};

}  // namespace weir::cedar
