// Which profile is in force (guard/profile.h): the one that the user chose, never less strict than an
// organisation allows.
//
//   ~/.config/weir/profile.yaml      profile: strict          (weir policy profile set strict)
//   /etc/weir/organisation.yaml      profile: standard        (docs/formats/pack.md)
//
// Without a choice it is `standard`.
#pragma once

#include <optional>
#include <string>

#include "guard/pack.h"

namespace weir::daemon {

// The shipped text of a profile and the policies that it adds. Errors: `not_found`.
struct ProfileFiles {
  guard::NamedText text;
  std::vector<guard::NamedText> policies;
};
Result<ProfileFiles> shipped_profile(std::string_view name);

// DIR/profile.yaml; none when the user has not chosen. Errors: a file that names no profile.
Result<std::optional<std::string>> chosen_profile(const std::string& config_dir);
Status choose_profile(const std::string& config_dir, std::string_view name);

// What is in force of the user's choice and of what the organisation asks for at least ("" where there is no
// organisation; one that says nothing asks for `standard`).
std::string profile_in_force(const std::optional<std::string>& chosen, const std::string& at_least);

}  // namespace weir::daemon
