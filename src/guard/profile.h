// A profile: how strict the shipped policies are, as one choice of the user.
//
//   content/profiles/relaxed.yaml     what it is, and the verdicts that it changes
//   content/profiles/relaxed/*.cedar  policies that it adds to the shipped ones
//
//   profile: relaxed
//   about: Asks only where text that was read names who is affected.
//   verdicts:
//     - policy: flow.not-asked-for
//       verdict: warn
//       why: Agents that run for hours do much that nobody spelled out.
//
// The rules stay the same in every profile: same conditions, same ids, so waivers and records speak of the
// same things. No profile takes a policy away; the least it makes of one is `warn`, which is recorded.
// That relaxed ≤ standard ≤ strict for every request is proved (tests/daemon/profiles_test.cc).
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/policy.h"
#include "guard/path_classes.h"

namespace weir::guard {

// From the least strict on.
inline constexpr std::array<std::string_view, 3> kProfiles = {"relaxed", "standard", "strict"};
inline constexpr std::string_view kStandardProfile = "standard";

// Errors: `not_found` says which there are.
Status check_profile_name(std::string_view name, std::string_view where);
// Both must be names of profiles.
bool is_at_least_as_strict(std::string_view one, std::string_view other);

struct Profile {
  struct Change {
    std::string verdict;  // "deny", "ask", "warn"
    std::string why;
  };
  std::string name;
  std::string about;
  std::map<std::string, Change, std::less<>> verdicts;  // by id of a policy
};

// Errors name the file and what is wrong in it; a field that is not known is one.
Result<Profile> read_profile(const NamedText& file);

// Gives policies the verdicts of the profile, in their @decision. Errors: a change of a policy that is not
// there, that permits, or whose verdict has more to it (advice, a rewrite).
Status apply_profile(const Profile& profile, std::string_view where, std::vector<cedar::Policy>& policies);

}  // namespace weir::guard
