#include "shell/decode.h"

#include <zlib.h>

#include <array>
#include <cstdint>

#include "base/limits.h"

namespace weir::shell {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

int digit_of(char c, int bits) {
  if (bits == 4) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }
  if (bits == 5) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
  }
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

// Digits of `bits` bits each, most significant first; "=" ends them.
std::optional<std::string> decode_digits(std::string_view text, int bits) {
  std::string out;
  std::uint32_t held = 0;
  int held_bits = 0;
  for (const char c : text) {
    if (is_blank(c)) continue;
    if (c == '=' && bits != 4) break;
    const int digit = digit_of(c, bits);
    if (digit < 0) return std::nullopt;
    held = (held << bits) | static_cast<std::uint32_t>(digit);
    held_bits += bits;
    if (held_bits < 8) continue;
    held_bits -= 8;
    out += static_cast<char>((held >> held_bits) & 0xFF);
    if (out.size() > limits::kShellValueBytesMax) return std::nullopt;
  }
  return out;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  return decode_digits(text, 6);
}
std::optional<std::string> decode_base32(std::string_view text) {
  return decode_digits(text, 5);
}
std::optional<std::string> decode_hex(std::string_view text) {
  return decode_digits(text, 4);
}

std::optional<std::string> decode_percent(std::string_view text) {
  if (text.size() > limits::kShellValueBytesMax) return std::nullopt;
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = text[at] == '%' && at + 2 < text.size() ? digit_of(text[at + 1], 4) : -1;
    const int low = high >= 0 ? digit_of(text[at + 2], 4) : -1;
    if (low < 0) {
      out += text[at];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return out;
}

std::optional<std::string> decode_rot13(std::string_view text) {
  if (text.size() > limits::kShellValueBytesMax) return std::nullopt;
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>('a' + (c - 'a' + 13) % 26);
    if (c >= 'A' && c <= 'Z') c = static_cast<char>('A' + (c - 'A' + 13) % 26);
  }
  return out;
}

std::optional<std::string> inflate_bytes(std::string_view bytes) {
  const bool gzip = bytes.starts_with("\x1f\x8b");
  const bool zlib =
      bytes.size() > 2 && (bytes[0] & 0x0F) == 8 &&
      (static_cast<std::uint8_t>(bytes[0]) * 256 + static_cast<std::uint8_t>(bytes[1])) % 31 == 0;
  // zlib's windowBits: +16 expects a gzip header, negative none at all.
  const int window = gzip ? 15 + 16 : zlib ? 15 : -15;
  z_stream stream{};
  if (inflateInit2(&stream, window) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib does not write to it
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, 16 * limits::kKiB> piece;
  int result = Z_OK;
  while (result == Z_OK && out.size() <= limits::kShellValueBytesMax) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END || out.size() > limits::kShellValueBytesMax) return std::nullopt;
  return out;
}

}  // namespace weir::shell
