// Words and strings of the Cedar grammar: identifiers, reserved words, type paths, escapes.
//
// Shared by the lexer, the parsers and the JSON readers, so that one rule has one place.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace weir::cedar {

// ['_' 'a'-'z' 'A'-'Z'] ['_' 'a'-'z' 'A'-'Z' '0'-'9']*
bool is_identifier(std::string_view text);
// true false if then else in is like has __cedar: never a name of a type, an attribute or a variable.
bool is_reserved(std::string_view identifier);
// Identifiers that are not reserved, joined by "::" without space: "User", "Acme::Photo".
bool is_type_path(std::string_view text);
// The part after the last "::".
std::string_view base_name(std::string_view type_path);

// What is wrong with a string literal and where, in bytes from the start of its body.
struct EscapeError {
  std::string what;
  std::size_t at = 0;
  std::size_t length = 1;
};

// The body of a string literal (between the quotes) with its escapes resolved: \n \r \t \\ \0 \' \" \xHH (up
// to 7F) and \u{1 to 6 hex digits}.
std::expected<std::string, EscapeError> unescape(std::string_view body);
// The same for the pattern of `like`: cut at every wildcard `*`; `\*` is a literal star. "a*b" -> {"a", "b"};
// a pattern without a wildcard has one part.
std::expected<std::vector<std::string>, EscapeError> unescape_pattern(std::string_view body);

// A string literal with quotes, readable by unescape(). Control characters become \u{..}.
std::string quoted(std::string_view text);

}  // namespace weir::cedar
