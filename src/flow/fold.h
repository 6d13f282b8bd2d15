// A text as it is compared: what looks the same is the same.
//
//   fold("  ＡＮＮ＠x.org ")        -> "ann@x.org"          full-width letters, case, blanks
//   fold("p\xD0\xB0ypal\xE2\x80\x8B.com") -> "paypal.com"   a Cyrillic letter, a zero-width space
//
// NFKC and full case folding (Unicode 15, UAX 15 and TR 21, by utf8proc), invisible characters gone
// (Default_Ignorable_Code_Point: zero-width, bidi, tags, soft hyphen, variation selectors; and controls),
// runs of blanks and line breaks one blank, ends trimmed. Letters of other scripts that look like Latin ones
// become those inside a word that has Latin letters too (the common Cyrillic, Greek and Armenian rows of the
// confusables of Unicode TR 39). Invalid UTF-8 becomes U+FFFD and is never an error. Linear in the text.
//
// What a word becomes depends on that word alone, so a value folded by itself equals the same value folded
// within a text, as long as it stands at word borders there (corpus.h).
#pragma once

#include <string>
#include <string_view>

namespace weir::flow {

std::string fold(std::string_view text);

// Folding makes a look-alike equal to what it imitates. That is right where equality tightens ("this stands
// in the web page"), and wrong where it relaxes ("the user typed this"): there, a disguised value must be
// equal byte for byte.
struct Folding {
  std::string text;
  bool disguised = false;  // an invisible character went, or a character outside ASCII became a Latin one
};
Folding fold_watched(std::string_view text);

}  // namespace weir::flow
