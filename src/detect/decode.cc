#include "detect/decode.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::detect {
namespace {

constexpr std::size_t kPayloadsMax = 64;
constexpr std::size_t kBase64Min = 24;
constexpr std::size_t kHexMin = 32;
constexpr std::size_t kEscapesMin = 8;  // escaped characters
constexpr std::size_t kProbe = 64;      // encoded characters looked at before all is decoded

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

// RFC 4648, either alphabet; what is left of the last group is dropped.
std::string decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text.substr(0, limits::kDecodedBytesMax)) {
    bits = bits << 6 | static_cast<std::uint32_t>(base64_value(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count & 0xFF));
  }
  return out;
}

std::string decode_hex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size() && out.size() < limits::kDecodedBytesMax; i += 2)
    out.push_back(static_cast<char>(hex_value(text[i]) << 4 | hex_value(text[i + 1])));
  return out;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | code >> 6));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xE0 | (code >> 12 & 0x0F)));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

// One escaped character at `at`: "%69", "&#105;", "&#x69;", "\u0069", "\x69". Size 0: there is none.
struct Escaped {
  std::size_t size = 0;
  std::uint32_t code = 0;
  const char* encoding = "";
};

Escaped hex_escape(std::string_view text, std::size_t prefix, std::size_t digits, const char* encoding) {
  if (text.size() < prefix + digits) return {};
  std::uint32_t code = 0;
  for (const char c : text.substr(prefix, digits)) {
    if (hex_value(c) < 0) return {};
    code = code << 4 | static_cast<std::uint32_t>(hex_value(c));
  }
  return {prefix + digits, code, encoding};
}

Escaped entity(std::string_view text) {
  const bool hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  std::uint32_t code = 0;
  std::size_t at = hex ? 3 : 2;
  for (; at < text.size() && at < 10 && text[at] != ';'; ++at) {
    const int value = hex_value(text[at]);
    if (value < 0 || (!hex && value > 9)) return {};
    code = code * (hex ? 16 : 10) + static_cast<std::uint32_t>(value);
  }
  if (at >= text.size() || text[at] != ';' || code == 0 || code > 0xFFFF) return {};
  return {at + 1, code, "entities"};
}

Escaped escaped_at(std::string_view text) {
  if (text.starts_with("%")) return hex_escape(text, 1, 2, "percent");
  if (text.starts_with("&#")) return entity(text);
  if (text.starts_with("\\u")) return hex_escape(text, 2, 4, "escapes");
  if (text.starts_with("\\x")) return hex_escape(text, 2, 2, "escapes");
  return {};
}

// A run of escapes, with plain characters between them as URLs have.
Payload escape_run(std::string_view text, std::size_t at) {
  Payload payload{.begin = at, .end = at};
  std::size_t escapes = 0;
  std::size_t plain = 0;
  while (at < text.size() && payload.text.size() < limits::kDecodedBytesMax) {
    const Escaped one = escaped_at(text.substr(at, 12));
    if (one.size > 0) {
      if (payload.encoding.empty()) payload.encoding = one.encoding;
      if (std::string_view(one.encoding) == "percent")
        payload.text.push_back(static_cast<char>(one.code));
      else
        append_utf8(payload.text, one.code);
      at += one.size;
      payload.end = at;
      ++escapes;
      plain = 0;
    } else {
      constexpr std::size_t kPlainMax = 16;
      const char c = text[at];
      if (c == ' ' || c == '\n' || ++plain > kPlainMax) break;
      payload.text.push_back(c == '+' ? ' ' : c);
      ++at;
    }
  }
  if (escapes < kEscapesMin) payload.text.clear();
  return payload;
}

// A run of base64 or hex characters that begins at `at`.
Payload digit_run(std::string_view text, std::size_t at) {
  std::size_t end = at;
  bool hex = true;
  while (end < text.size() && base64_value(text[end]) >= 0)
    hex = hex_value(text[end++]) >= 0 && hex;
  Payload payload{.begin = at, .end = end};
  const std::string_view run = text.substr(at, end - at);
  if (hex && run.size() >= kHexMin && is_readable(decode_hex(run.substr(0, kProbe)))) {
    payload.encoding = "hex";
    payload.text = decode_hex(run);
  } else if (run.size() >= kBase64Min && is_readable(decode_base64(run.substr(0, kProbe)))) {
    payload.encoding = "base64";
    payload.text = decode_base64(run);
  }
  return payload;
}

constexpr std::array<bool, 256> digit_table() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c)
    table[static_cast<std::size_t>(c)] = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                         (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '-' ||
                                         c == '_';
  return table;
}

}  // namespace

bool is_readable(std::string_view text) {
  constexpr std::size_t kReadableMin = 8;
  if (text.size() < kReadableMin) return false;
  const auto printable = std::count_if(
      text.begin(), text.end(), [](char c) { return (c >= ' ' && c < 127) || c == '\n' || c == '\t'; });
  return static_cast<std::size_t>(printable) * 100 >= text.size() * 95;
}

std::string rot13(std::string_view text) {
  std::string out(text.substr(0, limits::kDecodedBytesMax));
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>((c - 'a' + 13) % 26 + 'a');
    if (c >= 'A' && c <= 'Z') c = static_cast<char>((c - 'A' + 13) % 26 + 'A');
  }
  return out;
}

namespace {

constexpr auto kDigits = digit_table();

bool is_digit_at(std::string_view text, std::size_t at) {
  return kDigits[static_cast<unsigned char>(text[at])];
}

// A run of at least kBase64Min characters covers one of every kBase64Min positions: only those are looked at.
void find_digit_runs(std::string_view text, std::vector<Payload>& out) {
  std::size_t done = 0;
  for (std::size_t at = kBase64Min - 1; at < text.size() && out.size() < kPayloadsMax; at += kBase64Min) {
    if (at < done || !is_digit_at(text, at)) continue;
    std::size_t begin = at;
    while (begin > done && is_digit_at(text, begin - 1))
      --begin;
    std::size_t end = at;
    while (end < text.size() && end < begin + kBase64Min && is_digit_at(text, end))
      ++end;
    done = end;
    if (end - begin < kBase64Min) continue;
    Payload payload = digit_run(text, begin);
    done = payload.end;
    if (!payload.text.empty()) out.push_back(std::move(payload));
  }
}

void find_escape_runs(std::string_view text, char mark, std::vector<Payload>& out) {
  for (std::size_t at = text.find(mark); at != std::string_view::npos && out.size() < kPayloadsMax;
       at = text.find(mark, at)) {
    if (escaped_at(text.substr(at, 12)).size == 0) {
      ++at;
      continue;
    }
    Payload payload = escape_run(text, at);
    at = std::max(at + 1, payload.end);
    if (is_readable(payload.text)) out.push_back(std::move(payload));
  }
}

}  // namespace

std::vector<Payload> find_payloads(std::string_view text) {
  std::vector<Payload> found;
  find_digit_runs(text, found);
  for (const char mark : {'%', '&', '\\'})
    find_escape_runs(text, mark, found);
  std::stable_sort(found.begin(), found.end(),
                   [](const Payload& a, const Payload& b) { return a.begin < b.begin; });
  std::vector<Payload> out;
  for (Payload& payload : found)
    if (out.empty() || payload.begin >= out.back().end) out.push_back(std::move(payload));
  return out;
}

}  // namespace weir::detect
