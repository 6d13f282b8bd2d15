#include "guard/annotations.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace weir::guard {
namespace {

using event::Verdict;

constexpr std::array<std::string_view, 12> kKnown = {"id",      "decision", "reason",    "advice",
                                                     "rewrite", "severity", "class",     "control",
                                                     "mode",    "playbook", "approvals", "replaces"};

std::string annotation_or(const cedar::Policy& policy, std::string_view name, std::string_view fallback) {
  const std::string* value = policy.annotation(name);
  return value != nullptr ? *value : std::string(fallback);
}

std::string quoted(std::string_view name, std::string_view value) {
  return "@" + std::string(name) + "(\"" + printable(value, 80) + "\")";
}

bool is_word(std::string_view text, std::string_view also) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           also.find(c) != std::string_view::npos;
  });
}

Status check_names(const cedar::Policy& policy) {
  for (const auto& [name, value] : policy.annotations) {
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end())
      return fail("@" + name + " has no meaning here", where_of(policy),
                  "known are @id @decision @reason @advice @rewrite @severity @class @control @mode "
                  "@playbook @approvals @replaces");
    if (value.empty())
      return fail("@" + name + " has no value", where_of(policy), "write @" + name + "(\"…\")");
  }
  return {};
}

// The verdict that @decision names; a permit may only be `allow` or `warn`, a forbid anything that is not
// `allow`.
Result<Verdict> verdict_of(const cedar::Policy& policy) {
  const bool permit = policy.effect == cedar::Effect::permit;
  const std::string text = annotation_or(policy, "decision", permit ? "allow" : "deny");
  const auto verdict = event::verdict_from(text);
  const bool fits = verdict && (permit ? *verdict == Verdict::allow || *verdict == Verdict::warn
                                       : *verdict != Verdict::allow);
  if (!fits)
    return fail(quoted("decision", text) + " has no meaning on a " + std::string(cedar::name(policy.effect)),
                where_of(policy),
                permit ? "use allow or warn" : "use ask, guide, transform, warn, deny or quarantine");
  return *verdict;
}

Result<bool> observe_of(const cedar::Policy& policy) {
  const std::string mode = annotation_or(policy, "mode", "enforce");
  if (mode != "enforce" && mode != "observe")
    return fail(quoted("mode", mode) + " is not a mode", where_of(policy), "use enforce or observe");
  return mode == "observe";
}

Result<int> approvals_of(const cedar::Policy& policy, Verdict verdict) {
  const std::string approvals = annotation_or(policy, "approvals", "1");
  if (approvals != "1" && approvals != "2")
    return fail(quoted("approvals", approvals) + " is not a number of people", where_of(policy),
                "use 1 or 2");
  if (verdict != Verdict::ask && policy.annotation("approvals") != nullptr)
    return fail("@approvals goes with @decision(\"ask\")", where_of(policy),
                "nobody is asked otherwise; take one of them away");
  return approvals[0] - '0';
}

Result<std::vector<std::string>> controls_of(const cedar::Policy& policy) {
  std::vector<std::string> controls;
  const std::string* text = policy.annotation("control");
  if (text == nullptr) return controls;
  for (const auto part : split(*text, ',')) {
    const std::string_view id = trim(part);
    if (!is_word(id, ".:-"))
      return fail(quoted("control", *text) + " is not a list of control ids", where_of(policy),
                  "write e.g. @control(\"ASI02, AML.T0101\")");
    controls.emplace_back(id);
  }
  return controls;
}

Result<Json> rewrite_of(const cedar::Policy& policy, Verdict verdict) {
  const std::string* patch = policy.annotation("rewrite");
  if ((verdict == Verdict::transform) != (patch != nullptr))
    return fail("@decision(\"transform\") and @rewrite go together", where_of(policy),
                "say what to change, e.g. @rewrite(\"{\\\"timeout\\\": 1000}\")");
  if (patch == nullptr) return Json();
  auto json = parse_json(*patch);
  if (!json || !json->is_object())
    return fail("@rewrite must be a JSON object", where_of(policy),
                "a JSON Merge Patch of the tool's input, e.g. {\"timeout\": 1000}");
  return *std::move(json);
}

// Single words that end up in records and are searched for.
Result<std::string> word_of(const cedar::Policy& policy, std::string_view name, std::string_view fallback) {
  std::string text = annotation_or(policy, name, fallback);
  if (!text.empty() && !is_word(text, ".-_"))
    return fail(quoted(name, text) + " is not a name", where_of(policy),
                "use letters, digits, '.', '-' and '_'");
  return text;
}

}  // namespace

std::string where_of(const cedar::Policy& policy) {
  return policy.source + ":" + std::to_string(policy.position.line) + ": " + policy.id;
}

Result<PolicyMeta> meta_of(const cedar::Policy& policy) {
  TRY_STATUS(check_names(policy));
  PolicyMeta meta;
  TRY(meta.verdict, verdict_of(policy));
  TRY(meta.observe, observe_of(policy));
  TRY(meta.approvals, approvals_of(policy, meta.verdict));
  TRY(meta.controls, controls_of(policy));
  TRY(meta.rewrite, rewrite_of(policy, meta.verdict));
  TRY(meta.evidence_class, word_of(policy, "class", "policy"));
  TRY(meta.playbook, word_of(policy, "playbook", ""));
  meta.reason = annotation_or(policy, "reason", "");
  meta.advice = annotation_or(policy, "advice", "");
  meta.replaces = annotation_or(policy, "replaces", "");
  meta.severity = annotation_or(policy, "severity", "medium");
  if (!event::severity_from(meta.severity))
    return fail(quoted("severity", meta.severity) + " is not a severity", where_of(policy),
                "use info, low, medium, high or critical");
  if (!meta.advice.empty() && meta.verdict != Verdict::guide)
    return fail("@advice goes with @decision(\"guide\")", where_of(policy),
                "advice is for the model, which is told to do something else instead");
  return meta;
}

}  // namespace weir::guard
