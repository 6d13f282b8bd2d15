// Going through all segments in order.
//
//   TRY(Position next, walk({.dir = dir, .from = from}, [&](const SegmentReader& reader, const Batch& batch)
//   {
//     …
//     return true;   // go on
//   }));
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/segment.h"

namespace weir::store {

struct WalkOptions {
  std::string dir;
  Position from;                // a place given out earlier; {0, 0}: the beginning
  std::optional<Position> end;  // go no further; none: the end as it is now
  ReadMode mode = ReadMode::strict;
  std::vector<Damage>* damages = nullptr;  // scan mode: filled with what was passed over
};

// False ends the walk after this batch.
using OnBatch = std::function<Result<bool>(const SegmentReader& reader, const Batch& batch)>;

// Calls `on_batch` for every whole batch at or after `from` (from the batch that holds it); the place behind
// the last one. In strict mode damage, a missing segment and a segment that does not continue the one before
// are errors `corrupt`.
Result<Position> walk(const WalkOptions& options, const OnBatch& on_batch);

}  // namespace weir::store
