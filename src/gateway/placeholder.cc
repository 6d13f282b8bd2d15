#include "gateway/placeholder.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "gateway/gateway_limits.h"
#include "os/random.h"

namespace weir::gateway {
namespace {

// Fewer random characters than this could be met by chance, or guessed.
constexpr std::size_t kRandomMin = 10;

// The longer of two that fit goes first.
constexpr std::array<std::string_view, 30> kPrefixes = {
    "sk-ant-api03-", "sk-ant-oat01-", "sk-ant-sid01-", "sk-ant-",  "sk-proj-", "sk-svcacct-",
    "sk-or-v1-",     "sk-",           "github_pat_",   "ghp_",     "gho_",     "ghu_",
    "ghs_",          "ghr_",          "glpat-",        "xoxb-",    "xoxp-",    "AKIA",
    "ASIA",          "AIza",          "npm_",          "pypi-",    "hf_",      "gsk_",
    "xai-",          "dop_v1_",       "SG.",           "rk_live_", "sk_live_", "sk_test_"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_kept(char c) {
  return !is_digit(c) && !is_lower(c) && !is_upper(c);
}

std::size_t kept_at_front(std::string_view value) {
  // A JSON Web Token: base64 of {" at the front, three parts.
  if (value.starts_with("eyJ") && std::ranges::count(value, '.') == 2) return value.rfind('.') + 1;
  for (const auto prefix : kPrefixes)
    if (value.starts_with(prefix)) return prefix.size();
  return 0;
}

// The characters that may stand where the value has one: digits, letters of a case, hexadecimal ones only.
std::string alphabet_of(std::string_view text) {
  const bool hex =
      std::ranges::all_of(text, [](char c) { return is_kept(c) || is_digit(c) || (c >= 'a' && c <= 'f'); });
  std::string alphabet;
  if (std::ranges::any_of(text, is_digit)) alphabet += "0123456789";
  if (std::ranges::any_of(text, is_lower)) alphabet += hex ? "abcdef" : "abcdefghijklmnopqrstuvwxyz";
  if (std::ranges::any_of(text, is_upper)) alphabet += "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return alphabet;
}

char random_of(const std::string& alphabet) {
  // Without a preference for any of them: what is beyond the last whole multiple is thrown again.
  const std::size_t fair = 256 / alphabet.size() * alphabet.size();
  while (true)
    if (const std::size_t byte = os::random_bytes<1>()[0]; byte < fair)
      return alphabet[byte % alphabet.size()];
}

}  // namespace

Result<std::string> make_placeholder(std::string_view value) {
  if (value.size() > limits::kCredentialBytesMax)
    return fail(ErrorCode::limit, "a credential is longer than 8 KiB");
  if (!std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7f; }))
    return fail("a credential has a byte that no header carries", {},
                "one line of visible ASCII characters, without spaces");
  const std::size_t kept = kept_at_front(value);
  const std::string_view rest = value.substr(kept);
  const std::string alphabet = alphabet_of(rest);
  const auto random =
      static_cast<std::size_t>(std::ranges::count_if(rest, [](char c) { return !is_kept(c); }));
  if (random < kRandomMin || alphabet.size() < 2)
    return fail("a credential is too short to be told from other text", {},
                "at least " + std::to_string(kRandomMin) + " letters and digits");
  std::string placeholder(value);
  do {
    for (std::size_t i = kept; i < value.size(); ++i)
      if (!is_kept(value[i])) placeholder[i] = random_of(alphabet);
  } while (placeholder == value);
  return placeholder;
}

}  // namespace weir::gateway
