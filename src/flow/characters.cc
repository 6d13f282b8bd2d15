#include "flow/characters.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace weir::flow {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::size_t kMarksMax = 30;

struct Range {
  char32_t first;
  char32_t last;
};

// Scripts whose words follow each other without a blank (Unicode line breaking classes ID and SA), and
// Hangul, whose words take endings.
constexpr std::array<Range, 15> kAlone = {{{0x0E00, 0x0FFF},
                                           {0x1000, 0x109F},
                                           {0x1100, 0x11FF},
                                           {0x1780, 0x17FF},
                                           {0x1950, 0x1AAF},
                                           {0x2E80, 0x2FDF},
                                           {0x3005, 0x3007},
                                           {0x3021, 0x30FA},
                                           {0x30FC, 0x31FF},
                                           {0x3400, 0x4DBF},
                                           {0x4E00, 0xA4CF},
                                           {0xA960, 0xA9DF},
                                           {0xAA60, 0xAADF},
                                           {0xAC00, 0xD7FF},
                                           {0xF900, 0xFAFF}}};

bool is_alone(char32_t code) {
  if (code >= 0x20000) return code <= 0x3FFFF;
  const auto* range = std::lower_bound(kAlone.begin(), kAlone.end(), code,
                                       [](const Range& r, char32_t c) { return r.last < c; });
  return range != kAlone.end() && code >= range->first;
}

Kind ascii_kind(char32_t code) {
  if ((code >= '0' && code <= '9') || ((code | 0x20) >= 'a' && (code | 0x20) <= 'z') || code == '_')
    return Kind::word;
  if (code == ' ' || (code >= '\t' && code <= '\r')) return Kind::blank;
  return code < 0x20 || code == 0x7F ? Kind::invisible : Kind::other;
}

// Rows of confusables.txt (Unicode TR 39) whose prototype is one Latin letter: Cyrillic, Greek, Armenian, and
// the Latin letters outside ASCII that imitate plain ones. Sorted.
struct LookAlike {
  char16_t code;
  char latin;
};
constexpr std::array kLookAlikes = std::to_array<LookAlike>({
    {0x0131, 'i'}, {0x0251, 'a'}, {0x0261, 'g'}, {0x0269, 'i'}, {0x0391, 'a'}, {0x0392, 'b'}, {0x0395, 'e'},
    {0x0396, 'z'}, {0x0397, 'h'}, {0x0399, 'i'}, {0x039A, 'k'}, {0x039C, 'm'}, {0x039D, 'n'}, {0x039F, 'o'},
    {0x03A1, 'p'}, {0x03A4, 't'}, {0x03A5, 'y'}, {0x03A7, 'x'}, {0x03B1, 'a'}, {0x03B3, 'y'}, {0x03B9, 'i'},
    {0x03BA, 'k'}, {0x03BD, 'v'}, {0x03BF, 'o'}, {0x03C1, 'p'}, {0x03C3, 'o'}, {0x03C4, 't'}, {0x03C5, 'u'},
    {0x03F2, 'c'}, {0x03F3, 'j'}, {0x0405, 's'}, {0x0406, 'i'}, {0x0408, 'j'}, {0x0410, 'a'}, {0x0412, 'b'},
    {0x0415, 'e'}, {0x041A, 'k'}, {0x041C, 'm'}, {0x041D, 'h'}, {0x041E, 'o'}, {0x0420, 'p'}, {0x0421, 'c'},
    {0x0422, 't'}, {0x0423, 'y'}, {0x0425, 'x'}, {0x042C, 'b'}, {0x0430, 'a'}, {0x0433, 'r'}, {0x0435, 'e'},
    {0x043A, 'k'}, {0x043E, 'o'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0442, 't'}, {0x0443, 'y'}, {0x0445, 'x'},
    {0x0455, 's'}, {0x0456, 'i'}, {0x0458, 'j'}, {0x0461, 'w'}, {0x0474, 'v'}, {0x0475, 'v'}, {0x04AE, 'y'},
    {0x04AF, 'y'}, {0x04BA, 'h'}, {0x04BB, 'h'}, {0x04BD, 'e'}, {0x04C0, 'l'}, {0x04CF, 'l'}, {0x0500, 'd'},
    {0x0501, 'd'}, {0x050C, 'g'}, {0x051A, 'q'}, {0x051B, 'q'}, {0x051C, 'w'}, {0x051D, 'w'}, {0x0555, 'o'},
    {0x0561, 'w'}, {0x0563, 'q'}, {0x0566, 'q'}, {0x0570, 'h'}, {0x0575, 'j'}, {0x0578, 'n'}, {0x057D, 'u'},
    {0x0581, 'g'}, {0x0585, 'o'},
});
static_assert(std::ranges::is_sorted(kLookAlikes, {}, &LookAlike::code));

