#include "detect/verify.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/json.h"
#include "detect/entropy.h"
#include "detect/placeholder.h"

namespace weir::detect {
namespace {

constexpr std::size_t kCrcDigits = 6;

std::uint32_t crc32(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
  }
  return ~crc;
}

// prefix_ + 30 characters + 6 check digits.
Checked check_crc(std::string_view secret) {
  const auto underscore = secret.find('_');
  const std::string_view body = underscore == std::string_view::npos ? secret : secret.substr(underscore + 1);
  if (body.size() != 30 + kCrcDigits) return {};
  const bool agrees = crc32_base62(body.substr(0, 30)) == body.substr(30);
  return agrees ? Checked{Check::passed, "its check digits agree"}
                : Checked{Check::failed, "its check digits do not agree, so it was mistyped or invented"};
}

// Base 64 of either alphabet, with or without padding.
std::optional<Bytes> any_base64(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c == '-')
      plain += '+';
    else if (c == '_')
      plain += '/';
    else if (c != '=' && c != '\n' && c != '\r' && c != ' ' && c != '\t')
      plain += c;
  }
  while (plain.size() % 4 != 0)
    plain += '=';
  return from_base64(plain);
}

Checked check_jwt(std::string_view secret) {
  const auto dot = secret.find('.');
  if (dot == std::string_view::npos) return {Check::none, ""};
  const auto bytes = any_base64(secret.substr(0, dot));
  if (!bytes) return {Check::none, ""};
  const auto header = parse_json(as_text(*bytes), {.bytes_max = 16 * limits::kKiB, .depth_max = 16});
  if (!header || !header->is_object() || !header->has("alg")) return {Check::none, ""};
  return {Check::passed, "its header names the algorithm " + printable((*header)["alg"].text_or("?"), 16)};
}

// The account number stands in the 40 bits after the first, read as base 32.
Checked check_aws(std::string_view secret) {
  if (secret.size() != 20 || !(secret.starts_with("AKIA") || secret.starts_with("ASIA"))) return {};
  std::uint64_t bits = 0;
  for (const char c : secret.substr(4, 10)) {
    const bool letter = c >= 'A' && c <= 'Z';
    if (!letter && !(c >= '2' && c <= '7')) return {Check::failed, "it holds no account number"};
    bits = bits << 5 | static_cast<std::uint64_t>(letter ? c - 'A' : c - '2' + 26);
  }
  const std::uint64_t account = (bits >> 2 & 0x7fffffffff80) >> 7;
  std::string number = std::to_string(account);
  if (number.size() > 12) return {Check::failed, "it holds no account number"};
  number.insert(0, 12 - number.size(), '0');
  return {Check::passed, "it belongs to AWS account " + number};
}

Checked check_pem(std::string_view secret) {
  auto begin = secret.find("-----", 5);
  if (begin == std::string_view::npos) return {};
  begin += 5;
  const auto end = secret.find("-----END", begin);
  std::string_view body = secret.substr(begin, end == std::string_view::npos ? end : end - begin);
  if (body.find("ENCRYPTED") != std::string_view::npos || body.find(':') != std::string_view::npos)
    return {Check::failed, "it is encrypted"};
  std::string plain;  // "\n" may be written out, as in JSON
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '\\' && i + 1 < body.size())
      ++i;
    else if (body[i] != ' ' && body[i] != '\n' && body[i] != '\r' && body[i] != '\t' && body[i] != '"')
      plain += body[i];
  }
  if (is_filled(plain) || plain.find("...") != std::string::npos) return {Check::none, ""};
  if (end == std::string_view::npos) return {};
  const auto der = any_base64(plain);
  constexpr std::uint8_t kSequence = 0x30;  // X.690; OpenSSH keys begin with their name instead
  if (!der || der->empty()) return {Check::failed, "its body is no base64"};
  const bool sound = (*der)[0] == kSequence || as_text(*der).starts_with("openssh-key-v1");
  return sound ? Checked{Check::passed, "its body holds a key"}
               : Checked{Check::failed, "its body holds no key"};
}

