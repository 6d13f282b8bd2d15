// Places in a policy or schema text, and the errors of its parsers.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::cedar {

// Bytes [begin, end) of the text.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

// Line and column, both from 1; columns count characters (code points), as editors do.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};
Position position_of(std::string_view text, std::uint32_t offset);

// position_of() for offsets that only grow, in time linear in the text.
class LineCounter {
 public:
  explicit LineCounter(std::string_view text) : text_(text) {}
  Position at(std::uint32_t offset);

 private:
  std::string_view text_;
  std::uint32_t offset_ = 0;
  Position position_;
};

// One mistake in a text. `what` and `hint` are as in weir::Error.
struct ParseError {
  ErrorCode code = ErrorCode::invalid;
  std::string what;
  std::string hint;
  Span span;

  // With `where` = "name:line:column" (or "line:column" when the text has no name).
  Error in(std::string_view text, std::string_view name) const;
};

template <class T>
using Parsed = std::expected<T, ParseError>;

}  // namespace weir::cedar
