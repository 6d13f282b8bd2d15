#include "event/decision.h"

#include <array>

#include "base/hash.h"
#include "base/time_text.h"

namespace weir::event {
namespace {

constexpr std::array<std::string_view, 7> kVerdicts = {"allow", "warn", "transform", "ask",
                                                       "guide", "deny", "quarantine"};
constexpr std::array<std::string_view, 5> kSeverities = {"info", "low", "medium", "high", "critical"};

template <class Enum, std::size_t N>
std::optional<Enum> find_name(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == text) return static_cast<Enum>(i);
  return std::nullopt;
}

void set_text(Json& object, std::string_view key, const std::string& value) {
  if (!value.empty()) object.set(key, value);
}

void set_object(Json& object, std::string_view key, const Json& value) {
  if (value.is_object() && !value.as_object().empty()) object.set(key, value);
}

// Longer texts are shortened at a character boundary; the body keeps the whole.
std::string shortened(const std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end) + "…";
}

Json to_json(const PolicyHit& hit) {
  Json json = Json::object({{"policy", hit.policy}, {"verdict", name(hit.verdict)}, {"action", hit.action}});
  if (hit.mode != "enforce") json.set("mode", hit.mode);
  set_text(json, "reason", hit.reason);
  set_text(json, "severity", hit.severity);
  set_text(json, "class", hit.evidence_class);
  set_text(json, "error", hit.error);
  return json;
}

Result<PolicyHit> hit_from_json(const Json& json) {
  PolicyHit hit;
  hit.policy = json["policy"].text_or("");
  const auto verdict = verdict_from(json["verdict"].text_or(""));
  if (!verdict) return fail("not a verdict", "policies.verdict");
  hit.verdict = *verdict;
  hit.action = static_cast<std::uint32_t>(json["action"].int_or(0));
  hit.mode = json["mode"].text_or("enforce");
  hit.reason = json["reason"].text_or("");
  hit.severity = json["severity"].text_or("");
  hit.evidence_class = json["class"].text_or("");
  hit.error = json["error"].text_or("");
  return hit;
}

// Everything but the Actions, which are what may be long.
Json head_json(const Decision& d) {
  Json json = Json::object({{"v", kDecisionVersion},
                            {"id", d.id},
                            {"event", d.event},
                            {"session", d.session},
                            {"root", d.root},
                            {"seq", d.seq},
                            {"verdict", name(d.verdict)},
                            {"mode", d.mode}});
  if (d.would != d.verdict) json.set("would", name(d.would));
  set_text(json, "reason", shortened(d.reason, 1024));
  set_text(json, "advice", shortened(d.advice, 1024));
  if (!d.policies.empty()) {
    Json hits = Json::array();
    for (const auto& hit : d.policies)
      hits.push(to_json(hit));
    json.set("policies", std::move(hits));
  }
  if (!d.findings.empty()) {
    Json findings = Json::array();
    for (const auto& finding : d.findings)
      findings.push(to_json(finding));
    json.set("findings", std::move(findings));
  }
  if (!d.facts.empty()) json.set("facts", Json::strings(d.facts));
  set_object(json, "labels", d.labels);
  Json digests = Json::object();
  set_text(digests, "pack", d.digests.pack);
  set_text(digests, "content", d.digests.content);
  set_text(digests, "build", d.digests.build);
  set_text(digests, "state", d.digests.state);
  set_object(json, "digests", digests);
  set_object(json, "assumptions", d.assumptions);
  json.set("level", Json::object({{"requested", d.level_requested}, {"verified", d.level_verified}}));
  set_text(json, "isolation", d.isolation);
  set_text(json, "call_digest", d.call_digest);
  set_text(json, "approval_id", d.approval_id);
  if (d.approval)
    json.set("approval",
             Json::object({{"id", d.approval->id}, {"approvers", Json(Json::Array(d.approval->approvers))}}));
  set_text(json, "replaces", d.replaces);
  set_object(json, "rewrite", d.rewrite);
  if (!d.refused_actions.empty()) {
    Json refused = Json::array();
    for (const auto index : d.refused_actions)
      refused.push(Json(index));
    json.set("refused_actions", std::move(refused));
  }
  return json;
}

}  // namespace

std::string_view name(Verdict verdict) {
  return kVerdicts[static_cast<std::size_t>(verdict)];
}
std::optional<Verdict> verdict_from(std::string_view text) {
  return find_name<Verdict>(kVerdicts, text);
}
std::string_view name(Severity severity) {
  return kSeverities[static_cast<std::size_t>(severity)];
}
std::optional<Severity> severity_from(std::string_view text) {
  return find_name<Severity>(kSeverities, text);
}

Finding finding_from_json(const Json& json) {
  Finding finding;
  finding.rule = json["rule"].text_or("");
  finding.evidence_class = json["class"].text_or("");
  finding.severity = severity_from(json["severity"].text_or("")).value_or(Severity::medium);
  if (const Json* ids = json.find("techniques"); ids != nullptr && ids->is_array())
    for (const auto& id : ids->as_array())
      finding.techniques.emplace_back(id.text_or(""));
  if (const Json* span = json.find("span");
      span != nullptr && span->is_array() && span->as_array().size() == 2)
    finding.span = {static_cast<std::uint32_t>(span->as_array()[0].int_or(0)),
                    static_cast<std::uint32_t>(span->as_array()[1].int_or(0))};
  finding.message = json["message"].text_or("");
  return finding;
}

Json to_json(const Finding& finding) {
  Json json = Json::object({{"rule", finding.rule},
                            {"class", finding.evidence_class},
                            {"severity", name(finding.severity)},
                            {"span", Json::array({finding.span.begin, finding.span.end})},
                            {"message", finding.message}});
  if (!finding.techniques.empty()) json.set("techniques", Json::strings(finding.techniques));
  return json;
}

