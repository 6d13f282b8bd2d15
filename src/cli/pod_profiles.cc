#include "cli/pod_profiles.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "content.h"
#include "os/files.h"

namespace weir::cli {
namespace {

constexpr int kExtendsMax = 8;
constexpr std::size_t kProfileBytesMax = std::size_t{64} * 1024;

// Those that ship and the person's own.
std::string known_names(const os::Places& places) {
  constexpr std::string_view kEnding = ".yaml";
  std::set<std::string> known;
  for (const auto& file : content_files())
    if (file.name.starts_with("pods/") && file.name.ends_with(kEnding))
      known.emplace(file.name.substr(5, file.name.size() - 5 - kEnding.size()));
  for (const auto& file : os::list_dir(places.config + "/pods"))
    if (file.ends_with(kEnding)) known.insert(printable(file.substr(0, file.size() - kEnding.size()), 60));
  std::string names;
  for (const auto& name : known)
    names += (names.empty() ? "" : ", ") + name;
  return names;
}

Result<pod::PodProfile> one_profile(const std::string& name, const os::Places& places) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '+';
  });
  if (!plain) return fail("not the name of a profile", printable(name, 60), "letters, digits, - _ +");
  const std::string own = places.config + "/pods/" + name + ".yaml";
  if (os::exists(own)) {
    TRY(const std::string text, os::read_file(own, kProfileBytesMax));
    return pod::parse_profile(text, own);
  }
  const std::string shipped = "pods/" + name + ".yaml";
  for (const auto& file : content_files())
    if (file.name == shipped) return pod::parse_profile(file.bytes, shipped);
  return fail(ErrorCode::not_found, "no such pod profile", name, "there are " + known_names(places));
}

}  // namespace

Result<pod::PodProfile> load_pod_profile(const std::string& name, const os::Places& places) {
  TRY(pod::PodProfile profile, one_profile(name, places));
  std::string base = profile.extends;
  for (int depth = 0; !base.empty(); ++depth) {
    if (depth == kExtendsMax)
      return fail(ErrorCode::limit, "pod profiles extend each other more than 8 times", name);
    TRY(const pod::PodProfile below, one_profile(base, places));
    base = below.extends;
    profile = pod::merged(below, profile);
  }
  return profile;
}

}  // namespace weir::cli
