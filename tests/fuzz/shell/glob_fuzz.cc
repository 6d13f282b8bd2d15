// Shell patterns and texts from anyone, a NUL byte between them: matching ends soon, agrees with a slow
// matcher that follows the definition, and a text whose every character is escaped matches itself.
#include "shell/glob.h"

#include <cstdint>
#include <string>

#include "base/result.h"

using weir::shell::glob_match;

namespace {

// Only `*`, `?` and the backslash; a pattern with brackets is not asked.
bool matches_slowly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*')
    return matches_slowly(pattern.substr(1), text) ||
           (!text.empty() && matches_slowly(pattern, text.substr(1)));
  if (text.empty()) return false;
  if (pattern.front() == '?') return matches_slowly(pattern.substr(1), text.substr(1));
  if (pattern.front() == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  return pattern.front() == text.front() && matches_slowly(pattern.substr(1), text.substr(1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(input.find('\0'), size);
  const std::string_view pattern = input.substr(0, cut);
  const std::string_view text = input.substr(std::min(cut + 1, size));

  const bool matched = glob_match(pattern, text);
  constexpr std::size_t kSlowMax = 16;  // the slow one takes exponential time
  if (input.size() <= kSlowMax && pattern.find('[') == std::string_view::npos)
    CHECK(matched == matches_slowly(pattern, text));

  std::string escaped;
  for (const char c : text)
    escaped += {'\\', c};
  CHECK(glob_match(escaped, text));
  CHECK(glob_match("*", text));
  return 0;
}
