// Two edits of one text brought together, by lines, as diff3 does (Khanna, Kunal, Pierce, "A formal
// investigation of diff3", FSTTCS 2007). Pure. Inside the room only.
//
//   merge_texts("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n")   → "A\nb\nC\n"
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::changes {

// None where both changed the same lines differently, or lines that touch: whoever reads the result would
// find a text that nobody wrote. What both changed alike is changed once.
std::optional<std::string> merge_texts(std::string_view base, std::string_view one, std::string_view other);

}  // namespace weir::changes
