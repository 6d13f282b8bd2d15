// Format versions of segments, and the way from each to the next.
//
// Segments are immutable, so nothing is rewritten when the format moves on: an old segment is upgraded while
// it is read, payload by payload, through the chain of its version's successors. A version newer than the
// last of the table is refused. The index carries its own version and is rebuilt instead
// (store/sqlite_index.h).
//
//   TRY_STATUS(check_version(segment_formats(), header.version, file));
//   TRY(std::string now, upgrade_payload(segment_formats(), header.version, type, payload));
//
// To add version N+1: append a row, give row N its `upgrade`, add a golden file tests/cases/store/vN+1.seg
// and keep the old ones.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/frame.h"

namespace weir::store {

struct SegmentFormat {
  std::uint16_t version = 0;
  std::string_view what;  // what changed, for people
  // Turns a plain payload of this version into one of the next; null in the last row.
  Result<std::string> (*upgrade)(FrameType type, std::string payload) = nullptr;
};

// Ascending without holes; the last is what this program writes.
std::span<const SegmentFormat> segment_formats();
inline std::uint16_t current_version() {
  return segment_formats().back().version;
}

// Error `unavailable` for a version newer than the table's last, `invalid` for one older than its first.
Status check_version(std::span<const SegmentFormat> formats, std::uint16_t version, const std::string& where);
Result<std::string> upgrade_payload(std::span<const SegmentFormat> formats, std::uint16_t version,
                                    FrameType type, std::string payload);

}  // namespace weir::store
