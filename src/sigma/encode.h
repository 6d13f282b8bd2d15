// The encodings of Sigma's modifiers, over the plain bytes of a value.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace weir::sigma {

// UTF-8 → UTF-16 code units, low byte first or last. Bytes that are no UTF-8 stand for themselves.
std::string utf16(std::string_view text, bool big_endian);

// What of the Base64 of `text` is the same whatever stands around it, when it begins at a multiple of three
// bytes, one after, two after. "" where nothing is left.
std::array<std::string, 3> base64_offsets(std::string_view text);

}  // namespace weir::sigma
