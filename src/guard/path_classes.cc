#include "guard/path_classes.h"

#include <algorithm>

#include "base/yaml.h"

namespace weir::guard {
namespace {

Result<std::vector<std::string>> texts(const Json& list, const std::string& where) {
  std::vector<std::string> out;
  if (list.is_null()) return out;
  if (!list.is_array()) return fail("not a list of globs", where);
  for (const auto& item : list.as_array()) {
    if (!item.is_string() || item.as_string().empty()) return fail("a glob must be text", where);
    out.push_back(item.as_string());
  }
  return out;
}

bool any_matches(const std::vector<std::string>& globs, std::string_view path, std::string_view home) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const auto& glob) { return path_matches(glob, path, home); });
}

}  // namespace

Result<PathClasses> PathClasses::parse(std::span<const NamedText> catalogues) {
  PathClasses result;
  for (const auto& catalogue : catalogues) {
    TRY(const Json json, parse_yaml(catalogue.text, catalogue.name));
    const Json& list = json["classes"];
    if (!list.is_array()) return fail("a path catalogue needs a list `classes`", catalogue.name);
    for (const auto& item : list.as_array()) {
      Class one;
      one.id = item["id"].text_or("");
      if (one.id.empty()) return fail("a path class needs an `id`", catalogue.name);
      const std::string where = catalogue.name + ": " + one.id;
      one.permits = item["permits"].bool_or(false);
      TRY(auto globs, texts(item["globs"], where));
      TRY(one.except, texts(item["except"], where));
      if (globs.empty()) return fail("a path class needs `globs`", where);
      for (auto& glob : globs)
        result.index_.add(std::move(glob), static_cast<std::uint32_t>(result.classes_.size()));
      result.classes_.push_back(std::move(one));
    }
  }
  return result;
}

bool PathClasses::has(std::string_view id) const {
  return std::any_of(classes_.begin(), classes_.end(), [&](const Class& one) { return one.id == id; });
}

std::vector<std::string> PathClasses::of(std::string_view path, std::string_view home) const {
  return matching(path, home, false);
}

std::vector<std::string> PathClasses::inside(std::string_view directory, std::string_view home) const {
  // A name that no glob spells out: only `*` and `**` can match it.
  return matching(std::string(directory) + "/\x01", home, true);
}

std::vector<std::string> PathClasses::matching(std::string_view path, std::string_view home,
                                               bool without_permits) const {
  std::vector<std::uint32_t> numbers;
  index_.find(path, home, numbers);
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::vector<std::string> ids;
  for (const std::uint32_t number : numbers) {
    const Class& one = classes_[number];
    if (without_permits && one.permits) continue;
    if (!any_matches(one.except, path, home)) ids.push_back(one.id);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace weir::guard
