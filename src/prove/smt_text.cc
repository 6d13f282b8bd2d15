// Strings of SMT-LIB ("Unicode Strings" theory): printable ASCII as it is, the rest as \u{hex}, a quote
// doubled.
#include <fmt/format.h>

#include "base/bytes.h"
#include "prove/term.h"

namespace weir::prove {
namespace {

// The character at `at`, which moves past it. The text is valid UTF-8.
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  char32_t out = lead & (0x3FU >> more);
  for (int i = 0; i < more && at < text.size(); ++i)
    out = (out << 6) | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return out;
}

void append_utf8(char32_t c, std::string& out) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr unsigned kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out.push_back(static_cast<char>(kLead[more] | (c >> (6 * more))));
  for (int i = more - 1; i >= 0; --i)
    out.push_back(static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F)));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// \u{h…} or \uhhhh at `at`; moves past it. None: no escape stands there.
std::optional<char32_t> escape_at(std::string_view text, std::size_t& at) {
  if (!text.substr(at).starts_with("\\u")) return std::nullopt;
  std::size_t i = at + 2;
  const bool braced = i < text.size() && text[i] == '{';
  if (braced) ++i;
  char32_t value = 0;
  int digits = 0;
  for (; i < text.size() && digits < (braced ? 5 : 4) && hex_digit(text[i]) >= 0; ++i, ++digits)
    value = value * 16 + static_cast<char32_t>(hex_digit(text[i]));
  if (digits == 0 || (!braced && digits != 4)) return std::nullopt;
  if (braced && (i >= text.size() || text[i] != '}')) return std::nullopt;
  at = braced ? i + 1 : i;
  return value;
}

}  // namespace

bool fits_smt(std::string_view text) {
  if (!valid_utf8(text)) return false;
  for (std::size_t at = 0; at < text.size();)
    if (next_character(text, at) > kCodePointMax) return false;
  return true;
}

std::string smt_string(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (c == U'"')
      out += "\"\"";
    else if (c >= 32 && c <= 126 && c != U'\\')
      out.push_back(static_cast<char>(c));
    else
      out += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(c));
  }
  return out + "\"";
}

Result<std::string> from_smt_string(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (const auto c = escape_at(text, at)) {
      if (*c >= 0xD800 && *c <= 0xDFFF) return fail("the solver's text has a character that is not Unicode");
      append_utf8(*c, out);
    } else {
      out.push_back(text[at++]);
    }
  }
  if (!valid_utf8(out)) return fail("the solver's text is not UTF-8");
  return out;
}

}  // namespace weir::prove
