// One regular expression, exactly: where it matches and what its groups captured. RE2: time linear in the
// text, memory bounded by limits::kRegexMemoryBytesMax.
//
//   TRY(Regex key, Regex::compile("(?i)key\\s*=\\s*['\"]([^'\"]+)"));
//   if (auto found = key.find(text, 0)) use(text.substr(found->begin, found->size()), found->group(1));
//
// Syntax: RE2 (no back references, no look-around; \d and \w are ASCII). Texts are bytes: an expression
// matches Latin-1 unless `utf8` is asked for.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::match {

struct RegexOptions {
  bool ignore_case = false;
  bool dot_all = false;
  bool multi_line = false;
  bool utf8 = false;
};

struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::optional<std::string_view>> groups;  // 1 .. n, views of the text; none: took no part

  std::size_t size() const { return end - begin; }
  // Group n (from 1), "" when it took no part or there is none.
  std::string_view group(std::size_t n) const {
    return n >= 1 && n <= groups.size() && groups[n - 1] ? *groups[n - 1] : std::string_view();
  }
};

class Regex {
 public:
  static Result<Regex> compile(std::string_view expression, const RegexOptions& options = {});

  // The leftmost match that begins at `from` or later, as "^", "\b" see the whole text.
  std::optional<Match> find(std::string_view text, std::size_t from = 0) const;
  // The same within [from, to): a match ends at `to` or before, while "$" and "\b" still see what follows.
  std::optional<Match> find_in(std::string_view text, std::size_t from, std::size_t to) const;
  bool contains(std::string_view text) const;
  bool matches_all(std::string_view text) const;  // from its first byte to its last

  // Does every match hold one of `words` (lower case; letters of either case in the match)? True is certain;
  // false may only mean that it could not be shown. Costs as much as a compilation.
  bool requires_one_of(std::span<const std::string> words) const;

  // Words (lower case; a match may hold letters of either case) of which every match holds one, as few and as
  // long as could be found; none when there are no such words of at least `bytes_min` bytes. Costs as much as
  // some compilations.
  std::vector<std::string> required_words(std::size_t bytes_min) const;

  std::size_t groups() const;
  // Number of the group with this name; 0: there is none.
  std::size_t group_named(std::string_view name) const;
  const std::string& expression() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace weir::match
