#include "cedar/source.h"

#include <fmt/format.h>

namespace weir::cedar {

Position LineCounter::at(std::uint32_t offset) {
  for (; offset_ < offset && offset_ < text_.size(); ++offset_) {
    const auto byte = static_cast<unsigned char>(text_[offset_]);
    if (byte == '\n')
      position_ = {position_.line + 1, 1};
    else if ((byte & 0xC0) != 0x80)  // not a continuation byte: UTF-8 characters count once
      ++position_.column;
  }
  return position_;
}

Position position_of(std::string_view text, std::uint32_t offset) {
  return LineCounter(text).at(offset);
}

Error ParseError::in(std::string_view text, std::string_view name) const {
  const Position at = position_of(text, span.begin);
  return Error{code, what, fmt::format("{}{}{}:{}", name, name.empty() ? "" : ":", at.line, at.column), hint};
}

}  // namespace weir::cedar
