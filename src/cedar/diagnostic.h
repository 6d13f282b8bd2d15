// Mistakes shown so that a person sees the place:
//
//   error: `principl` is not a variable
//     --> team.cedar:3:8
//      |
//    3 | when { principl == resource.owner };
//      |        ^^^^^^^^
//      = help: did you mean `principal`?
//
// and the spelling that was meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cedar/source.h"

namespace weir::cedar {

struct Picture {
  std::string_view severity = "error";  // or "warning"
  std::string_view message;
  std::string_view help;  // may be empty
};

// Several lines, with a newline at the end. `name` is what the text is called; may be empty. Long lines are
// cut around the place, control characters are shown escaped. A place beyond the text is its end.
std::string picture(std::string_view text, std::string_view name, Span span, const Picture& what);

// The candidate that `word` probably was meant to be: at most two letters changed, added, left out or swapped
// (one in a word of less than five letters). Empty when there is none.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);
// "did you mean `principal`?", else `fallback`.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates,
                         std::string_view fallback);

}  // namespace weir::cedar
