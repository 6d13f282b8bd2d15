#include "ingest/mcp_wire.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "ingest/fields.h"
#include "ingest/ingest.h"

namespace weir::ingest {
namespace {

namespace kind = event::kind;

constexpr std::size_t kServerBytesMax = 64;
// Judged like calls of tools, under the method's name with a dot: a server's tool "resources.read" is judged
// alike.
constexpr std::string_view kOtherCalls[] = {"prompts/get", "resources/read", "completion/complete",
                                            "sampling/createMessage", "elicitation/create"};
constexpr std::string_view kOfferKinds[] = {"tool", "prompt", "template", "instructions"};

std::unexpected<Error> bad(std::string what, std::string_view field) {
  return fail(ErrorCode::invalid, std::move(what), std::string(field), "report it: Weir sends this itself");
}

// As agents call it in their hooks. What is no tool has a name that few tools have.
Result<std::string> tool_name(Fields& fields, const std::string& server) {
  const std::string method = fields.text("method");
  std::string name = fields.text("name");
  if (std::ranges::find(kOtherCalls, method) != std::end(kOtherCalls))
    name = method.substr(0, method.find('/')) + "." + method.substr(method.find('/') + 1);
  else if (method != "tools/call")
    return bad("is not a call", "method");
  const std::string tool = "mcp__" + server + "__" + name;
  if (name.empty() || !valid_tool_name(tool)) return bad("names no tool", "name");
  return tool;
}

Status read_call(event::Event& event, Fields& fields, const std::string& server, bool result) {
  TRY(const std::string tool, tool_name(fields, server));
  event.data.set("tool", tool);
  event.body.set("tool", tool);
  fields.corr_to(event, "call_id", "tool_use_id");
  if (!event.corr.contains("tool_use_id")) return bad("a call without an id", "call_id");
  if (result) {
    event.kind = kind::kToolResult;
    event.data.set("failed", fields.peek("failed").bool_or(false));
    event.body.set("output", fields.take("output").value_or(Json()));
    return {};
  }
  event.kind = kind::kToolCall;
  Json input = fields.take("input").value_or(Json());
  if (input.is_null()) input = Json::object();
  if (!input.is_object()) return bad("must be an object", "input");
  event.body.set("input", std::move(input));
  const std::string cwd = fields.text("cwd");
  if (!cwd.empty()) event.body.set("cwd", cwd);
  fields.text_to(event.body, "launch", "launch");
  return {};
}

Status read_offer(event::Event& event, Fields& fields) {
  const std::string offered = fields.text("kind");
  if (std::ranges::find(kOfferKinds, offered) == std::end(kOfferKinds))
    return bad("is not a kind of offer", "kind");
  event.kind = kind::kOffered;
  event.data.set("offered", offered);
  for (const auto key : {"first_page", "last_page"})
    fields.token_to(event.data, key);
  for (const auto key : {"launch", "title", "text"})
    fields.text_to(event.body, key, key);
  if (auto list = fields.take("list")) event.body.set("list", *std::move(list));
  return {};
}

}  // namespace

bool valid_server_name(std::string_view name) {
  return !name.empty() && name.size() <= kServerBytesMax && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                  c == '-' || c == '.';
         });
}

Result<event::Event> read_mcp(std::string_view event_name, std::string_view payload) {
  TRY(Json json, parse_json(payload, {.bytes_max = limits::kHookPayloadBytesMax}));
  if (!json.is_object()) return bad("must be an object", "payload");
  Fields fields(std::move(json));
  const std::string session = fields.text("session_id");
  if (!valid_native_id(session)) return bad("is not a usable identifier", "session_id");
  const std::string server = fields.text("server");
  if (!valid_server_name(server)) return bad("is not the name of a server", "server");
  event::Event event;
  event.plane = event::plane::kWire;
  event.source = std::string(kMcp) + '/' + std::string(event_name);
  event.assurance = event::Assurance::observed;
  event.data.set("event", event_name);
  event.data.set("server", server);
  event.body = Json::object();
  place(event, {kMcp, session, "", ""});
  if (event_name == "Offer")
    TRY_STATUS(read_offer(event, fields));
  else if (event_name == "Call" || event_name == "Result")
    TRY_STATUS(read_call(event, fields, server, event_name == "Result"));
  else
    return bad("is not an event of this plane", "event");
  fields.rest_to(event.body);
  return event;
}

namespace {

// Why an item is kept back: of the policies that refuse, the record names each with its first item only.
std::pair<std::string, std::string> why(const event::Decision& decision, std::size_t index) {
  const event::PolicyHit* any = nullptr;
  for (const auto& hit : decision.policies) {
    if (hit.mode != "enforce" || event::lets_run(hit.verdict)) continue;
    if (hit.action == index) return {hit.policy, hit.reason};
    if (any == nullptr) any = &hit;
  }
  return any == nullptr ? std::pair(std::string(), decision.reason) : std::pair(any->policy, any->reason);
}

void add_offer(Json& out, const event::Decision& decision) {
  const bool lets_run = event::lets_run(decision.verdict);
  // Refused as a whole: a session that is stopped.
  const bool none = !lets_run && decision.refused_actions.empty();
  Json kept = Json::array();
  Json withheld = Json::array();
  for (std::size_t i = 0; i < decision.actions.size(); ++i) {
    const auto& action = decision.actions[i];
    if (action.verb != "mcp.offer") continue;
    const std::string name = action.resource.substr(action.resource.find('/') + 1);
    const bool refused = std::ranges::find(decision.refused_actions, i) != decision.refused_actions.end();
    if (lets_run || (!none && !refused)) {
      kept.push(name);
      continue;
    }
    const auto [policy, reason] = why(decision, i);
    withheld.push(Json::object({{"name", name}, {"policy", policy}, {"reason", reason}}));
  }
  out.set("kept", std::move(kept)).set("withheld", std::move(withheld));
}

}  // namespace

HookAnswer render_mcp(std::string_view event_name, const event::Decision& decision) {
  Json out = Json::object({{"verdict", event::name(decision.verdict)}});
  if (event_name == "Offer") {
    add_offer(out, decision);
  } else if (!event::lets_run(decision.verdict)) {
    // In the words that hooks use.
    out.set("reason", render_hook(kMcp, "Call", decision).err);
    if (!decision.approval_id.empty()) out.set("approval", decision.approval_id);
  } else if (decision.verdict == event::Verdict::transform) {
    out.set("input", decision.rewrite);
  }
  return {0, compact(out), {}};
}

HookAnswer explained_mcp() {
  return {0, R"({"verdict":"allow","explained":true})", {}};
}

}  // namespace weir::ingest
