// Numbers of JSON compared and divided as the decimals they are, never as what binary makes of them: 0.0075
// is a multiple of 0.0001, and 9007199254740993 is not 9007199254740992.0.
#pragma once

#include <compare>

#include "base/json.h"

namespace weir::jsonschema {

// Of two numbers (CHECK), by value: 1 is 1.0.
std::strong_ordering compare_numbers(const Json& a, const Json& b);
// No fraction: 1.0 is whole, and 1e300.
bool is_whole(const Json& number);
// Of a positive number.
bool is_multiple(const Json& number, const Json& of);
}  // namespace weir::jsonschema
