// The shortest edit between two lists of lines (Myers, "An O(ND) difference algorithm and its variations",
// Algorithmica 1, 1986). Pure. Inside the room only.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace weir::changes {

// With its newline; the last one may have none.
std::vector<std::string_view> lines_of(std::string_view text);

// One step of an edit: ' ' keeps a line of both, '-' takes the next old one away, '+' puts the next new one
// in. Past edits_max steps the differing middle becomes one replacement: still right, no longer shortest.
std::vector<char> edit_script(const std::vector<std::string_view>& before,
                              const std::vector<std::string_view>& after, std::size_t edits_max = 1500);

}  // namespace weir::changes
