#include "shell/glob.h"

#include <cstddef>

namespace weir::shell {
namespace {

// Matches one character at pattern[at]; moves `at` behind the element.
bool match_one(std::string_view pattern, std::size_t& at, char c) {
  const char p = pattern[at];
  if (p == '?') {
    ++at;
    return true;
  }
  if (p == '\\' && at + 1 < pattern.size()) {
    at += 2;
    return pattern[at - 1] == c;
  }
  if (p != '[') {
    ++at;
    return p == c;
  }
  std::size_t i = at + 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < pattern.size() && (first || pattern[i] != ']'); first = false, ++i) {
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      found = found || (pattern[i] <= c && c <= pattern[i + 2]);
      i += 2;
    } else {
      found = found || pattern[i] == c;
    }
  }
  if (i >= pattern.size()) {  // no closing bracket: an ordinary [
    ++at;
    return c == '[';
  }
  at = i + 1;
  return found != negated;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_text = t;
      continue;
    }
    if (p < pattern.size() && match_one(pattern, p, text[t])) {
      ++t;
      continue;
    }
    if (star == std::string_view::npos) return false;
    p = star;
    t = ++star_text;
  }
  while (p < pattern.size() && pattern[p] == '*')
    ++p;
  return p == pattern.size();
}

}  // namespace weir::shell
