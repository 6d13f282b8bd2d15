#include "cedar/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"

namespace weir::cedar {
namespace {

bool is_first(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_rest(char c) {
  return is_first(c) || (c >= '0' && c <= '9');
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// One escape at the front of `text`, which starts with a backslash: its code point, and `length` its bytes.
// None when it is not a valid escape; then `length` covers what to show.
std::optional<std::uint32_t> read_escape(std::string_view text, std::size_t& length) {
  length = std::min<std::size_t>(2, text.size());
  switch (text.size() > 1 ? text[1] : '\0') {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '0':
      return '\0';
    case '\\':
    case '\'':
    case '"':
      return static_cast<unsigned char>(text[1]);
    case 'x': {
      length = std::min<std::size_t>(4, text.size());
      if (length < 4 || hex_digit(text[2]) < 0 || hex_digit(text[2]) > 7 || hex_digit(text[3]) < 0)
        return std::nullopt;
      return static_cast<std::uint32_t>(hex_digit(text[2]) * 16 + hex_digit(text[3]));
    }
    case 'u': {
      const auto close = text.find('}');
      length = close == std::string_view::npos ? text.size() : close + 1;
      if (close == std::string_view::npos || text.size() < 3 || text[2] != '{' || close < 4 || close > 9)
        return std::nullopt;
      std::uint32_t code = 0;
      for (const char c : text.substr(3, close - 3)) {
        if (hex_digit(c) < 0) return std::nullopt;
        code = code * 16 + static_cast<std::uint32_t>(hex_digit(c));
      }
      if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return std::nullopt;
      return code;
    }
    default:
      return std::nullopt;
  }
}

EscapeError bad_escape(std::string_view body, std::size_t at, std::size_t length) {
  return {fmt::format("invalid escape `{}` in a string", printable(body.substr(at, length), 16)), at, length};
}

}  // namespace

bool is_identifier(std::string_view text) {
  return !text.empty() && is_first(text[0]) && std::all_of(text.begin(), text.end(), is_rest);
}

bool is_reserved(std::string_view identifier) {
  static constexpr std::array<std::string_view, 10> kWords = {"true", "false", "if",   "then", "else",
                                                              "in",   "is",    "like", "has",  "__cedar"};
  return std::find(kWords.begin(), kWords.end(), identifier) != kWords.end();
}

bool is_type_path(std::string_view text) {
  while (true) {
    const auto at = text.find("::");
    const std::string_view part = text.substr(0, at);
    if (!is_identifier(part) || is_reserved(part)) return false;
    if (at == std::string_view::npos) return true;
    text.remove_prefix(at + 2);
  }
}

std::string_view base_name(std::string_view type_path) {
  const auto at = type_path.rfind("::");
  return at == std::string_view::npos ? type_path : type_path.substr(at + 2);
}

std::expected<std::string, EscapeError> unescape(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  for (std::size_t i = 0; i < body.size();) {
    if (body[i] == '\r') return std::unexpected(EscapeError{"a bare carriage return in a string", i, 1});
    if (body[i] != '\\') {
      out += body[i++];
      continue;
    }
    std::size_t length = 0;
    const auto code = read_escape(body.substr(i), length);
    if (!code) return std::unexpected(bad_escape(body, i, length));
    append_utf8(out, *code);
    i += length;
  }
  return out;
}

std::expected<std::vector<std::string>, EscapeError> unescape_pattern(std::string_view body) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < body.size();) {
    if (body[i] == '\r') return std::unexpected(EscapeError{"a bare carriage return in a pattern", i, 1});
    if (body.substr(i).starts_with("\\*")) {
      parts.back() += '*';
      i += 2;
      continue;
    }
    std::uint32_t code = '*';
    std::size_t length = 1;
    if (body[i] == '\\') {
      const auto read = read_escape(body.substr(i), length);
      if (!read) return std::unexpected(bad_escape(body, i, length));
      code = *read;
    } else if (body[i] != '*') {
      parts.back() += body[i++];
      continue;
    }
    // A star is a wildcard even where it was written \x2a: only `\*` is a literal star.
    if (code == '*')
      parts.emplace_back();
    else
      append_utf8(parts.back(), code);
    i += length;
  }
  return parts;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\0')
      out += "\\0";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\u{{{:x}}}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out += '"';
}

}  // namespace weir::cedar
