#include "guard/pack.h"

#include "base/hash.h"

namespace weir::guard {
namespace {

std::string digest_of(const std::vector<const std::vector<NamedText>*>& lists) {
  Json json = Json::array();
  for (const auto* list : lists)
    for (const auto& file : *list)
      json.push(Json::array({file.name, digest_text(sha256(file.text))}));
  return digest_text(sha256(canonical(json)));
}

std::string annotation_or(const cedar::Policy& policy, std::string_view name, std::string_view fallback) {
  const std::string* value = policy.annotation(name);
  return value != nullptr ? *value : std::string(fallback);
}

std::string where_of(const cedar::Policy& policy) {
  return policy.source + ":" + std::to_string(policy.position.line) + ": " + policy.id;
}

// The verdict that @decision names; a permit may only be `allow` or `warn`, a forbid anything that is not
// `allow`.
Result<event::Verdict> verdict_of(const cedar::Policy& policy) {
  const bool permit = policy.effect == cedar::Effect::permit;
  const std::string text = annotation_or(policy, "decision", permit ? "allow" : "deny");
  const auto verdict = event::verdict_from(text);
  const bool fits = verdict && (permit ? *verdict == event::Verdict::allow || *verdict == event::Verdict::warn
                                       : *verdict != event::Verdict::allow);
  if (!fits)
    return fail("@decision(\"" + text + "\") has no meaning on a " + std::string(cedar::name(policy.effect)),
                where_of(policy),
                permit ? "use allow or warn" : "use ask, guide, transform, warn, deny or quarantine");
  return *verdict;
}

Result<PolicyMeta> meta_of(const cedar::Policy& policy) {
  PolicyMeta meta;
  TRY(meta.verdict, verdict_of(policy));
  meta.reason = annotation_or(policy, "reason", "");
  meta.advice = annotation_or(policy, "advice", "");
  meta.severity = annotation_or(policy, "severity", "medium");
  meta.evidence_class = annotation_or(policy, "class", "policy");
  if (!event::severity_from(meta.severity))
    return fail("@severity(\"" + meta.severity + "\") is not a severity", where_of(policy),
                "use info, low, medium, high or critical");
  const std::string mode = annotation_or(policy, "mode", "enforce");
  if (mode != "enforce" && mode != "observe")
    return fail("@mode(\"" + mode + "\") is not a mode", where_of(policy), "use enforce or observe");
  meta.observe = mode == "observe";
  const std::string approvals = annotation_or(policy, "approvals", "1");
  if (approvals != "1" && approvals != "2")
    return fail("@approvals(\"" + approvals + "\") is not a number of people", where_of(policy),
                "use 1 or 2");
  meta.approvals = approvals[0] - '0';
  if ((meta.verdict == event::Verdict::transform) != (policy.annotation("rewrite") != nullptr))
    return fail("@decision(\"transform\") and @rewrite go together", where_of(policy),
                "say what to change, e.g. @rewrite(\"{\\\"timeout\\\": 1000}\")");
  if (const std::string* patch = policy.annotation("rewrite")) {
    TRY(meta.rewrite, parse_json(*patch));
    if (!meta.rewrite.is_object()) return fail("@rewrite must be a JSON object", where_of(policy));
  }
  return meta;
}

Result<cedar::PolicySet> parse_policies(const std::vector<NamedText>& files) {
  std::vector<cedar::Policy> all;
  for (const auto& file : files) {
    TRY(cedar::PolicySet set, cedar::PolicySet::parse(file.text, file.name));
    for (const auto& policy : set.policies()) {
      if (policy.annotation("id") == nullptr)
        return fail("a policy has no @id", file.name + ":" + std::to_string(policy.position.line),
                    "give it one, e.g. @id(\"team.no-prod\")");
      all.push_back(policy);
    }
    // Kept apart by the set, so it would be passed over without a word.
    if (!set.templates().empty())
      return fail("a template cannot decide", where_of(set.templates()[0]), "write a policy without slots");
  }
  return cedar::PolicySet::make(std::move(all));
}

}  // namespace

const PolicyMeta& Pack::meta(const std::string& policy_id) const {
  static const PolicyMeta unknown;
  const auto it = meta_.find(policy_id);
  return it != meta_.end() ? it->second : unknown;
}

Result<std::shared_ptr<const Pack>> Pack::load(const PackSources& sources) {
  TRY(cedar::PolicySet policies, parse_policies(sources.policies));
  TRY(PathClasses paths, PathClasses::parse(sources.paths));
  shell::CommandTable commands;
  for (const auto& file : sources.commands)
    TRY_STATUS(commands.add(file.text, file.name));
  std::shared_ptr<Pack> pack(new Pack(std::move(policies), std::move(paths), std::move(commands)));
  for (const auto& policy : pack->policies_.policies()) {
    TRY(PolicyMeta meta, meta_of(policy));
    pack->meta_.emplace(policy.id, std::move(meta));
  }
  pack->policy_digest_ = digest_of({&sources.policies});
  pack->content_digest_ = digest_of({&sources.paths, &sources.commands});
  return pack;
}

}  // namespace weir::guard
