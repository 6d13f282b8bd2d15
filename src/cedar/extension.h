// The extension functions of Cedar: constructors from text, and the methods of the values they make.
//
//   decimal ip datetime duration            called as functions:  ip("10.0.0.1")
//   lessThan lessThanOrEqual ...            called as methods:    d.lessThan(decimal("1.0"))
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cedar/evaluation_error.h"
#include "cedar/value.h"

namespace weir::cedar {

enum class ExtensionFunction : std::uint8_t {
  decimal,
  ip,
  datetime,
  duration,  // constructors
  less_than,
  less_than_or_equal,
  greater_than,
  greater_than_or_equal,
  is_ipv4,
  is_ipv6,
  is_loopback,
  is_multicast,
  is_in_range,
  offset,
  duration_since,
  to_date,
  to_time,
  to_milliseconds,
  to_seconds,
  to_minutes,
  to_hours,
  to_days,
};

// As written in policies: "lessThanOrEqual".
std::string_view name(ExtensionFunction function);
std::optional<ExtensionFunction> extension_function(std::string_view name);
// Constructors are called as functions, all others as methods.
bool is_constructor(ExtensionFunction function);

// What a function takes, its receiver included.
struct ExtensionSignature {
  std::string_view name;
  std::size_t arguments;
  ValueKind first;   // kind of the receiver or of the constructor's text
  ValueKind second;  // of the argument, when there are two
};
const ExtensionSignature& signature_of(ExtensionFunction function);

// Applies a function; `arguments` include the receiver of a method. Errors: a wrong number or kind of
// arguments, a text that does not parse, a result beyond 64 bits.
std::expected<Value, EvaluationError> call(ExtensionFunction function,
                                           std::span<const Value* const> arguments);

}  // namespace weir::cedar
