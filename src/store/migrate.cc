#include "store/migrate.h"

#include <array>

namespace weir::store {

std::span<const SegmentFormat> segment_formats() {
  static constexpr std::array<SegmentFormat, 1> kFormats = {{{1, "first format", nullptr}}};
  return kFormats;
}

Status check_version(std::span<const SegmentFormat> formats, std::uint16_t version,
                     const std::string& where) {
  if (version > formats.back().version)
    return fail(ErrorCode::unavailable,
                "written in store format " + std::to_string(version) + ", this weir reads up to " +
                    std::to_string(formats.back().version),
                where, "install the newer weir that wrote it; nothing was changed");
  if (version < formats.front().version)
    return fail(ErrorCode::invalid, "there is no store format " + std::to_string(version), where);
  return {};
}

Result<std::string> upgrade_payload(std::span<const SegmentFormat> formats, std::uint16_t version,
                                    FrameType type, std::string payload) {
  for (const SegmentFormat& format : formats) {
    if (format.version < version || format.upgrade == nullptr) continue;
    TRY(payload, format.upgrade(type, std::move(payload)));
  }
  return payload;
}

}  // namespace weir::store