Json to_json(const Decision& decision) {
  Json json = head_json(decision);
  if (Json actions = to_json(decision.actions); decision.actions_cut == 0) {
    if (!decision.actions.empty()) json.set("actions", std::move(actions));
    if (canonical_bytes_max(json) <= limits::kDecisionBytesMax * 3 / 4) return json;  // nearly always
    json.erase("actions");
  }
  // Assumptions and rewrites that do not fit either are replaced by their digest: the body holds them whole.
  for (const char* key : {"rewrite", "assumptions", "labels", "findings", "facts"}) {
    if (canonical(json).size() <= limits::kDecisionBytesMax * 3 / 4) break;
    if (const Json* value = json.find(key))
      json.set(key, Json::object({{"digest", digest_text(sha256(canonical(*value)))}}));
  }
  Json actions = Json::array();
  std::size_t room =
      limits::kDecisionBytesMax - std::min(limits::kDecisionBytesMax, canonical(json).size() + 256);
  std::size_t kept = 0;
  for (; kept < decision.actions.size(); ++kept) {
    Json action = to_json(decision.actions[kept]);
    const std::size_t size = canonical(action).size() + 1;
    if (size > room) break;
    room -= size;
    actions.push(std::move(action));
  }
  const std::size_t cut = decision.actions.size() - kept + decision.actions_cut;
  if (kept > 0) json.set("actions", std::move(actions));
  if (cut > 0) {
    json.set("actions_cut", static_cast<std::uint64_t>(cut));
    if (decision.actions_cut == 0)
      json.set("actions_digest", digest_text(sha256(canonical(to_json(decision.actions)))));
  }
  return json;
}

Result<Decision> decision_from_json(const Json& json) {
  if (json["v"].int_or(0) < 1) return fail("no decision version", "v");
  Decision d;
  const std::pair<std::string_view, std::string*> texts[] = {{"id", &d.id},
                                                             {"event", &d.event},
                                                             {"session", &d.session},
                                                             {"root", &d.root},
                                                             {"mode", &d.mode},
                                                             {"reason", &d.reason},
                                                             {"advice", &d.advice},
                                                             {"isolation", &d.isolation},
                                                             {"call_digest", &d.call_digest},
                                                             {"approval_id", &d.approval_id},
                                                             {"replaces", &d.replaces}};
  for (const auto& [key, target] : texts)
    *target = json[key].text_or("");
  const auto verdict = verdict_from(json["verdict"].text_or(""));
  if (!verdict) return fail("not a verdict", "verdict");
  d.verdict = *verdict;
  d.would = verdict_from(json["would"].text_or("")).value_or(d.verdict);
  d.seq = static_cast<std::uint64_t>(json["seq"].int_or(0));
  if (const Json* hits = json.find("policies"); hits != nullptr && hits->is_array())
    for (const auto& item : hits->as_array()) {
      TRY(PolicyHit hit, hit_from_json(item));
      d.policies.push_back(std::move(hit));
    }
  if (const Json* findings = json.find("findings"); findings != nullptr && findings->is_array())
    for (const auto& item : findings->as_array()) {
      d.findings.push_back(finding_from_json(item));
    }
  if (const Json* refused = json.find("refused_actions"); refused != nullptr && refused->is_array())
    for (const auto& index : refused->as_array())
      d.refused_actions.push_back(static_cast<std::uint32_t>(index.int_or(0)));
  if (const Json* actions = json.find("actions"); actions != nullptr && actions->is_array())
    for (const auto& item : actions->as_array()) {
      TRY(Action action, action_from_json(item));
      d.actions.push_back(std::move(action));
    }
  if (const Json* facts = json.find("facts"); facts != nullptr && facts->is_array())
    for (const auto& fact : facts->as_array())
      d.facts.emplace_back(fact.text_or(""));
  d.labels = json["labels"];
  const Json& digests = json["digests"];
  d.digests = {std::string(digests["pack"].text_or("")), std::string(digests["content"].text_or("")),
               std::string(digests["build"].text_or("")), std::string(digests["state"].text_or(""))};
  d.assumptions = json["assumptions"];
  d.level_requested = json["level"]["requested"].text_or("");
  d.level_verified = json["level"]["verified"].text_or("");
  if (const Json* approval = json.find("approval")) {
    d.approval = ApprovalUse{std::string((*approval)["id"].text_or("")), {}};
    if (const Json& approvers = (*approval)["approvers"]; approvers.is_array())
      d.approval->approvers = approvers.as_array();
  }
  d.rewrite = json["rewrite"];
  d.actions_cut = static_cast<std::uint32_t>(json["actions_cut"].int_or(0));
  return d;
}

Json to_json(const Receipt& receipt) {
  return Json::object({{"v", kDecisionVersion},
                       {"decision", receipt.decision},
                       {"delivered", receipt.delivered},
                       {"outcome", receipt.outcome},
                       {"time", rfc3339(receipt.wall_ns)},
                       {"latency_us", receipt.latency_ns / 1000}});
}

Result<Receipt> receipt_from_json(const Json& json) {
  Receipt receipt;
  receipt.decision = json["decision"].text_or("");
  if (receipt.decision.empty()) return fail("missing", "decision");
  receipt.delivered = json["delivered"].text_or("");
  receipt.outcome = json["outcome"].text_or("");
  receipt.wall_ns = from_rfc3339(json["time"].text_or("")).value_or(0);
  receipt.latency_ns = json["latency_us"].int_or(0) * 1000;
  return receipt;
}

}  // namespace weir::event
