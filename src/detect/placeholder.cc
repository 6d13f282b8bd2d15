#include "detect/placeholder.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <string>

#include "base/bytes.h"

namespace weir::detect {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_letter(char c) {
  return is_lower(c) || is_upper(c);
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::size_t distinct(std::string_view value) {
  std::bitset<256> seen;
  for (const char c : value)
    seen.set(static_cast<unsigned char>(c));
  return seen.count();
}

template <std::size_t N>
bool holds_any(std::string_view value, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return value.find(word) != std::string_view::npos; });
}

// 8-4-4-4-12 hex digits (RFC 9562).
bool is_uuid(std::string_view value) {
  if (value.size() != 36) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? value[i] != '-' : !is_hex(value[i])) return false;
  }
  return true;
}

// Digits, dots and few letters: 1.2.3-rc1, 2024-05-19T10:20.
bool is_version_or_date(std::string_view value) {
  if (value.empty() || !(is_digit(value[0]) || value[0] == 'v' || value.starts_with("rc"))) return false;
  std::size_t others = 0;
  std::size_t separators = 0;
  for (const char c : value) {
    if (c == '.' || c == '-' || c == ':' || c == '_' || c == '/')
      ++separators;
    else if (!is_digit(c))
      ++others;
  }
  return separators >= 2 && (others <= 3 || value.ends_with("SNAPSHOT"));
}

}  // namespace

bool is_template(std::string_view value) {
  constexpr std::array<std::string_view, 16> kAnywhere = {
      "${",     "{{",   "}}",       "$(",   "<%", "%>",  "os.environ",   "process.env",
      "getenv", "ENV[", "secrets.", "env.", "#{", "...", "\xe2\x80\xa6", "****"};
  if (value.empty() || holds_any(value, kAnywhere)) return true;
  const char first = value.front();
  const char last = value.back();
  if (first == '$' && value.size() > 1 && (is_letter(value[1]) || value[1] == '_' || is_digit(value[1])))
    return std::all_of(value.begin() + 1, value.end(), [](char c) {
      return is_letter(c) || is_digit(c) || c == '_' || c == ':' || c == '$';
    });
  if (first == '`' || first == '<' || first == '[' || first == '{' || first == '(') return true;
  return (first == '%' && last == '%') || (first == '%' && value.size() <= 3);
}

bool is_filled(std::string_view value) {
  constexpr std::size_t kRunMin = 5;
  constexpr std::size_t kZerosMin = 8;
  std::size_t run = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    run = i > 0 && value[i] == value[i - 1] ? run + 1 : 1;
    const bool filling = std::string_view("xX*#.").find(value[i]) != std::string_view::npos;
    if (filling && run >= kRunMin) return true;
    if (value[i] == '0' && run >= kZerosMin) return true;
  }
  return value.find("\xe2\x80\xa2\xe2\x80\xa2") != std::string_view::npos;  // ••
}

bool is_sequential(std::string_view value, std::size_t run_min) {
  std::size_t up = 1;
  std::size_t down = 1;
  for (std::size_t i = 1; i < value.size(); ++i) {
    const char a = value[i - 1];
    const char b = value[i];
    const bool kin =
        (is_digit(a) && is_digit(b)) || (is_lower(a) && is_lower(b)) || (is_upper(a) && is_upper(b));
    up = kin && b == a + 1 ? up + 1 : 1;
    down = kin && b == a - 1 ? down + 1 : 1;
    if (up >= run_min || down >= run_min) return true;
  }
  return false;
}

bool is_placeholder_exact(std::string_view value) {
  constexpr std::size_t kSequenceMin = 12;
  return is_template(value) || is_filled(value) || is_sequential(value, kSequenceMin) ||
         value.ends_with("EXAMPLE") || value.ends_with("EXAMPLEKEY");
}

bool is_placeholder_loose(std::string_view value) {
  constexpr std::size_t kSequenceMin = 6;
  constexpr std::size_t kDistinctMin = 5;
  constexpr std::array<std::string_view, 30> kWords = {
      "example",      "sample", "changeme", "change_me", "change-me",  "placeholder",
      "your",         "dummy",  "fake",     "redacted",  "notasecret", "not-a-secret",
      "not_a_secret", "insert", "replace",  "todo",      "fixme",      "undefined",
      "default",      "foobar", "hunter2",  "letmein",   "test1234",   "test-",
      "test_",        "mypass", "mysecret", "mytoken",   "xxx",        "deadbeef"};
  constexpr std::array<std::string_view, 16> kWhole = {
      "password", "passw0rd", "password1", "secret", "token", "test", "testing", "true",
      "false",    "null",     "none",      "admin",  "root",  "user", "pass",    "guest"};
  const std::string lower = to_lower_ascii(value);
  return is_placeholder_exact(value) || is_sequential(lower, kSequenceMin) ||
         distinct(lower) < kDistinctMin || holds_any(lower, kWords) ||
         std::find(kWhole.begin(), kWhole.end(), lower) != kWhole.end();
}

bool is_identifier_like(std::string_view value) {
  if (is_uuid(value) || is_version_or_date(value)) return true;
  for (const std::string_view prefix : {"sha1-", "sha256-", "sha384-", "sha512-",
                                        "sha1:", "sha256:", "sha512:", "md5:", "h1:", "urn:", "arn:"})
    if (value.starts_with(prefix)) return true;
  // SHA-1 (git), SHA-256, SHA-512 in hex; 32 digits stay, many issuers' keys look so.
  const bool hex = std::all_of(value.begin(), value.end(), is_hex);
  return hex && (value.size() == 40 || value.size() == 64 || value.size() == 128);
}

bool is_wordy(std::string_view value) {
  std::size_t digits = 0;
  std::size_t letters = 0;
  std::size_t runs = 0;     // of letters, ended by a separator or a digit
  std::size_t changes = 0;  // lower to upper inside a word, as in camelCase
  char previous = ' ';
  for (const char c : value) {
    if (is_digit(c)) ++digits;
    if (is_letter(c)) ++letters;
    if (is_letter(c) && !is_letter(previous)) ++runs;
    if (is_upper(c) && is_lower(previous)) ++changes;
    previous = c;
  }
  if (letters == 0) return true;  // numbers alone are no secrets of this kind
  const double word_length = static_cast<double>(letters) / static_cast<double>(runs + changes);
  constexpr double kWordMin = 3.2;  // random base64 has letters in runs of two or three
  return word_length >= kWordMin && digits * 5 <= letters;
}

}  // namespace weir::detect
