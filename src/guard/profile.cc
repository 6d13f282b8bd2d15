#include "guard/profile.h"

#include <algorithm>

#include "base/yaml.h"

namespace weir::guard {
namespace {

constexpr std::array<std::string_view, 3> kVerdicts = {"deny", "ask", "warn"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Status check_fields(const Json& object, std::initializer_list<std::string_view> known,
                    const std::string& where) {
  if (!object.is_object()) return fail("this must be a map", where, "docs/policies.md shows a profile");
  for (const auto& [key, value] : object.as_object())
    if (std::find(known.begin(), known.end(), key) == known.end())
      return fail("a profile has no field \"" + key + "\"", where, "docs/policies.md shows a profile");
  return {};
}

Status read_change(const Json& entry, const std::string& where, Profile& profile) {
  TRY_STATUS(check_fields(entry, {"policy", "verdict", "why"}, where));
  const std::string policy(entry["policy"].text_or(""));
  Profile::Change change{std::string(entry["verdict"].text_or("")), std::string(entry["why"].text_or(""))};
  if (policy.empty() || change.why.empty())
    return fail("a changed verdict needs `policy` and `why`", where,
                "write `policy: flow.not-asked-for`, `verdict: warn` and `why: …`");
  if (!is_one_of(kVerdicts, change.verdict))
    return fail("\"" + change.verdict + "\" is no verdict that a profile may give", where + ": " + policy,
                "use deny, ask or warn");
  if (!profile.verdicts.emplace(policy, std::move(change)).second)
    return fail(ErrorCode::exists, "the verdict of a policy is changed twice", where + ": " + policy,
                "take one of them out");
  return {};
}

void set_annotation(cedar::Policy& policy, std::string_view name, const std::string& value) {
  for (auto& [key, text] : policy.annotations)
    if (key == name) {
      text = value;
      return;
    }
  policy.annotations.emplace_back(name, value);
}

}  // namespace

Status check_profile_name(std::string_view name, std::string_view where) {
  if (is_one_of(kProfiles, name)) return {};
  return fail(ErrorCode::not_found, "there is no profile \"" + std::string(name) + "\"", std::string(where),
              "use relaxed, standard or strict (weir policy profiles)");
}

bool is_at_least_as_strict(std::string_view one, std::string_view other) {
  return std::find(kProfiles.begin(), kProfiles.end(), one) >=
         std::find(kProfiles.begin(), kProfiles.end(), other);
}

Result<Profile> read_profile(const NamedText& file) {
  TRY(const Json yaml, parse_yaml(file.text, file.name));
  TRY_STATUS(check_fields(yaml, {"profile", "about", "verdicts"}, file.name));
  Profile profile{std::string(yaml["profile"].text_or("")), std::string(yaml["about"].text_or("")), {}};
  TRY_STATUS(check_profile_name(profile.name, file.name));
  if (profile.about.empty())
    return fail("the profile does not say what it is", file.name, "write `about: …` in one sentence");
  const Json& verdicts = yaml["verdicts"];
  if (verdicts.is_null()) return profile;
  if (!verdicts.is_array())
    return fail("`verdicts` must be a list", file.name, "write `- policy: …` for each");
  for (const auto& entry : verdicts.as_array())
    TRY_STATUS(read_change(entry, file.name, profile));
  return profile;
}

Status apply_profile(const Profile& profile, std::string_view where, std::vector<cedar::Policy>& policies) {
  for (const auto& [id, change] : profile.verdicts) {
    const auto it =
        std::find_if(policies.begin(), policies.end(), [&](const auto& policy) { return policy.id == id; });
    const std::string at = std::string(where) + ": " + id;
    if (it == policies.end())
      return fail(ErrorCode::not_found, "the profile changes a policy that is not there", at,
                  "docs/policies.md lists those that ship");
    if (it->effect != cedar::Effect::forbid || it->annotation("advice") != nullptr ||
        it->annotation("rewrite") != nullptr)
      return fail("a profile changes no permit, no advice and no rewrite", at, "leave the policy as it is");
    set_annotation(*it, "decision", change.verdict);
    if (change.verdict != "ask")
      std::erase_if(it->annotations, [](const auto& one) { return one.first == "approvals"; });
  }
  return {};
}

}  // namespace weir::guard
