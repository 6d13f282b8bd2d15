// Arithmetic of the shell (Bash manual 6.5) with known values: $((x*2)), ((i++)), ${a:n+1}, let.
//
//   ArithmeticScope scope{.value = [](name) { ... }, .assign = [](name, number) { ... }};
//   evaluate("x + (3 << 1)", scope) -> a number, or none when a value is unknown or the text is no expression
//
// Signed 64-bit with wrap-around, as bash has it. Nesting is bounded by limits::kShellDepthMax.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace weir::shell {

struct ArithmeticScope {
  // The text of a variable; none when it is not known. An unset one is "", which counts as 0.
  std::function<std::optional<std::string>(std::string_view name)> value;
  std::function<void(std::string_view name, std::int64_t number)> assign;
};

std::optional<std::int64_t> evaluate(std::string_view expression, const ArithmeticScope& scope);

}  // namespace weir::shell