// Marks in the order of their classes (UAX 15, canonical ordering); those past the limit go.
void order_marks(std::u32string& codes) {
  const auto combining = [](char32_t code) {
    return utf8proc_get_property(static_cast<utf8proc_int32_t>(code))->combining_class;
  };
  std::size_t kept = 0;
  for (std::size_t at = 0; at < codes.size();) {
    if (codes[at] < 0x300 || combining(codes[at]) == 0) {
      codes[kept++] = codes[at++];
      continue;
    }
    const std::size_t first = kept;
    for (; at < codes.size() && codes[at] >= 0x300 && combining(codes[at]) != 0; ++at)
      if (kept - first < kMarksMax) codes[kept++] = codes[at];
    std::stable_sort(codes.begin() + static_cast<std::ptrdiff_t>(first),
                     codes.begin() + static_cast<std::ptrdiff_t>(kept),
                     [&](char32_t a, char32_t b) { return combining(a) < combining(b); });
  }
  codes.resize(kept);
}

}  // namespace

Character character_at(std::string_view text, std::size_t at) {
  if (static_cast<unsigned char>(text[at]) < 0x80) return {static_cast<unsigned char>(text[at]), 1};
  utf8proc_int32_t code = 0;
  const auto size =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                       static_cast<utf8proc_ssize_t>(std::min<std::size_t>(text.size() - at, 4)), &code);
  if (size <= 0) return {kReplacement, 1};
  return {static_cast<char32_t>(code), static_cast<std::uint8_t>(size)};
}

Character character_before(std::string_view text, std::size_t at) {
  std::size_t begin = at - 1;
  while (begin > 0 && at - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80)
    --begin;
  const Character character = character_at(text, begin);
  return begin + character.size == at ? character : Character{kReplacement, 1};
}

Kind kind_of(char32_t code) {
  if (code < 0x80) return ascii_kind(code);
  const auto* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(code));
  if (property->ignorable) return Kind::invisible;
  switch (property->category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return is_alone(code) ? Kind::alone : Kind::word;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return Kind::blank;
    case UTF8PROC_CATEGORY_CC:
      return code == 0x85 ? Kind::blank : Kind::invisible;  // NEL breaks lines
    case UTF8PROC_CATEGORY_CF:
      return Kind::invisible;
    default:
      return Kind::other;
  }
}

bool is_mark(char32_t code) {
  if (code < 0x300) return false;
  const auto category = utf8proc_get_property(static_cast<utf8proc_int32_t>(code))->category;
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
         category == UTF8PROC_CATEGORY_ME;
}

char look_alike(char32_t code) {
  if (code > 0x0585) return '\0';
  const auto* found =
      std::ranges::lower_bound(kLookAlikes, static_cast<char16_t>(code), {}, &LookAlike::code);
  return found != kLookAlikes.end() && found->code == code ? found->latin : '\0';
}

bool is_latin(char32_t code) {
  if (code < 0x80) return (code | 0x20) >= 'a' && (code | 0x20) <= 'z';
  return (code >= 0xC0 && code <= 0x24F && code != 0xD7 && code != 0xF7) ||
         (code >= 0x1E00 && code <= 0x1EFF) || (code >= 0xFF21 && code <= 0xFF5A) ||
         (code >= 0x1D400 && code <= 0x1D6A3);
}

void append_utf8(std::string& out, char32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = kReplacement;
  std::array<utf8proc_uint8_t, 4> bytes;
  const auto size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size));
}

void append_normal(std::string& out, std::u32string& codes) {
  constexpr auto kOptions = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPAT |
                                                           UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE);
  std::u32string plain;
  plain.reserve(codes.size() + 8);
  for (const char32_t code : codes) {
    if (code < 0x80) {
      plain.push_back(code >= 'A' && code <= 'Z' ? code + 0x20 : code);
      continue;
    }
    std::array<utf8proc_int32_t, 32> parts;  // the longest, of U+FDFA, has 18
    int boundary = UTF8PROC_BOUNDCLASS_START;
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), parts.data(),
                                               parts.size(), kOptions, &boundary);
    if (count < 0 || static_cast<std::size_t>(count) > parts.size())
      plain.push_back(kReplacement);
    else
      plain.append(parts.begin(), parts.begin() + count);
  }
  order_marks(plain);
  auto* composed = reinterpret_cast<utf8proc_int32_t*>(plain.data());
  const auto size =
      utf8proc_normalize_utf32(composed, static_cast<utf8proc_ssize_t>(plain.size()),
                               static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  for (utf8proc_ssize_t i = 0; i < size; ++i)
    append_utf8(out, static_cast<char32_t>(composed[i]));
}

}  // namespace weir::flow
