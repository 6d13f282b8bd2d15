// Pod profiles, a person's own or from a repository: any bytes are a profile or an Error that names the file,
// and a profile keeps within its limits and can be merged.
#include <cstdint>
#include <string_view>

#include "pod/profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto profile = pod::parse_profile(text, "fuzz.yaml");
  if (!profile) {
    CHECK(!profile.error().what.empty());
    return 0;
  }
  CHECK(!profile->name.empty() && profile->read_only.size() <= 256 && profile->environment.size() <= 256);
  for (const auto& path : profile->read_only)
    CHECK(path.starts_with('/'));
  const pod::PodProfile both = pod::merged(*profile, *profile);
  CHECK(both.name == profile->name && both.limits == profile->limits);
  pod::PodLimits limits;
  (void)pod::apply_limits_text(text, limits);
  return 0;
}
