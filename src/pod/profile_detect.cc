#include "pod/profile_detect.h"

#include <algorithm>

namespace weir::pod {
namespace {

bool fits(std::string_view pattern, std::string_view name) {
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) : name == pattern;
}

bool any_fits(const Json& patterns, const std::vector<std::string>& names) {
  return std::ranges::any_of(patterns.as_array(), [&](const Json& pattern) {
    return std::ranges::any_of(names, [&](const auto& name) { return fits(pattern.text_or(""), name); });
  });
}

}  // namespace

Result<std::vector<std::string>> detect_profiles(const Json& catalogue, std::string_view where,
                                                 const std::vector<std::string>& names) {
  if (!catalogue.is_object()) return fail("the catalogue of profiles is a map", std::string(where));
  std::vector<std::string> found;
  for (const auto& [profile, patterns] : catalogue.as_object()) {
    if (!patterns.is_array()) return fail("a list of names is expected", std::string(where) + ": " + profile);
    if (any_fits(patterns, names)) found.push_back(profile);
  }
  return found;
}

}  // namespace weir::pod
