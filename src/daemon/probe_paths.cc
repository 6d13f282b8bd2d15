#include "daemon/probe_paths.h"

#include "daemon/keys.h"
#include "os/process.h"
#include "setup/hook_plan.h"
#include "setup/json_edit.h"
#include "setup/settings_file.h"

namespace weir::daemon {
namespace {

constexpr const char* kGate = "PreToolUse";  // the event of both agents that gates a tool call

std::vector<std::string> words_of(const Json& handler) {
  std::vector<std::string> words;
  if (const Json* args = handler.find("args"); args != nullptr && args->is_array()) {
    words.emplace_back(handler["command"].text_or(""));
    for (const Json& word : args->as_array())
      words.emplace_back(word.text_or(""));
    return words;
  }
  return setup::shell_words(handler["command"].text_or("")).value_or(words);
}

// The handlers of PreToolUse: from JSON settings as they stand; for Codex's requirements.toml those that Weir
// wrote, because setup::check demands that file to be exactly that.
Result<std::vector<Json>> gate_handlers(const setup::InstalledPath& path) {
  Json groups = Json::array();
  if (path.settings.ends_with(".toml")) {
    for (const auto& group : setup::hook_groups(path.agent, path.installation))
      if (group.event == kGate) groups.push(group.group);
  } else {
    TRY(const auto file, setup::read_settings_file(path.settings));
    TRY(const Json settings, setup::parse_settings(file.bytes.value_or(""), setup::Comments::refuse));
    groups = settings["hooks"][kGate];
  }
  std::vector<Json> handlers;
  if (!groups.is_array()) return handlers;
  for (const Json& group : groups.as_array())
    if (group["hooks"].is_array())
      for (const Json& handler : group["hooks"].as_array())
        handlers.push_back(handler);
  return handlers;
}

// Findings that say that the agent would not ask, or would ask somebody else.
bool is_alarm(const event::Finding& finding) {
  return finding.severity >= event::Severity::high;
}

ProbePath installed(const setup::InstalledPath& path, const os::Places& places) {
  ProbePath probe{
      .name = path.name(), .agent = std::string(setup::name(path.agent)), .settings = path.settings};
  if (auto command = installed_command(path))
    probe.command = *std::move(command);
  else
    probe.problem = command.error().message();
  for (const auto& finding : path_findings(path, places)) {
    if (!is_alarm(finding)) continue;
    probe.problem = finding.message;
    break;
  }
  return probe;
}

}  // namespace

std::string shim_path() {
  const std::string self = os::self_path();
  return self.substr(0, self.rfind('/')) + "/weir-hook";
}

Result<std::vector<std::string>> installed_command(const setup::InstalledPath& path) {
  TRY(const auto handlers, gate_handlers(path));
  for (const Json& handler : handlers) {
    const auto ours = setup::weir_command(handler);
    if (!ours || ours->event != kGate || ours->program != path.installation.hook_path) continue;
    return words_of(handler);
  }
  return fail(ErrorCode::not_found, "no hook of Weir's stands before tool calls", path.settings,
              "run `weir init` again");
}

std::vector<event::Finding> path_findings(const setup::InstalledPath& path, const os::Places& places) {
  auto around = setup::surroundings(places, os::environment(), path.directory, "");
  if (path.scope == setup::Scope::user) {
    const std::string directory = path.settings.substr(0, path.settings.rfind('/'));
    (path.agent == setup::Agent::claude ? around.claude_dir : around.codex_dir) = directory;
  }
  return setup::check(path, around);
}

std::vector<ProbePath> probe_paths(const os::Places& places) {
  std::vector<ProbePath> paths;
  const auto installs = setup::installed_paths(places);
  if (installs)
    for (const auto& path : *installs)
      paths.push_back(installed(path, places));
  else
    paths.push_back({.name = "hook", .problem = installs.error().message()});
  const auto key = hook_public_key(places);
  for (const auto agent : {setup::Agent::claude, setup::Agent::codex}) {
    const std::string name(setup::name(agent));
    ProbePath path{.name = "run/" + name, .agent = name};
    if (key)
      path.command = {shim_path(), name, kGate, "--socket", places.event_socket(), "--key", *key};
    else
      path.problem = key.error().message();
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace weir::daemon
