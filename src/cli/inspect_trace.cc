#include "cli/inspect_trace.h"

#include <algorithm>

#include "guard/guard.h"
#include "ingest/trace.h"

namespace weir::cli {
namespace {

constexpr std::size_t kEventsMax = 100'000;
constexpr std::size_t kListedMax = 1'000;  // findings and actions of one trace

Result<std::vector<event::Event>> events_of(const Json& row) {
  const Json* list = row.find("events");
  if (list == nullptr) {
    TRY(auto trace, ingest::parse_trace(row));
    return std::move(trace.events);
  }
  if (!list->is_array() || list->as_array().size() > kEventsMax)
    return fail("a row needs \"trace\", or \"events\" with at most 100,000 of them", "events");
  std::vector<event::Event> out;
  for (const Json& one : list->as_array()) {
    const std::string at = "events[" + std::to_string(out.size()) + "]";
    auto event = event::event_from_envelope(one);
    if (!event) {
      Error error = event.error();
      error.where = error.where.empty() ? at : at + "." + error.where;
      if (error.hint.empty()) error.hint = "docs/formats/event.md has the shape of an envelope";
      return std::unexpected(std::move(error));
    }
    if (one.has("body") && !one["body"].is_object())
      return fail("an event's body must be an object", at + ".body", "write what was said or done in it");
    event->body = one.has("body") ? one["body"] : Json::object();
    event->body_ref = {};
    out.push_back(*std::move(event));
  }
  return out;
}

// Where recorded events happened: the row says, else the first working directory in them.
std::string workspace_of(const Json& row, const std::vector<event::Event>& events) {
  if (const auto given = row["workspace"].text_or(""); !given.empty()) return std::string(given);
  if (row.has("events"))
    for (const auto& event : events)
      if (const auto cwd = event.body["cwd"].text_or(""); cwd.starts_with('/')) return std::string(cwd);
  return "/workspace";
}

// What was answered about the disk when the call at `call` was judged; it was recorded right behind it.
guard::Answers answers_to(const std::vector<event::Event>& events, std::size_t call) {
  const std::size_t next = call + 1;
  if (next >= events.size() || events[next].kind != event::kind::kObservation) return {};
  if (events[next].data["for"].text_or("") != events[call].id) return {};
  return guard::answers_from(events[next].body);
}

// What one trace comes to.
struct Account {
  event::Verdict verdict = event::Verdict::allow;
  std::int64_t calls = 0;
  std::vector<std::string> policies;
  Json findings = Json::array();
  Json anomalies = Json::array();
  Json actions = Json::array();

  void add(const std::vector<event::Finding>& found, std::size_t event) {
    for (const auto& finding : found) {
      if (findings.as_array().size() >= kListedMax) return;
      Json json = event::to_json(finding);
      json.set("event", static_cast<std::uint64_t>(event));
      findings.push(std::move(json));
    }
  }

  void add(const event::Decision& decision) {
    verdict = std::max(verdict, decision.verdict);
    for (const auto& hit : decision.policies)
      if (std::find(policies.begin(), policies.end(), hit.policy) == policies.end())
        policies.push_back(hit.policy);
    for (const auto& action : decision.actions)
      if (action.verb != "tool.call" && actions.as_array().size() < kListedMax)
        actions.push(event::to_json(action));
  }
};

Json json_of(Account account) {
  Json policies = Json::array();
  for (auto& policy : account.policies)
    policies.push(std::move(policy));
  return Json::object({{"verdict", event::name(account.verdict)},
                       {"policies", std::move(policies)},
                       {"findings", std::move(account.findings)},
                       {"anomalies", std::move(account.anomalies)},
                       {"actions", std::move(account.actions)},
                       {"calls", account.calls}});
}

}  // namespace

Result<Json> TraceInspector::row(const Json& row) {
  TRY(auto events, events_of(row));
  const std::string workspace = workspace_of(row, events);
  guard::Guard guard(pack_,
                     {.home = std::string(row["env"]["HOME"].text_or("/home/user")), .workspace = workspace});
  const std::string_view repository = row["repository"].text_or(row["suite"].text_or(workspace));
  // Sessions of different rows are apart, whatever they call themselves.
  const std::string session = "row-" + std::to_string(rows_++);
  Account account;
  for (std::size_t i = 0; i < events.size(); ++i) {
    event::Event& event = events[i];
    if (event.id.empty()) event.id = "trace-" + std::to_string(i);
    guard.admit(event);
    if (event.kind == event::kind::kApproval) {
      (void)guard.answer(event);  // to a call that this pack does not hold it is none
      continue;
    }
    if (event.kind != event::kind::kToolCall) {
      account.add(guard.note(event), i);
      if (event.kind == event::kind::kToolResult)
        detector_.note_outcome(session, event.data["failed"].bool_or(false));
      continue;
    }
    const auto decision =
        guard.decide(event, answers_to(events, i), {.decision_id = event.id, .level_requested = "inspect"});
    account.add(decision);
    account.add(decision.findings, i);
    detect::Conduct conduct = detect::conduct_of(event, decision.actions, repository);
    conduct.session = session;
    for (const auto& finding : detector_.observe(conduct)) {
      Json json = event::to_json(finding);
      json.set("call", account.calls);
      account.anomalies.push(std::move(json));
    }
    ++account.calls;
  }
  return json_of(std::move(account));
}

}  // namespace weir::cli
