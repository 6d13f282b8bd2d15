#include "guard/running_calls.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "guard/beyond_pod.h"
#include "guard/carried_out.h"
#include "ingest/tools.h"

namespace weir::guard {
namespace {

constexpr std::size_t kCallsMax = 1024;
constexpr std::size_t kPlacesMax = 256;
// The kernel tells starts of processes in clock ticks.
constexpr std::int64_t kTickNs = 10'000'000;

std::string_view base_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string tool_use_id(const event::Event& event) {
  for (const char* key : {"tool_use_id", "call_id"})
    if (const auto it = event.corr.find(key); it != event.corr.end()) return it->second;
  return {};
}

std::uint16_t port_from(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() ? port : 0;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// Of "https://user@host:8443/x?y": the part that names a machine. "" when there is none.
Reach::Place place_of_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view rest = url.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  rest = rest.substr(rest.rfind('@') == std::string_view::npos ? 0 : rest.rfind('@') + 1);
  Reach::Place place;
  if (rest.starts_with('[')) {
    place.host = rest.substr(1, rest.find(']') - 1);
    rest = rest.substr(std::min(rest.size(), rest.find(']') + 1));
  } else {
    place.host = rest.substr(0, rest.find(':'));
    rest = rest.substr(std::min(rest.size(), place.host.size()));
  }
  if (rest.starts_with(':')) place.port = port_from(rest.substr(1));
  return place;
}

Reach::Place place_of(const event::Action& action) {
  if (action.resource_type == "Url") return place_of_url(action.resource);
  Reach::Place place{std::string(action.attrs["host"].text_or("")),
                     port_from(action.attrs["port"].text_or(""))};
  if (place.host.empty() && action.resource_type == "Host") place.host = action.resource;
  return place;
}

// A variable, a substitution, a pattern: known only when it runs.
bool is_open(const event::Action& action, const Reach::Place& place) {
  return place.host.empty() || place.host.find_first_of("$*?`{") != std::string::npos ||
         !action.attrs["unknown"].text_or("").empty();
}

bool names(const Reach::Place& place, const Sighting& seen) {
  if (place.port != 0 && place.port != seen.port) return false;
  if (!seen.host.empty() && place.host == seen.host) return true;
  if (!seen.address.empty() && place.host == seen.address) return true;
  return is_loopback(place.host) && is_loopback(seen.host.empty() ? seen.address : seen.host);
}

bool reads_secret_file(const event::Action& action) {
  const Json& listed = action.attrs["classes"];
  if (action.verb != "file.read" || !listed.is_array()) return false;
  std::vector<std::string> classes;
  for (const auto& one : listed.as_array())
    classes.emplace_back(one.text_or(""));
  return is_secret_class(classes);
}

}  // namespace

Reach reach_of(const std::vector<event::Action>& actions) {
  Reach reach;
  for (const auto& action : actions) {
    if (action.verb == "pkg.install") reach.installs = true;
    if (action.verb == "mcp.call") reach.tool_server = true;
    if (action.verb == "shell.exec" && action.certainty != event::Certainty::opaque &&
        reach.tools.size() < kPlacesMax)
      if (std::string tool(base_of(action.resource));
          !tool.empty() && std::find(reach.tools.begin(), reach.tools.end(), tool) == reach.tools.end())
        reach.tools.push_back(std::move(tool));
    if (is_beyond_pod(action.verb) && reach.effects.size() < kPlacesMax)
      reach.effects.push_back({action.verb, action.resource});
    if (reads_secret_file(action) && reach.secrets.size() < kPlacesMax)
      reach.secrets.push_back(action.resource);
    if (action.verb != "net.connect" || action.resource_type == "Service") continue;
    Reach::Place place = place_of(action);
    if (is_open(action, place))
      reach.anywhere = true;
    else if (reach.places.size() < kPlacesMax)
      reach.places.push_back({to_lower_ascii(place.host), place.port});
  }
  return reach;
}

std::string_view name(Sighting::From from) {
  switch (from) {
    case Sighting::From::agent:
      return "agent";
    case Sighting::From::tool:
      return "tool";
    case Sighting::From::launcher:
      return "launcher";
    case Sighting::From::unknown:
      break;
  }
  return "unknown";
}

Sighting sighting_of(const event::Event& event) {
  using From = Sighting::From;
  Sighting seen;
  for (const From from : {From::agent, From::tool, From::launcher})
    if (event.data["from"].text_or("") == name(from)) seen.from = from;
  seen.branch_ns = event.data["branch_ns"].int_or(0);
  seen.fixed = event.data["fixed"].bool_or(false);
  seen.program = event.body["program"].text_or("");
  seen.host = to_lower_ascii(event.body["host"].text_or(""));
  seen.address = event.body["address"].text_or("");
  const std::int64_t port = event.body["port"].int_or(0);
  if (port > 0 && port <= UINT16_MAX) seen.port = static_cast<std::uint16_t>(port);
  seen.first = event.data["first"].bool_or(false);
  return seen;
}

bool RunningCalls::Call::owns(std::int64_t branch_ns) const {
  return branch_ns + kTickNs > since_ns && (until_ns == 0 || branch_ns <= until_ns);
}

void RunningCalls::released(const event::Event& call, const std::vector<event::Action>& actions) {
  const auto use = ingest::tool_use(call.agent.name, call.body["tool"].text_or(call.data["tool"].text_or("")),
                                    call.body["input"]);
  calls_.push_back({.tool_use_id = tool_use_id(call),
                    .session = call.session,
                    .since_ns = call.time.mono_ns,
                    .background = use.background,
                    .reach = reach_of(actions)});
  if (calls_.size() > kCallsMax) calls_.pop_front();
}

void RunningCalls::returned(const event::Event& result) {
  const std::string id = tool_use_id(result);
  for (auto& call : calls_)
    if (!id.empty() && call.tool_use_id == id && call.until_ns == 0) call.until_ns = result.time.mono_ns;
}

void RunningCalls::turn_began(const event::Event& prompt) {
  for (auto& call : calls_)
    if (call.session == prompt.session && call.until_ns == 0) call.until_ns = prompt.time.mono_ns;
}

std::string_view RunningCalls::explains(const Call& call, const Sighting& seen,
                                        const shell::CommandTable& table) {
  const Reach& reach = call.reach;
  const auto named = [&](const Reach::Place& place) { return names(place, seen); };
  if (std::any_of(reach.places.begin(), reach.places.end(), named)) return "host";
  // From here on the host is not named. What connects must be a program that the call cannot have made.
  if (!seen.fixed) return {};
  if (reach.anywhere) return "unknown-host";
  if (reach.installs) return "install";
  if (reach.tool_server) return "tool-server";
  const auto by_tool = [&](const std::string& tool) {
    return table.reaches_out(tool, base_of(seen.program));
  };
  return std::any_of(reach.tools.begin(), reach.tools.end(), by_tool) ? "tool" : std::string_view();
}

template <class Explains>
Explanation RunningCalls::explain_by(const Sighting& seen, Explains explains) const {
  if (seen.from == Sighting::From::agent) return {"agent", true, {}};
  if (seen.from == Sighting::From::launcher) return {"launcher", true, {}};
  if (seen.from == Sighting::From::unknown) return {"orphan", false, {}};
  const Call* owner = nullptr;
  for (const auto& call : calls_) {
    if (!call.owns(seen.branch_ns)) continue;
    if (call.runs())
      if (const std::string_view by = explains(call); !by.empty()) return {by, true, call.tool_use_id};
    if (owner == nullptr || call.runs()) owner = &call;
  }
  // Hooks, tool servers and what else the agent starts for itself, while no call was running.
  if (owner == nullptr) return {"helper", true, {}};
  return {owner->runs() ? "not-named" : "late", false, owner->tool_use_id};
}

Explanation RunningCalls::explain(const Sighting& seen, const shell::CommandTable& table) const {
  return explain_by(seen, [&](const Call& call) { return explains(call, seen, table); });
}

Explanation RunningCalls::explain_program(const Sighting& seen) const {
  return explain_by(seen, [&](const Call& call) -> std::string_view {
    if (seen.first && seen.fixed && is_shell(seen.program)) return "shell";
    const auto& tools = call.reach.tools;
    return std::find(tools.begin(), tools.end(), base_of(seen.program)) != tools.end() ? "tool" : "";
  });
}

bool RunningCalls::said(const Sighting& seen, const event::Action& action) const {
  const Reach::Effect effect{action.verb, action.resource};
  return std::any_of(calls_.begin(), calls_.end(), [&](const Call& call) {
    const auto& effects = call.reach.effects;
    return call.owns(seen.branch_ns) && call.runs() &&
           std::find(effects.begin(), effects.end(), effect) != effects.end();
  });
}

bool RunningCalls::reads_secret(std::string_view tool_use_id, std::string_view path) const {
  if (tool_use_id.empty()) return false;
  return std::any_of(calls_.begin(), calls_.end(), [&](const Call& call) {
    return call.tool_use_id == tool_use_id &&
           std::find(call.reach.secrets.begin(), call.reach.secrets.end(), path) != call.reach.secrets.end();
  });
}

}  // namespace weir::guard
