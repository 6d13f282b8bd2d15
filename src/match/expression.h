// A regular expression as a tree, over bytes: for what has to be known of it beyond matching.
//
//   TRY(const Expression tree, parse_expression("(?i)ab|[0-9]{2,4}"));
//
// Reads what RE2 and Go share: alternatives, groups (also named), classes, \d \w \s and their opposites,
// repeats (greedy or not), \b ^ $ \A \z, escapes of single bytes, the flags i and s. Anything else, also
// Unicode classes, is an error: the caller does without the tree. Characters beyond ASCII are their bytes;
// with flag i such a byte stands for all of them, which matches more than it should and never less.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::match {

using ByteSet = std::bitset<256>;

struct Expression {
  enum class Kind { set, sequence, choice, repeat, word_boundary, begin, end };
  static constexpr std::size_t kUnbounded = ~std::size_t{0};

  Kind kind = Kind::sequence;
  ByteSet set = {};                       // set: one byte of these
  std::size_t min = 0;                    // repeat
  std::size_t max = 0;                    // repeat
  std::vector<Expression> children = {};  // sequence, choice: in order; repeat: one
};

// Errors: `invalid` for what this does not read, `limit` for depth and size (limits::kPatternBytesMax).
Result<Expression> parse_expression(std::string_view text);

// Bytes of the longest text that it matches; none when there is no bound.
std::optional<std::size_t> longest_text(const Expression& expression);

// Does every text that it matches hold one of `words` (lower case; letters of either case in the text)? True
// is certain, false may only mean that it could not be shown.
bool always_holds_one_of(const Expression& expression, std::span<const std::string> words);

}  // namespace weir::match
