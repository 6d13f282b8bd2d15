// Shell patterns: * ? [a-z] [!a-z], a backslash makes the next character ordinary (POSIX XCU 2.13).
// Used for ${x#pattern}, for case, and for the patterns of command tables ("delete-*").
#pragma once

#include <string_view>

namespace weir::shell {

// Linear in text times pattern; no recursion.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace weir::shell
