// The table of mounts: whatever stands in it, parsing ends with values or an Error, and the questions asked
// of the result neither crash nor name a path that is not absolute.
#include <cstdint>
#include <cstdlib>

#include "pod/mountinfo.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto mounts = weir::pod::parse_mountinfo(text);
  if (!mounts) return 0;
  std::size_t asked = 0;
  for (const auto& mount : *mounts) {
    if (++asked > 64) break;
    if (!mount.point.starts_with('/')) std::abort();
    const auto* over = weir::pod::mount_over(*mounts, mount.point);
    if (over != nullptr && !weir::pod::is_within(mount.point, over->point)) std::abort();
    (void)weir::pod::other_paths(*mounts, mount.point + "/x");
  }
  return 0;
}
