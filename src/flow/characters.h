// Characters of a text and what they are to a comparison: the only place that asks the Unicode tables
// (utf8proc, Unicode 15).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir::flow {

enum class Kind : std::uint8_t {
  other,      // punctuation, symbols, emoji
  word,       // letters, digits, marks, "_"
  alone,      // the same of a script written without blanks: a word by itself
  blank,      // blanks and line breaks
  invisible,  // default-ignorable characters and controls
};

struct Character {
  char32_t code = 0;      // U+FFFD for a byte that is no UTF-8
  std::uint8_t size = 1;  // bytes
};

// The character that begins at `at` < text.size(); one that ends before `at` > 0.
Character character_at(std::string_view text, std::size_t at);
Character character_before(std::string_view text, std::size_t at);

Kind kind_of(char32_t code);
bool is_mark(char32_t code);  // combining: general category M

// A lower-case Latin letter that `code`, of another script, looks like; '\0' when there is none.
char look_alike(char32_t code);
bool is_latin(char32_t code);  // a letter of that script, mathematical and full-width forms included

// UTF-8; what is no character becomes U+FFFD.
void append_utf8(std::string& out, char32_t code);

// NFKC of the case-folded text, in UTF-8, at the end of `out`. `codes` is used up. No more than 30 marks in a
// row count, as in the Stream-Safe Text Format of UAX 15.
void append_normal(std::string& out, std::u32string& codes);

}  // namespace weir::flow
