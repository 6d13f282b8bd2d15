#include "guard/glob_index.h"

#include <algorithm>

namespace weir::guard {
namespace {

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

bool is_wild(char c) {
  return c == '*' || c == '?';
}

// The longest name of `glob` that a matching path must have as one of its names: without a wild card, and
// with a slash or an end at both sides. What follows "**/" may begin in the middle of a name.
std::string_view name_spelled_out(std::string_view glob) {
  std::string_view best;
  std::size_t begin = 0;
  bool begins_name = true;
  for (std::size_t i = 0; i <= glob.size(); ++i) {
    if (i < glob.size() && glob[i] != '/') continue;
    const std::string_view name = glob.substr(begin, i - begin);
    const bool plain = std::none_of(name.begin(), name.end(), is_wild);
    if (begins_name && plain && name.size() > best.size()) best = name;
    begins_name = !name.ends_with("**");
    begin = i + 1;
  }
  return best;
}

std::uint64_t length_bit(std::string_view name) {
  return std::uint64_t{1} << std::min<std::size_t>(name.size(), 63);
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

bool path_matches(std::string_view glob, std::string_view path, std::string_view home) {
  if (glob.starts_with("~/")) {
    const std::string_view prefix = home_prefix(path, home);
    if (prefix.empty() || path.size() <= prefix.size() + 1) return false;
    return glob_matches(glob.substr(2), path.substr(prefix.size() + 1));
  }
  if (glob.starts_with("/")) return glob_matches(glob, path);
  return matches_anywhere(glob, path);
}

void GlobIndex::add(std::string glob, std::uint32_t owner) {
  const auto number = static_cast<std::uint32_t>(globs_.size());
  const std::string_view body = std::string_view(glob).substr(glob.starts_with("~/") ? 2 : 0);
  Glob one{{}, owner, {}, false};
  if (const std::string_view name = name_spelled_out(body); !name.empty()) {
    by_name_[std::string(name)].push_back(number);
    lengths_ |= length_bit(name);
    const auto letter = static_cast<unsigned char>(name[0]);
    letters_[letter / 64] |= std::uint64_t{1} << (letter % 64);
  } else {
    others_.push_back(number);
    const auto wild_last = body.find_last_of("*?");
    if (wild_last + 1 < body.size()) {
      // "**/x" may match nothing before the x, so its slash does not count.
      const bool deep = body.substr(0, wild_last + 1).ends_with("**") && body[wild_last + 1] == '/';
      one.part = body.substr(wild_last + (deep ? 2 : 1));
      one.at_end = true;
    } else if (const auto wild_first = body.find_first_of("*?"); wild_first != std::string_view::npos) {
      one.part = body.substr(0, wild_first);
    }
  }
  one.text = std::move(glob);
  globs_.push_back(std::move(one));
}

void GlobIndex::try_all(const std::vector<std::uint32_t>& numbers, std::string_view path,
                        std::string_view home, std::vector<std::uint32_t>& owners) const {
  for (const std::uint32_t number : numbers)
    if (path_matches(globs_[number].text, path, home)) owners.push_back(globs_[number].owner);
}

void GlobIndex::find(std::string_view path, std::string_view home, std::vector<std::uint32_t>& owners) const {
  if (!path.starts_with('/')) {  // no path as the catalogue means it: nothing is known of its names
    for (const Glob& glob : globs_)
      if (path_matches(glob.text, path, home)) owners.push_back(glob.owner);
    return;
  }
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    begin = end + 1;
    if ((lengths_ & length_bit(name)) == 0 || name.empty()) continue;
    const auto letter = static_cast<unsigned char>(name[0]);
    if ((letters_[letter / 64] >> (letter % 64) & 1) == 0) continue;
    if (const auto found = by_name_.find(name); found != by_name_.end())
      try_all(found->second, path, home, owners);
  }
  for (const std::uint32_t number : others_) {
    const Glob& glob = globs_[number];
    if (glob.at_end ? !path.ends_with(glob.part) : path.find(glob.part) == std::string_view::npos) continue;
    if (path_matches(glob.text, path, home)) owners.push_back(glob.owner);
  }
}

}  // namespace weir::guard
