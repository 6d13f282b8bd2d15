// Encodings that hide text in commands, undone: base64 and base32 (RFC 4648), hexadecimal, gzip and zlib
// (RFC 1950 to 1952), percent escapes (RFC 3986), rot13. Input is hostile: no result exceeds
// limits::kShellValueBytesMax, which bounds a compression bomb too; what would is absent, like what does not
// decode.
//
//   decode_base64("cm0gLXJm") -> "rm -rf"
//
// The decoders are as lenient as the programs that undo these encodings: blanks and line ends do not matter,
// and padding may be missing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::shell {

std::optional<std::string> decode_base64(std::string_view text);  // also the alphabet of URLs
std::optional<std::string> decode_base32(std::string_view text);
std::optional<std::string> decode_hex(std::string_view text);
std::optional<std::string> decode_percent(std::string_view text);  // %41 -> A; + stays
std::optional<std::string> decode_rot13(std::string_view text);
// gzip, zlib or raw deflate, told apart by their first bytes.
std::optional<std::string> inflate_bytes(std::string_view bytes);

}  // namespace weir::shell
