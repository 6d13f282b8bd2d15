// The writers of base/json.h: canonical (RFC 8785), compact and pretty.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <functional>
#include <span>

#include "base/bytes.h"
#include "base/json.h"

namespace weir {
namespace {

// What stands for `c` in a string, empty when it stands for itself.
std::string_view escape_of(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return {};
  }
}

bool stands_for_itself(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

// How many bytes at the beginning of `text` are ASCII and stand for themselves: eight at a time, by the
// well-known ways to find a zero byte, a byte below n and a high bit in a word.
std::size_t plain_bytes(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word; };
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    const std::uint64_t strange = word | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\')) |
                                  ((word - kOnes * 0x20) & ~word);
    if ((strange & kHighs) != 0) break;
  }
  while (at < text.size() && stands_for_itself(text[at]) && static_cast<unsigned char>(text[at]) < 0x80)
    ++at;
  return at;
}

bool is_ascii(std::string_view text) {
  // Without an early end the compiler looks at many bytes at once.
  unsigned char all = 0;
  for (const char c : text)
    all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

// JSON is UTF-8 (RFC 8259 section 8.1): any other byte is written as U+FFFD, so that what is written can be
// read.
void write_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  if (plain_bytes(text) == text.size()) {  // nearly always
    out.reserve(out.size() + text.size() + 2);
    ((out += '"') += text) += '"';
    return;
  }
  if (!is_ascii(text) && !valid_utf8(text)) {
    write_string(out, to_valid_utf8(text));
    return;
  }
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && stands_for_itself(text[plain]))
      ++plain;
    out.append(text.substr(0, plain));
    if (plain == text.size()) break;
    const char c = text[plain];
    if (const auto escape = escape_of(c); !escape.empty())
      out += escape;
    else
      (out += "\\u00") += {kHex[(c >> 4) & 15], kHex[c & 15]};
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

std::size_t string_bytes_max(std::string_view text) {
  constexpr std::size_t kEscapeMax = 6;  // \u00xx
  if (!is_ascii(text) && !valid_utf8(text)) return string_bytes_max(to_valid_utf8(text));
  const auto escaped = static_cast<std::size_t>(std::ranges::count_if(text, std::not_fn(stands_for_itself)));
  return 2 + text.size() + escaped * (kEscapeMax - 1);
}

// ECMAScript Number::toString (ECMA-262 section 6.1.6.1.20), as RFC 8785 section 3.2.2.3 asks. JSON has no
// NaN or infinity; a value that cannot be written is a bug of the caller.
void write_double(std::string& out, double value) {
  CHECK(std::isfinite(value));
  if (value == 0) {
    out += '0';
    return;
  }
  if (value < 0) {
    out += '-';
    value = -value;
  }
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const auto mark = text.find('e');
  std::string digits(text.substr(0, mark));
  std::erase(digits, '.');
  int exponent = 0;
  const std::string_view power = text.substr(mark + 1);
  std::from_chars(power.data() + (power[0] == '+' ? 1 : 0), power.data() + power.size(), exponent);
  const int k = static_cast<int>(digits.size());
  const int n = exponent + 1;  // the value is 0.digits * 10^n
  if (k <= n && n <= 21) {
    out += digits + std::string(static_cast<std::size_t>(n - k), '0');
  } else if (0 < n && n <= 21) {
    out += digits.substr(0, static_cast<std::size_t>(n)) + "." + digits.substr(static_cast<std::size_t>(n));
  } else if (-6 < n && n <= 0) {
    out += "0." + std::string(static_cast<std::size_t>(-n), '0') + digits;
  } else {
    out += digits[0];
    if (k > 1) (out += '.') += digits.substr(1);
    out += n - 1 < 0 ? "e-" : "e+";
    out += std::to_string(std::abs(n - 1));
  }
}

// UTF-16 order differs from byte order only where one key has a code point above U+FFFF (a surrogate pair,
// 0xD800..) and the other one in U+E000..U+FFFF: a four-byte lead (0xF0..) must sort before the leads 0xEE
// and 0xEF.
bool utf16_less(std::string_view a, std::string_view b) {
  const auto rank = [](char c) {
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0xF0) return 0xEEu;                    // supplementary planes: as surrogates
    if (u == 0xEE || u == 0xEF) return u + 0x100u;  // U+E000..U+FFFF: after them
    return static_cast<unsigned>(u);
  };
  const std::size_t n = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < n; ++i) {
    if (a[i] == b[i]) continue;
    const unsigned ra = rank(a[i]);
    const unsigned rb = rank(b[i]);
    if (ra != rb) return ra < rb;
    return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]);
  }
  return a.size() < b.size();
}

class Writer {
 public:
  Writer(std::string& out, bool sorted, bool indented) : out_(out), sorted_(sorted), indented_(indented) {}

  void value(const Json& json) {
    if (json.is_null())
      out_ += "null";
    else if (json.is_bool())
      out_ += json.as_bool() ? "true" : "false";
    else if (json.is_int())
      out_ += std::to_string(json.as_int());
    else if (json.is_uint64())
      out_ += std::to_string(json.as_uint64());
    else if (json.is_double())
      write_double(out_, json.as_double());
    else if (json.is_string())
      write_string(out_, json.as_string());
    else if (json.is_array())
      array(json.as_array());
    else
      object(json.as_object());
  }

 private:
  void line() {
    if (!indented_) return;
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }

  void array(const Json::Array& items) {
    if (items.empty()) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    ++depth_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ',';
      line();
      value(items[i]);
    }
    --depth_;
    line();
    out_ += ']';
  }

  void object(const Json::Object& members) {
    if (members.empty()) {
      out_ += "{}";
      return;
    }
    constexpr std::size_t kFew = 24;  // most objects have no more members
    std::array<const Json::Member*, kFew> few;
    std::vector<const Json::Member*> many(members.size() > kFew ? members.size() : 0);
    const auto order = members.size() > kFew ? std::span(many) : std::span(few).first(members.size());
    std::ranges::transform(members, order.begin(), [](const auto& member) { return &member; });
    if (sorted_)
      std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return utf16_less(a->first, b->first); });
    out_ += '{';
    ++depth_;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i > 0) out_ += ',';
      line();
      write_string(out_, order[i]->first);
      out_ += indented_ ? ": " : ":";
      value(order[i]->second);
    }
    --depth_;
    line();
    out_ += '}';
  }

  std::string& out_;
  bool sorted_;
  bool indented_;
  std::size_t depth_ = 0;
};

std::string write(const Json& value, bool sorted, bool indented) {
  std::string out;
  Writer(out, sorted, indented).value(value);
  return out;
}

}  // namespace

std::size_t canonical_bytes_max(const Json& value) {
  constexpr std::size_t kScalarMax = 32;  // a double: 17 digits, a sign, a point and an exponent
  if (value.is_string()) return string_bytes_max(value.as_string());
  std::size_t bytes = kScalarMax;
  if (value.is_array())
    for (const auto& item : value.as_array())
      bytes += 1 + canonical_bytes_max(item);
  if (value.is_object())
    for (const auto& [key, member] : value.as_object())
      bytes += 2 + string_bytes_max(key) + canonical_bytes_max(member);
  return bytes;
}

std::string canonical(const Json& value) {
  return write(value, true, false);
}
void append_canonical(std::string& out, const Json& value) {
  Writer(out, true, false).value(value);
}
void append_json_string(std::string& out, std::string_view text) {
  write_string(out, text);
}
std::string compact(const Json& value) {
  return write(value, false, false);
}
std::string pretty(const Json& value) {
  return write(value, false, true);
}

}  // namespace weir
