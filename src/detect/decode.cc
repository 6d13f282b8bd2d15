#include "detect/decode.h"

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "base/limits.h"
#include "detect/digit_runs.h"

namespace weir::detect {
namespace {

constexpr std::size_t kPayloadsMax = 64;
constexpr std::size_t kBase64Min = 24;
constexpr std::size_t kHexMin = 32;
constexpr std::size_t kEscapesMin = 8;  // escaped characters
constexpr std::size_t kProbe = 64;      // encoded characters looked at before all is decoded
constexpr std::size_t kReadableMin = 8;
constexpr std::size_t kUnreadablePercent = 5;

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
  out.reserve(std::min(text.size(), limits::kDecodedBytesMax) * 3 / 4);
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

bool is_printable(char c) {
  return (c >= ' ' && c < 127) || c == '\n' || c == '\t';
}

// is_readable() of what the first kProbe characters decode to, given up at the first byte too many that is
// not printable: most runs are names, digests and images, and end here.
bool probe(std::string_view run, int bits_each) {
  const std::string_view head = run.substr(0, kProbe);
  const std::size_t size = head.size() * static_cast<std::size_t>(bits_each) / 8;
  if (size < kReadableMin) return false;
  const std::size_t bad_max = size * kUnreadablePercent / 100;
  std::size_t bad = 0;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : head) {
    bits = bits << bits_each | static_cast<std::uint32_t>(bits_each == 4 ? hex_value(c) : base64_value(c));
    count += bits_each;
    if (count < 8) continue;
    count -= 8;
    bad += is_printable(static_cast<char>(bits >> count & 0xFF)) ? 0 : 1;
    if (bad > bad_max) return false;
  }
  return true;
}

// A run of base64 or hex characters.
Payload digit_run(std::string_view text, std::size_t begin, std::size_t end) {
  Payload payload{.begin = begin, .end = end};
  const std::string_view run = text.substr(begin, end - begin);
  const bool hex = std::all_of(run.begin(), run.end(), [](char c) { return hex_value(c) >= 0; });
  if (hex && run.size() >= kHexMin && probe(run, 4)) {
    payload.encoding = "hex";
    payload.text = decode_hex(run);
  } else if (run.size() >= kBase64Min && probe(run, 6)) {
    payload.encoding = "base64";
    payload.text = decode_base64(run);
  }
  return payload;
}

}  // namespace

bool is_readable(std::string_view text) {
  if (text.size() < kReadableMin) return false;
  const auto printable = std::count_if(text.begin(), text.end(), is_printable);
  return static_cast<std::size_t>(printable) * 100 >= text.size() * (100 - kUnreadablePercent);
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

void find_digit_runs(std::string_view text, std::vector<Payload>& out) {
  each_digit_run(text, kBase64Min, [&](std::size_t begin, std::size_t end) {
    Payload payload = digit_run(text, begin, end);
    if (!payload.text.empty()) out.push_back(std::move(payload));
    return out.size() < kPayloadsMax;
  });
}

// A look at the next byte, before the dearer one.
bool may_escape(std::string_view text, std::size_t at) {
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  if (text[at] == '%') return hex_value(next) >= 0;
  return text[at] == '&' ? next == '#' : next == 'u' || next == 'x';
}

void find_escape_runs(std::string_view text, char mark, std::vector<Payload>& out) {
  for (std::size_t at = text.find(mark); at != std::string_view::npos && out.size() < kPayloadsMax;
       at = text.find(mark, at)) {
    if (!may_escape(text, at) || escaped_at(text.substr(at, 12)).size == 0) {
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
