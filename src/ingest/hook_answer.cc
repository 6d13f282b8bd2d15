// Decision → the agent's protocol.
#include <algorithm>

#include "base/bytes.h"
#include "ingest/hook.h"
#include "ingest/ingest.h"

namespace weir::ingest {
namespace {

using event::Decision;
using event::Verdict;

constexpr std::size_t kPartBytesMax = 800;  // of one text inside the paragraph
constexpr std::size_t kPoliciesShownMax = 3;

// Text from policies and calls goes on one line: runs of white space become one space, and nothing in it can
// forge a line or move a cursor.
std::string one_line(std::string_view text) {
  std::string flat;
  for (const char c : trim(text)) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (space && !flat.empty() && flat.back() == ' ') continue;
    flat += space ? ' ' : c;
  }
  return printable(flat, kPartBytesMax);
}

void add_sentence(std::string& paragraph, std::string_view text) {
  std::string line = one_line(text);
  if (line.empty()) return;
  if (!paragraph.empty()) paragraph += ' ';
  paragraph += line;
  if (line.back() != '.' && line.back() != '!' && line.back() != '?') paragraph += '.';
}

std::string_view subject(std::string_view event_name) {
  if (event_name == "PreToolUse" || event_name == "Call") return "this tool call";
  if (event_name == "Offer") return "what this server offers";
  if (event_name == "PermissionRequest") return "this permission request";
  if (event_name == "UserPromptSubmit" || event_name == "UserPromptExpansion") return "this prompt";
  if (event_name == "ConfigChange") return "this change of settings";
  if (event_name == "PreModelSwitch") return "this change of model";
  if (event_name == "Elicitation" || event_name == "ElicitationResult") return "this request for input";
  if (event_name == "PostToolUse" || event_name == "PostToolUseFailure") return "the result of this call";
  return "this step";
}

// The policies that made the verdict: enforced hits of the same strength, or of any when none matches.
std::vector<const event::PolicyHit*> determining(const Decision& decision) {
  std::vector<const event::PolicyHit*> hits;
  for (const auto& hit : decision.policies)
    if (hit.mode != "observe" && hit.verdict == decision.verdict) hits.push_back(&hit);
  return hits;
}

std::string acted_on(const Decision& decision, const std::vector<const event::PolicyHit*>& hits) {
  const std::size_t index = hits.empty() ? 0 : hits[0]->action;
  if (index >= decision.actions.size()) return {};
  const auto& action = decision.actions[index];
  std::string text = " (" + one_line(action.verb);
  if (!action.resource.empty()) text += ' ' + one_line(action.resource);
  return text + ')';
}

std::string policy_names(const std::vector<const event::PolicyHit*>& hits) {
  std::vector<std::string> names;
  for (const auto* hit : hits)
    if (!hit->policy.empty() && std::find(names.begin(), names.end(), hit->policy) == names.end())
      names.push_back(hit->policy);
  if (names.empty()) return {};
  std::string text = names.size() == 1 ? "Policy: " : "Policies: ";
  for (std::size_t i = 0; i < names.size() && i < kPoliciesShownMax; ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kPoliciesShownMax)
    text += " and " + std::to_string(names.size() - kPoliciesShownMax) + " more";
  return text;
}

// Why: the Decision's reason, the policies, and what kept a policy from being evaluated.
void add_grounds(std::string& text, const Decision& decision,
                 const std::vector<const event::PolicyHit*>& hits) {
  add_sentence(text, decision.reason);
  add_sentence(text, policy_names(hits));
  for (const auto* hit : hits)
    if (!hit->error.empty()) {
      add_sentence(text, "Policy " + hit->policy + " could not be evaluated, which refuses: " + hit->error);
      break;
    }
  add_sentence(text, decision.advice);
}

std::string refusal_text(std::string_view event_name, const Decision& decision) {
  const auto hits = determining(decision);
  const std::string what = std::string(subject(event_name)) + acted_on(decision, hits);
  std::string text;
  if (decision.verdict == Verdict::ask) {
    text = "Weir holds " + what + " for approval by a person.";
    add_grounds(text, decision, hits);
    if (decision.approval_id.empty()) {
      add_sentence(text, "It cannot be approved from here; ask the person you work for");
    } else {
      add_sentence(text, "To approve exactly this, a person runs: weir approve " + decision.approval_id +
                             " (or weir deny " + decision.approval_id + ")");
      add_sentence(text,
                   "Repeat the identical call after approval; a changed call needs its own approval. Do not "
                   "try to reach the same effect another way");
    }
    return text;
  }
  text = "Weir refused " + what + ".";
  add_grounds(text, decision, hits);
  if (decision.verdict == Verdict::quarantine)
    add_sentence(text,
                 "The session is frozen: every further call is refused until a person releases it. Stop here "
                 "and say so");
  else if (decision.verdict == Verdict::deny)
    add_sentence(text, "Do not try to reach the same effect another way");
  return text;
}

HookAnswer refuse(std::string text) {
  return {2, {}, std::move(text) + '\n'};
}

HookAnswer with_json(const Json& object) {
  return {0, compact(object), {}};
}

std::string warning_text(const Decision& decision) {
  const auto hits = determining(decision);
  std::string text = "Weir warns" + acted_on(decision, hits) + ":";
  add_grounds(text, decision, hits);
  return text;
}

HookAnswer warn(const HookEvent& row, const Decision& decision) {
  switch (row.note) {
    case Note::none:
      return {0, {}, {}};
    case Note::person:
      return with_json(Json::object({{"systemMessage", warning_text(decision)}}));
    case Note::model:
      break;
  }
  Json specific = Json::object({{"hookEventName", row.name}, {"additionalContext", warning_text(decision)}});
  return with_json(Json::object({{"hookSpecificOutput", std::move(specific)}}));
}

HookAnswer rewrite(const HookEvent& row, const Decision& decision) {
  if (row.rewrite == Rewrite::none || !decision.rewrite.is_object()) {
    if (row.refusal == Refusal::none) return {0, {}, {}};
    return refuse("Weir refused " + std::string(subject(row.name)) +
                  ": a policy asks for other input, which this agent cannot be given here. " +
                  "A person can change the policy's verdict to guide.");
  }
  Json specific = Json::object({{"hookEventName", row.name}});
  if (row.rewrite == Rewrite::input_with_allow) specific.set("permissionDecision", "allow");
  specific.set("updatedInput", decision.rewrite);
  if (row.note == Note::model) {
    std::string text = "Weir changed the input of this tool call before it ran.";
    add_grounds(text, decision, determining(decision));
    specific.set("additionalContext", std::move(text));
  }
  return with_json(Json::object({{"hookSpecificOutput", std::move(specific)}}));
}

// Unknown agents and events: everything can be refused, nothing else said.
HookEvent row_or_strict(std::string_view agent, std::string_view event_name) {
  const auto known = agent_from(agent);
  const HookEvent* row = find_hook_event(known ? *known : agent, event_name);
  return row != nullptr ? *row : HookEvent{agent, event_name, true, Refusal::blocks};
}

}  // namespace

HookAnswer render_hook(std::string_view agent, std::string_view event_name, const Decision& decision) {
  const HookEvent row = row_or_strict(agent, event_name);
  if (!event::lets_run(decision.verdict)) {
    if (row.refusal == Refusal::none) return {0, {}, {}};
    return refuse(refusal_text(event_name, decision));
  }
  if (decision.verdict == Verdict::transform) return rewrite(row, decision);
  if (decision.verdict == Verdict::warn) return warn(row, decision);
  return {0, {}, {}};
}

HookAnswer failure_answer(std::string_view agent, std::string_view event_name, const Error& error) {
  const bool gates = row_or_strict(agent, event_name).gates;
  std::string text =
      gates ? "Weir refused " + std::string(subject(event_name)) + " because it could not decide:"
            : std::string("Weir did not record this:");
  std::string cause = error.what;
  if (!error.where.empty()) cause += " (" + error.where + ')';
  add_sentence(text, cause);
  add_sentence(text, "For the person at the keyboard: " +
                         (error.hint.empty() ? std::string("run `weir doctor`") : error.hint));
  return {gates ? 2 : 0, {}, text + '\n'};
}

}  // namespace weir::ingest
