// A place in the store: a segment and a byte offset in it. Positions grow with every append and are never
// reused, so they order records better than any clock, and a reader that stopped can go on from one.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::store {

struct Position {
  std::uint64_t segment = 0;  // from 1; 0: before everything
  std::uint64_t offset = 0;   // of a frame, or of the end of a batch
  auto operator<=>(const Position&) const = default;
};

// "3:4096", as in the API and in server-sent event ids.
std::string to_text(const Position& position);
std::optional<Position> position_from(std::string_view text);

}  // namespace weir::store
