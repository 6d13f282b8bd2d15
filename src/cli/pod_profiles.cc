#include "cli/pod_profiles.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "base/json_wire.h"
#include "content.h"
#include "os/files.h"
#include "pod/profile_detect.h"

namespace weir::cli {
namespace {

constexpr std::size_t kExtendsMax = 8;
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

// What the build read (base/json_wire.h); none of that name.
Result<std::optional<Json>> shipped_yaml(const std::string& name) {
  for (const auto& file : content_files())
    if (file.name == "compiled/" + name) {
      TRY(Json value, read_json_wire(file.bytes, name));
      return std::optional(std::move(value));
    }
  return std::optional<Json>();
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
  TRY(const auto read, shipped_yaml(shipped));
  if (read) return pod::read_profile({.value = *read, .lines = {}}, shipped);
  return fail(ErrorCode::not_found, "no such pod profile", name, "there are " + known_names(places));
}

Result<std::vector<std::string>> detected_in(const std::string& workspace) {
  const std::string kCatalogue = "pod_detect.yaml";
  TRY(const auto catalogue, shipped_yaml(kCatalogue));
  if (!catalogue) return std::vector<std::string>();
  return pod::detect_profiles(*catalogue, kCatalogue, os::list_dir(workspace));
}

// Profiles and what they extend, each once, what is extended before what extends it.
class Joined {
 public:
  explicit Joined(const os::Places& places) : places_(places) {}

  Status add(const std::string& name) {
    if (!name_.empty() && name == "generic") return {};
    TRY_STATUS(add_with_base(name, {}));
    // What was joined already says nothing more, and "generic" is below all others.
    name_ = name_.empty() || name_ == "generic" ? name : name_ + "," + name;
    return {};
  }
  pod::PodProfile take() {
    profile_.name = name_;
    profile_.extends.clear();
    return std::move(profile_);
  }

 private:
  Status add_with_base(const std::string& name, std::vector<std::string> above) {
    if (std::ranges::find(above, name) != above.end() || above.size() == kExtendsMax)
      return fail(ErrorCode::limit, "pod profiles extend each other more than 8 times", above.front());
    if (seen_.contains(name)) return {};
    TRY(const pod::PodProfile own, one_profile(name, places_));
    above.push_back(name);
    if (!own.extends.empty()) TRY_STATUS(add_with_base(own.extends, above));
    profile_ = pod::merged(profile_, own);
    seen_.insert(name);
    return {};
  }

  const os::Places& places_;
  std::set<std::string> seen_;
  std::string name_;
  pod::PodProfile profile_;
};

}  // namespace

Result<pod::PodProfile> load_pod_profiles(const std::string& names, const std::string& workspace,
                                          const os::Places& places) {
  Joined joined(places);
  for (const auto name : split(names, ',')) {
    if (name != "auto") {
      TRY_STATUS(joined.add(std::string(name)));
      continue;
    }
    TRY(const auto detected, detected_in(workspace));
    TRY_STATUS(joined.add("generic"));
    for (const auto& one : detected)
      TRY_STATUS(joined.add(one));
  }
  return joined.take();
}

}  // namespace weir::cli
