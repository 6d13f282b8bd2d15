#include "changes/path_glob.h"

#include <algorithm>

#include "base/bytes.h"

namespace weir::changes {
namespace {

constexpr std::size_t kGlobBytesMax = 256;

bool has_wildcard(std::string_view segment) {
  return segment.find_first_of("*?") != std::string_view::npos;
}

// Not every name matches it.
bool is_particular(std::string_view segment) {
  return segment.find_first_not_of("*?") != std::string_view::npos;
}

// Linear but for the last `*`, which alone is tried again.
bool name_matches(std::string_view glob, std::string_view name) {
  std::size_t g = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t after = 0;
  while (n < name.size()) {
    if (g < glob.size() && (glob[g] == '?' || glob[g] == name[n]) && glob[g] != '*') {
      ++g;
      ++n;
    } else if (g < glob.size() && glob[g] == '*') {
      star = g++;
      after = n;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      n = ++after;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*')
    ++g;
  return g == glob.size();
}

}  // namespace

Segments segments_of(std::string_view path) {
  Segments out;
  for (const auto one : split(path, '/'))
    out.push_back(to_lower_ascii(one));
  return out;
}

Result<PathGlob> PathGlob::parse(std::string_view text) {
  const std::string shown = printable(text, kGlobBytesMax);
  if (text.empty() || text.size() > kGlobBytesMax) return fail("a glob has 1 to 256 bytes", shown);
  PathGlob glob;
  glob.text_ = std::string(text);
  glob.segments_ = segments_of(text);
  if (glob.segments_.back() == "**") {
    glob.everything_below_ = true;
    glob.segments_.pop_back();
  }
  if (glob.segments_.empty())
    return fail("this glob names every path", shown, "name a directory before `**`");
  for (const auto& one : glob.segments_) {
    if (one.empty() || one == "." || one == "..")
      return fail("a glob has no empty names, `.` or `..`", shown,
                  "it matches at any depth without a leading `/`");
    if (one.find("**") != std::string::npos) return fail("`**` stands only at the end of a glob", shown);
    if (glob.key_.empty() && !has_wildcard(one)) glob.key_ = one;
  }
  const bool says_something = std::any_of(glob.segments_.begin(), glob.segments_.end(), is_particular);
  if (!says_something) return fail("this glob names every path", shown, "spell out a part of a name");
  return glob;
}

bool PathGlob::matches_at(const Segments& path, std::size_t begin, std::size_t count) const {
  for (std::size_t i = 0; i < count; ++i)
    if (!name_matches(segments_[i], path[begin + i])) return false;
  return true;
}

std::optional<std::size_t> PathGlob::match(const Segments& path) const {
  const std::size_t count = segments_.size();
  if (path.size() < count + (everything_below_ ? 1 : 0)) return std::nullopt;
  const std::size_t last = path.size() - count - (everything_below_ ? 1 : 0);
  for (std::size_t begin = everything_below_ ? 0 : last; begin <= last; ++begin)
    if (matches_at(path, begin, count)) return begin;
  return std::nullopt;
}

std::optional<std::size_t> PathGlob::match_above(const Segments& path) const {
  // With "**" the whole of the glob is a directory, else all but its last name.
  const std::size_t most = segments_.size() - (everything_below_ ? 0 : 1);
  for (std::size_t count = std::min(most, path.size()); count > 0; --count) {
    const bool particular =
        std::any_of(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(count),
                    [](const auto& one) { return is_particular(one); });
    if (particular && matches_at(path, path.size() - count, count)) return path.size() - count;
  }
  return std::nullopt;
}

std::vector<std::string> PathGlob::spelled_out() const {
  std::vector<std::string> out;
  std::string path;
  for (const auto one : split(text_, '/')) {
    if (has_wildcard(one)) break;
    path += (path.empty() ? "" : "/") + std::string(one);
    out.push_back(path);
  }
  return out;
}

}  // namespace weir::changes
