// A text as a model reads it, for patterns to look at: what hides words from a filter is undone.
//
//   Normal normal = normalize(window);
//   if (re.find(normal.text)) report(normal.origin[begin], normal.origin_end(end));   // place in `window`
//
// Invisible characters go (zero-width, bidirectional controls; Unicode TR36, TR39), tag characters (U+E0020
// ..) become the ASCII they carry, accents, full-width and mathematical letters become plain, look-alike
// letters inside a Latin word too. Line breaks that only wrap (YAML, e-mail), written escapes ("\n") and runs
// of blanks become one blank; an empty line stays. Letters keep their case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::detect {

struct Normal {
  std::string text;
  std::vector<std::uint32_t>
      origin;              // byte of the original at which each byte of `text` begins; one more at the end
  std::size_t hidden = 0;  // invisible characters between letters
  std::size_t tags = 0;    // tag characters outside of flags
  std::size_t look_alikes = 0;  // letters of another script inside a Latin word
};

// Linear in the text; any bytes.
Normal normalize(std::string_view text);
// The same without `origin`, into memory that is used again.
void normalize_text(std::string_view text, Normal& out);

// Five or more words in capitals in a row, in a text that otherwise has ordinary words.
bool shouts(std::string_view text);
// Eight or more single letters, each behind a blank: "i g n o r e  t h i s".
bool spelled_out(std::string_view text);

}  // namespace weir::detect
