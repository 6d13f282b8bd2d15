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

// The home directory that begins `path`, "" if none: the user's own, or one by convention.
std::string_view home_prefix(std::string_view path, std::string_view home) {
  if (!home.empty() && home != "/" && path.starts_with(home) &&
      (path.size() == home.size() || path[home.size()] == '/'))
    return path.substr(0, home.size());
  if (path.starts_with("/root/")) return path.substr(0, 5);
  for (const std::string_view parent : {"/home/", "/Users/"}) {
    if (!path.starts_with(parent)) continue;
    const auto end = path.find('/', parent.size());
    return path.substr(0, end);
  }
  return {};
}

bool matches_anywhere(std::string_view glob, std::string_view path) {
  // Tried at the root and after every slash, so that "**/.git/config" and ".git/config" mean the same.
  for (std::size_t at = 0; at != std::string_view::npos; at = path.find('/', at + 1))
    if (glob_matches(glob, path.substr(at + 1))) return true;
  return false;
}

bool path_matches(std::string_view glob, std::string_view path, std::string_view home) {
  if (glob.starts_with("~/")) {
    const std::string_view prefix = home_prefix(path, home);
    if (prefix.empty() || path.size() <= prefix.size() + 1) return false;
    return glob_matches(glob.substr(2), path.substr(prefix.size() + 1));
  }
  if (glob.starts_with("/")) return glob_matches(glob, path);
  return matches_anywhere(glob, path);
}

bool any_matches(const std::vector<std::string>& globs, std::string_view path, std::string_view home) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const auto& glob) { return path_matches(glob, path, home); });
}

}  // namespace

// Two kinds of star, each with one point to come back to: `**` may swallow anything, `*` anything but a
// slash.
bool glob_matches(std::string_view glob, std::string_view text) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t g = 0, t = 0;
  std::size_t star_g = kNone, star_t = 0;  // last `*`
  std::size_t deep_g = kNone, deep_t = 0;  // last `**`
  while (t < text.size()) {
    if (g + 1 < glob.size() && glob[g] == '*' && glob[g + 1] == '*') {
      g += 2;
      if (g < glob.size() && glob[g] == '/') ++g;  // "**/" may also match nothing
      deep_g = g;
      deep_t = t;
      star_g = kNone;
      continue;
    }
    if (g < glob.size() && glob[g] == '*') {
      star_g = ++g;
      star_t = t;
      continue;
    }
    if (g < glob.size() && (glob[g] == text[t] || (glob[g] == '?' && text[t] != '/'))) {
      ++g;
      ++t;
      continue;
    }
    if (star_g != kNone && text[star_t] != '/') {
      g = star_g;
      t = ++star_t;
      continue;
    }
    if (deep_g == kNone) return false;
    star_g = kNone;
    g = deep_g;
    t = ++deep_t;
  }
  while (g < glob.size() && glob[g] == '*')
    ++g;
  return g == glob.size();
}

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
      TRY(one.globs, texts(item["globs"], where));
      TRY(one.except, texts(item["except"], where));
      if (one.globs.empty()) return fail("a path class needs `globs`", where);
      result.classes_.push_back(std::move(one));
    }
  }
  return result;
}

bool PathClasses::has(std::string_view id) const {
  return std::any_of(classes_.begin(), classes_.end(), [&](const Class& one) { return one.id == id; });
}

std::vector<std::string> PathClasses::of(std::string_view path, std::string_view home) const {
  std::vector<std::string> ids;
  for (const auto& one : classes_)
    if (any_matches(one.globs, path, home) && !any_matches(one.except, path, home)) ids.push_back(one.id);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

std::vector<std::string> PathClasses::inside(std::string_view directory, std::string_view home) const {
  // A name that no glob spells out: only `*` and `**` can match it.
  const std::string any = std::string(directory) + "/\x01";
  std::vector<std::string> ids;
  for (const auto& one : classes_)
    if (!one.permits && any_matches(one.globs, any, home) && !any_matches(one.except, any, home))
      ids.push_back(one.id);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace weir::guard
