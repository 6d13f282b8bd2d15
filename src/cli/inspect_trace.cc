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
    TRY(event::Event event, event::event_from_envelope(one));
    event.body = one["body"];
    out.push_back(std::move(event));
  }
  return out;
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
  guard::Guard guard(pack_, {.home = "/home/user", .workspace = "/workspace"});
  const std::string_view repository = row["repository"].text_or(row["suite"].text_or("/workspace"));
  // Sessions of different rows are apart, whatever they call themselves.
  const std::string session = "row-" + std::to_string(detector_.status().calls);
  Account account;
  for (std::size_t i = 0; i < events.size(); ++i) {
    event::Event& event = events[i];
    event.id = "trace-" + std::to_string(i);
    guard.admit(event);
    if (event.kind != event::kind::kToolCall) {
      account.add(guard.note(event), i);
      if (event.kind == event::kind::kToolResult)
        detector_.note_outcome(session, event.data["failed"].bool_or(false));
      continue;
    }
    const auto decision = guard.decide(event, {}, {.decision_id = event.id, .level_requested = "inspect"});
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
