// An expression cut at its gaps; used by sieve.cc only.
//
//   "\bignore\b[^.!?]*\brules?\b"  ->  one way of two parts: "\bignore\b", then "\brules?\b" behind a gap
//   that
//                                      holds anything but ".", "!" and "?"
//
// A gap is a repeat of many different bytes. Alternatives at the top are ways of their own. Every match of
// the expression holds all parts of one of its ways, in order, each behind the one before, and between two of
// them only what the gap can hold.
#pragma once

#include <vector>

#include "match/expression.h"

namespace weir::match {

struct Part {
  std::vector<Expression> row;
  ByteSet stops;  // bytes that end the wait for this part, once the part before it was found
};
using Way = std::vector<Part>;

// A way without parts can match anywhere.
std::vector<Way> ways_of(const Expression& expression);

}  // namespace weir::match
