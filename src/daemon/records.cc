#include "daemon/records.h"

#include "base/time_text.h"
#include "daemon/anomalies.h"
#include "guard/flow_watch.h"

namespace weir::daemon {
namespace {

constexpr int kEntryVersion = 1;
constexpr std::string_view kAnomalies = "anomalies";  // no keys of questions: those have a colon
constexpr std::string_view kCarried = "carried";

Json policy_ids(const event::Decision& decision) {
  Json ids = Json::array();
  for (const auto& hit : decision.policies)
    ids.push(hit.policy);
  return ids;
}

Json anomaly_rules(const event::Decision& decision) {
  Json rules = Json::array();
  for (const auto& finding : decision.findings)
    if (is_anomaly(finding)) rules.push(finding.rule);
  return rules;
}

void set_commitment(Json& entry, std::string_view key, const event::BodyRef& body) {
  if (!body.commitment.empty()) entry.set(key, body.commitment);
}

}  // namespace

store::Draft event_draft(const event::Event& event) {
  store::Draft draft;
  draft.kind = store::RecordKind::event;
  draft.id = event.id;
  draft.root = event.root;
  draft.session = event.session;
  draft.seq = event.seq;
  draft.envelope = event::envelope_json(event);
  if (event.body.is_object() && !event.body.as_object().empty()) draft.body = canonical(event.body);
  return draft;
}

event::Event observation_event(const event::Event& about, const guard::Answers& answers,
                               const std::vector<event::Finding>& anomalies,
                               const std::vector<flow::CarriedFile>& carried) {
  event::Event event = about;
  event.kind = event::kind::kObservation;
  event.plane = event::plane::kSelf;
  event.source = "weir/observer";
  event.assurance = event::Assurance::observed;
  event.data = Json::object({{"for", about.id}});
  event.body = guard::answers_json(answers);
  for (const auto& finding : anomalies) {
    if (!event.body.has(kAnomalies)) event.body.set(kAnomalies, Json::array());
    event.body.find(kAnomalies)->push(event::to_json(finding));
  }
  if (!carried.empty()) event.body.set(kCarried, flow::to_json(carried));
  event.body_ref = {};
  event.extra = {};
  return event;
}

Observed observed_from(const Json& body) {
  Observed observed{guard::answers_from(body), {}, {}};
  if (const auto files = observed.answers.extract(std::string(kCarried)); !files.empty())
    observed.carried = flow::carried_from_json(files.mapped());
  const auto anomalies = observed.answers.extract(std::string(kAnomalies));
  if (anomalies.empty() || !anomalies.mapped().is_array()) return observed;
  for (const auto& item : anomalies.mapped().as_array())
    observed.anomalies.push_back(event::finding_from_json(item));
  return observed;
}

event::Event plan_event(const event::Event& prompt, std::string_view outcome, Json body) {
  event::Event event = prompt;
  event.kind = event::kind::kObservation;
  event.plane = event::plane::kSelf;
  event.source = guard::kPlannerSource;
  event.seq = 0;
  event.corr.clear();
  event.data = Json::object({{"for", prompt.id}, {"plan", outcome}});
  event.body = std::move(body);
  event.body_ref = {};
  event.extra = {};
  return event;
}

store::Draft decision_draft(const event::Decision& decision, const event::Event& event) {
  store::Draft draft;
  draft.kind = store::RecordKind::decision;
  draft.id = decision.id;
  draft.root = decision.root;
  draft.session = decision.session;
  draft.seq = decision.seq;
  draft.envelope = Json::object({{"v", event::kDecisionVersion},
                                 {"id", decision.id},
                                 {"event", decision.event},
                                 {"session", decision.session},
                                 {"root", decision.root},
                                 {"seq", decision.seq},
                                 {"verdict", event::name(decision.verdict)},
                                 {"would", event::name(decision.would)},
                                 {"mode", decision.mode},
                                 {"agent", event.agent.name},
                                 {"tool", event.data["tool"].text_or("")},
                                 {"policies", policy_ids(decision)},
                                 {"digests", Json::object({{"pack", decision.digests.pack}})},
                                 {"isolation", decision.isolation}});
  if (Json rules = anomaly_rules(decision); !rules.as_array().empty())
    draft.envelope.set(kAnomalies, std::move(rules));
  draft.body = canonical(event::to_json(decision));
  return draft;
}

store::Draft receipt_draft(const event::Receipt& receipt, const event::Decision& decision) {
  store::Draft draft;
  draft.kind = store::RecordKind::receipt;
  draft.id = decision.id + ".receipt";
  draft.root = decision.root;
  draft.session = decision.session;
  draft.seq = decision.seq;
  draft.envelope = event::to_json(receipt);
  return draft;
}

std::string decision_entry(const event::Decision& decision, const event::Event& event,
                           const event::BodyRef& event_body, const event::BodyRef& observation_body,
                           const event::BodyRef& decision_body) {
  Json entry = Json::object({{"v", kEntryVersion},
                             {"type", "decision"},
                             {"id", decision.id},
                             {"event", decision.event},
                             {"kind", event.kind},
                             {"root", decision.root},
                             {"seq", decision.seq},
                             {"time", rfc3339(event.time.wall_ns)},
                             {"verdict", event::name(decision.verdict)},
                             {"mode", decision.mode},
                             {"policies", policy_ids(decision)},
                             {"pack", decision.digests.pack}});
  set_commitment(entry, "event_body", event_body);
  set_commitment(entry, "observation_body", observation_body);
  set_commitment(entry, "decision_body", decision_body);
  return canonical(entry);
}

std::string event_entry(const event::Event& event, const event::BodyRef& body) {
  Json entry = Json::object({{"v", kEntryVersion},
                             {"type", "event"},
                             {"id", event.id},
                             {"kind", event.kind},
                             {"root", event.root},
                             {"seq", event.seq},
                             {"time", rfc3339(event.time.wall_ns)}});
  set_commitment(entry, "event_body", body);
  return canonical(entry);
}

std::string system_entry(std::string_view what, std::int64_t wall_ns, const Json& facts) {
  return canonical(
      Json::object({{"v", kEntryVersion}, {"type", what}, {"time", rfc3339(wall_ns)}, {"facts", facts}}));
}

}  // namespace weir::daemon
