#include "daemon/profiles.h"

#include "base/yaml.h"
#include "content.h"
#include "guard/profile.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kChoiceBytesMax = 4096;

std::string choice_file(const std::string& config_dir) {
  return config_dir + "/profile.yaml";
}

}  // namespace

Result<ProfileFiles> shipped_profile(std::string_view name) {
  TRY_STATUS(guard::check_profile_name(name, "--profile"));
  ProfileFiles out;
  const std::string file_name = "profiles/" + std::string(name) + ".yaml";
  const std::string folder = "profiles/" + std::string(name) + "/";
  for (const auto& file : content_files()) {
    guard::NamedText text{std::string(file.name), std::string(file.bytes)};
    if (file.name == file_name)
      out.text = std::move(text);
    else if (file.name.starts_with(folder) && file.name.ends_with(".cedar"))
      out.policies.push_back(std::move(text));
  }
  if (out.text.text.empty()) return fail(ErrorCode::internal, "a profile that ships is missing", file_name);
  return out;
}

Result<std::optional<std::string>> chosen_profile(const std::string& config_dir) {
  const std::string file = choice_file(config_dir);
  if (config_dir.empty() || !os::exists(file)) return std::nullopt;
  TRY(const std::string text, os::read_file(file, kChoiceBytesMax));
  TRY(const Json yaml, parse_yaml(text, file));
  std::string name(yaml["profile"].text_or(""));
  TRY_STATUS(guard::check_profile_name(name, file));
  return name;
}

Status choose_profile(const std::string& config_dir, std::string_view name) {
  TRY_STATUS(guard::check_profile_name(name, "weir policy profile set"));
  TRY_STATUS(os::make_dirs(config_dir));
  return os::write_file_atomic(choice_file(config_dir), "profile: " + std::string(name) + "\n");
}

std::string profile_in_force(const std::optional<std::string>& chosen, const std::string& at_least) {
  std::string name = chosen.value_or(std::string(guard::kStandardProfile));
  return at_least.empty() || guard::is_at_least_as_strict(name, at_least) ? name : at_least;
}

}  // namespace weir::daemon
