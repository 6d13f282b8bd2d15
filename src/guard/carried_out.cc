#include "guard/carried_out.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::guard {
namespace {

constexpr std::size_t kHeldMax = 64;

template <class Take>
void each_held(const event::Event& connection, std::string_view kind, Take take) {
  const Json& held = connection.body["holds"];
  if (!held.is_array()) return;
  std::size_t left = kHeldMax;
  for (const auto& one : held.as_array())
    if (one["kind"].text_or("") == kind && left-- > 0) take(one, std::string(one["name"].text_or("")));
}

// "/w/.env > sed > /w/out > curl"
std::string way_of(const Json& steps) {
  std::string way;
  if (!steps.is_array()) return way;
  for (const auto& step : steps.as_array()) {
    if (!way.empty()) way += " > ";
    way += step.text_or("");
  }
  return way;
}

}  // namespace

bool is_secret_class(const std::vector<std::string>& classes) {
  constexpr std::array<std::string_view, 3> kSecret = {"credential", "process-secrets", "browser-data"};
  return std::ranges::any_of(
      classes, [&](const auto& one) { return std::ranges::find(kSecret, one) != kSecret.end(); });
}

std::vector<event::Action> carried_out(const event::Event& connection, const Explanation& why,
                                       const RunningCalls& calls, const PathClasses& classes,
                                       std::string_view home) {
  std::vector<event::Action> out;
  // Of the agent itself Weir knows by its calls what it read; of programs beside it nobody asked.
  if (why.by == "agent" || why.by == "launcher") return out;
  each_held(connection, "file", [&](const Json& held, const std::string& path) {
    if (!is_secret_class(classes.of(path, home))) return;
    if (why.explained && calls.reads_secret(why.tool_use_id, path)) return;
    event::Action action{
        "file.read", "Path", path, event::Certainty::certain, {}, Json::object({{"sent", true}})};
    if (std::string way = way_of(held["steps"]); !way.empty()) action.attrs.set("through", std::move(way));
    out.push_back(std::move(action));
  });
  return out;
}

std::vector<std::string> hosts_held(const event::Event& connection) {
  std::vector<std::string> hosts;
  each_held(connection, "host", [&](const Json&, std::string name) { hosts.push_back(std::move(name)); });
  std::ranges::sort(hosts);
  return hosts;
}

}  // namespace weir::guard
