// Backslash escapes of $'...', echo -e and printf %b (Bash manual 3.1.2.4).
#include <cstdint>

#include "shell/parser.h"

namespace weir::shell {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

// Up to `digits_max` digits of `base` at `at`; moves `at` behind them. None: -1.
std::int64_t number(std::string_view text, std::size_t& at, int base, int digits_max) {
  std::int64_t value = -1;
  for (int i = 0; i < digits_max && at < text.size() && digit_value(text[at]) < base; ++i, ++at)
    value = (value < 0 ? 0 : value) * base + digit_value(text[at]);
  return value;
}

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x110000) {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// The character that a one-letter escape stands for, or 0.
char simple_escape(char c) {
  static constexpr std::string_view kFrom = "abeEfnrtv\\'\"?";
  static constexpr std::string_view kTo = "\a\b\x1b\x1b\f\n\r\t\v\\'\"?";
  const auto at = kFrom.find(c);
  return at == std::string_view::npos ? '\0' : kTo[at];
}

}  // namespace

std::string decode_ansi_escapes(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] != '\\' || at + 1 >= text.size()) {
      out += text[at++];
      continue;
    }
    const char c = text[at + 1];
    at += 2;
    std::int64_t value = -1;
    if (const char plain = simple_escape(c)) {
      out += plain;
    } else if (c == 'x') {
      value = number(text, at, 16, 2);
      out += value < 0 ? std::string("\\x") : std::string(1, static_cast<char>(value));
    } else if (c == 'u' || c == 'U') {
      value = number(text, at, 16, c == 'u' ? 4 : 8);
      if (value >= 0) append_utf8(out, static_cast<std::uint32_t>(value));
    } else if (c >= '0' && c <= '7') {
      // \nnn, and \0nnn as echo -e and %b write it
      --at;
      value = number(text, at, 8, c == '0' ? 4 : 3);
      out += static_cast<char>(value & 0xFF);
    } else if (c == 'c' && at < text.size()) {
      out += static_cast<char>(text[at++] & 0x1F);
    } else {
      out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace weir::shell