Checked check_basic(std::string_view secret) {
  const auto bytes = any_base64(secret);
  if (!bytes) return {Check::none, ""};
  const std::string_view text = as_text(*bytes);
  const auto colon = text.find(':');
  const bool printable_only =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 127; });
  if (colon == std::string_view::npos || colon + 1 >= text.size() || !printable_only)
    return {Check::none, ""};
  if (is_template(text.substr(colon + 1))) return {Check::none, ""};
  return {Check::passed, "it decodes to a user and a password"};
}

// Words that stand for a password in examples.
Checked check_userinfo(std::string_view secret) {
  if (is_template(secret) || is_filled(secret)) return {Check::none, ""};
  constexpr std::array<std::string_view, 14> kWords = {
      "password", "passwd",   "mypassword", "yourpassword", "my-password", "your-password", "changeme",
      "secret",   "mysecret", "pwd",        "xxx",          "xxxx",        "redacted",      "token"};
  const std::string lower = to_lower_ascii(secret);
  if (std::find(kWords.begin(), kWords.end(), lower) != kWords.end()) return {Check::none, ""};
  return {};
}

// "jackson-2.11.0": what packages are called.
bool ends_in_version(std::string_view value) {
  std::size_t dots = 0;
  std::size_t i = value.size();
  while (i > 0 && ((value[i - 1] >= '0' && value[i - 1] <= '9') || value[i - 1] == '.'))
    if (value[--i] == '.') ++dots;
  return dots >= 2 && i < value.size() && value[i] != '.';
}

// Short passwords are believed when they mix what people mix; longer values when they look random.
Checked check_assigned(std::string_view secret) {
  if (is_placeholder_loose(secret) || is_identifier_like(secret)) return {Check::none, ""};
  if (secret.find("://") != std::string_view::npos || secret.starts_with("/") || secret.starts_with("./"))
    return {Check::none, ""};
  // Code, not a value: calls, members, indexes, generics.
  if (secret.find_first_of("()[]{}<>|&;\\") != std::string_view::npos) return {Check::none, ""};
  if (ends_in_version(secret)) return {Check::none, ""};
  const bool digit = std::any_of(secret.begin(), secret.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool letter =
      std::any_of(secret.begin(), secret.end(), [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; });
  if (!digit || !letter || is_wordy(secret)) return {Check::none, ""};
  constexpr double kEntropyMin = 3.0;
  if (shannon_entropy(secret) < kEntropyMin) return {Check::none, ""};
  return {};
}

}  // namespace

std::string crc32_base62(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::uint32_t rest = crc32(text);
  std::string out(kCrcDigits, '0');
  for (std::size_t i = kCrcDigits; i-- > 0; rest /= 62)
    out[i] = kDigits[rest % 62];
  return out;
}

bool luhn(std::string_view digits) {
  int sum = 0;
  std::size_t count = 0;
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (digits[i] == ' ' || digits[i] == '-') continue;
    if (digits[i] < '0' || digits[i] > '9') return false;
    int digit = digits[i] - '0';
    if (count % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
    ++count;
  }
  return count >= 12 && sum % 10 == 0;
}

Checked verify(std::string_view name, std::string_view secret, std::string_view match) {
  if (name == "github" || name == "npm") return check_crc(secret);
  if (name == "jwt") return check_jwt(secret);
  if (name == "aws") return check_aws(secret);
  if (name == "pem") return check_pem(match);
  if (name == "basic") return check_basic(secret);
  if (name == "luhn")
    return {luhn(secret) ? Check::passed : Check::none, luhn(secret) ? "its check digit agrees" : ""};
  if (name == "userinfo") return check_userinfo(secret);
  if (name == "assigned") return check_assigned(secret);
  return {};
}

}  // namespace weir::detect
