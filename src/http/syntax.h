// The bytes that names and values of HTTP are made of (RFC 9110 section 5.6), for the parsers and writers of
// this room.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace weir::http {

namespace syntax {

inline constexpr std::uint8_t kToken = 1;   // tchar
inline constexpr std::uint8_t kField = 2;   // visible, space, tab, or beyond ASCII: what a value may hold
inline constexpr std::uint8_t kTarget = 4;  // visible ASCII: what a request target may hold

inline constexpr std::array<std::uint8_t, 256> kKinds = [] {
  std::array<std::uint8_t, 256> kinds{};
  for (std::size_t c = 0; c < kinds.size(); ++c) {
    const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter_or_digit || (c != 0 && std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(c))))
      kinds[c] |= kToken;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) kinds[c] |= kField;
    if (c > 0x20 && c < 0x7f) kinds[c] |= kTarget;
  }
  return kinds;
}();

constexpr bool all(std::string_view text, std::uint8_t kind) {
  // No early end: the loop over ordinary text has nothing to branch on.
  std::uint8_t shared = kind;
  for (const char c : text)
    shared &= kKinds[static_cast<unsigned char>(c)];
  return shared == kind;
}

}  // namespace syntax

constexpr bool is_token_byte(char c) {
  return (syntax::kKinds[static_cast<unsigned char>(c)] & syntax::kToken) != 0;
}
constexpr bool is_token(std::string_view text) {
  return !text.empty() && syntax::all(text, syntax::kToken);
}
constexpr bool is_field_byte(char c) {
  return (syntax::kKinds[static_cast<unsigned char>(c)] & syntax::kField) != 0;
}
// Eight bytes at once; where one of them is below space or DEL the table says whether it is a tab.
inline bool is_field_text(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  std::size_t at = 0;
  for (std::uint64_t eight = 0; at + sizeof eight <= text.size(); at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    const std::uint64_t del = eight ^ kOnes * 0x7f;
    const std::uint64_t odd = ((eight - kOnes * 0x20) & ~eight) | ((del - kOnes) & ~del);
    if ((odd & kHighs) != 0 && !syntax::all(text.substr(at, sizeof eight), syntax::kField)) return false;
  }
  return syntax::all(text.substr(at), syntax::kField);
}
constexpr bool is_target_text(std::string_view text) {
  return !text.empty() && syntax::all(text, syntax::kTarget);
}

// Without the spaces and tabs around it.
constexpr std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

// ASCII letters of either case are equal; `lower` has none in upper case.
constexpr bool same_word(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != lower[i]) return false;
  }
  return true;
}

// Digits and nothing else; none for anything else, also a sign, a space or a number that does not fit.
inline std::optional<std::uint64_t> whole_number(std::string_view text, int base = 10) {
  std::uint64_t value = 0;
  const char* const past = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), past, value, base);
  if (error != std::errc() || end != past) return std::nullopt;
  return value;
}

// Calls `see(word)` with each part of a comma-separated list, without the blanks around it; empty parts too.
void for_each_word(std::string_view list, auto see) {
  while (true) {
    const auto comma = list.find(',');
    see(trim_blanks(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace weir::http
