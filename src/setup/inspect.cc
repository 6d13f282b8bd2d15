#include "setup/inspect.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/limits.h"
#include "os/files.h"
#include "setup/agent_reads.h"
#include "setup/codex_trust.h"
#include "setup/install.h"
#include "setup/json_edit.h"
#include "setup/system_files.h"

namespace weir::setup {
namespace {

using event::Finding;
using event::Severity;

Finding finding(const std::string& rule, Severity severity, std::string_view message) {
  Finding made{.rule = "setup." + rule, .evidence_class = "tampering", .severity = severity};
  made.techniques = {"T1562.001"};  // ATT&CK: impair defenses, disable or modify tools
  made.message = printable(message, 400);
  return made;
}

// Weir's commands in the hooks of these settings, by event.
std::vector<WeirCommand> weir_commands(const Json& settings) {
  std::vector<WeirCommand> commands;
  const Json& hooks = settings["hooks"];
  if (!hooks.is_object()) return commands;
  for (const auto& [event, groups] : hooks.as_object()) {
    if (!groups.is_array()) continue;
    for (const Json& group : groups.as_array()) {
      if (!group["hooks"].is_array()) continue;
      for (const Json& handler : group["hooks"].as_array())
        if (auto command = weir_command(handler); command && command->event == event)
          commands.push_back(*std::move(command));
    }
  }
  return commands;
}

class Checker {
 public:
  Checker(const InstalledPath& path, const Surroundings& around) : path_(path), around_(around) {}

  std::vector<Finding> run() {
    shim();
    if (path_.agent == Agent::codex && path_.scope == Scope::system)
      requirements();
    else
      settings();
    if (!path_.trust.empty()) trust();
    for (auto& other : switches(path_.agent, path_.scope, around_))
      found_.push_back(std::move(other));
    return strongest_first();
  }

 private:
  std::vector<Finding> strongest_first() const {
    std::vector<Finding> sorted;
    for (int severity = static_cast<int>(Severity::critical); severity >= 0; --severity)
      for (const auto& each : found_)
        if (static_cast<int>(each.severity) == severity) sorted.push_back(each);
    return sorted;
  }

  void report(const std::string& rule, Severity severity, std::string_view message) {
    found_.push_back(finding(rule, severity, message));
  }

  void shim() {
    const std::string& hook = path_.installation.hook_path;
    const auto info = os::file_info(os::resolve_path(hook));
    if (!info)
      return report("shim.missing", Severity::critical, "the shim " + hook + " is gone; reinstall Weir");
    const auto digest = check_shim(hook, path_.scope);
    if (!digest) {
      const bool executable = (info->mode & 0111) != 0;
      report(executable ? "shim.writable" : "shim.not-executable", Severity::critical,
             digest.error().message());
    } else if (*digest != path_.hook_digest) {
      report(
          "shim.changed", Severity::high,
          "the shim " + hook + " is another program than at install; after an upgrade run `weir init` again");
    }
  }

  void requirements() {
    const auto file = read_settings_file(path_.settings);
    if (!file || !file->bytes)
      return report("settings.missing", Severity::critical,
                    path_.settings + " is gone; run `weir init` again");
    if (*file->bytes != codex_requirements_text(path_.installation))
      report("settings.incomplete", Severity::high,
             path_.settings + " is not what Weir wrote; run `weir init codex --system` again");
  }

  void settings() {
    const auto file = read_settings_file(path_.settings);
    if (!file) return report("settings.unreadable", Severity::critical, file.error().message());
    if (!file->bytes)
      return report("settings.missing", Severity::critical,
                    path_.settings + " is gone; run `weir init` again");
    const auto settings = parse_settings(*file->bytes, Comments::refuse);
    if (!settings)
      return report("settings.ignored", Severity::critical,
                    path_.settings + " is not valid, so the agent ignores it: " + settings.error().what);
    if (const auto why = why_ignored(path_.agent, *file->bytes, *settings))
      report("settings.ignored", Severity::critical, path_.settings + ": " + *why);
    const auto commands = weir_commands(*settings);
    if (commands.empty())
      return report("settings.weir-gone", Severity::critical,
                    path_.settings + " no longer names weir-hook; run `weir init` again");
    events(commands);
  }

  void events(const std::vector<WeirCommand>& commands) {
    std::set<std::string> right;
    for (const auto& command : commands) {
      if (command.program == path_.installation.hook_path &&
          command.key == path_.installation.public_key_base64 &&
          command.socket == path_.installation.socket && command.agent == name(path_.agent))
        right.insert(command.event);
      else
        report("settings.other-key", Severity::critical,
               path_.settings + ": the hook of " + command.event + " names another shim, socket or key");
    }
    std::string missing;
    for (const auto& event : hook_events(path_.agent))
      if (!right.contains(event)) missing += (missing.empty() ? "" : ", ") + event;
    if (!missing.empty())
      report("settings.incomplete", Severity::high, path_.settings + " has no Weir hook for " + missing);
  }

  void trust() {
    const auto config = read_settings_file(path_.trust);
    const auto hooks = read_settings_file(path_.settings);
    if (!config || !hooks)
      return report("trust.missing", Severity::critical, path_.trust + " cannot be read");
    const auto state = read_hook_state(config->bytes.value_or(""));
    const auto settings = parse_settings(hooks->bytes.value_or(""), Comments::refuse);
    if (!state)
      return report("trust.missing", Severity::critical, path_.trust + ": " + state.error().message());
    if (!settings) return;  // reported already
    std::vector<std::string> paths;
    for (const auto& key : path_.trust_keys)
      if (const auto end = key.find(".json:"); end != std::string::npos)
        paths.push_back(key.substr(0, end + 5));
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    for (const auto& entry : codex_trust(*settings, paths)) {
      if (std::find(state->trusted.begin(), state->trusted.end(), entry) == state->trusted.end())
        return report("trust.missing", Severity::critical,
                      path_.trust + " does not trust " + entry.key +
                          ", so Codex skips the hook silently; run `weir init codex` again");
      if (std::find(state->disabled.begin(), state->disabled.end(), entry.key) != state->disabled.end())
        return report("trust.switched-off", Severity::critical, path_.trust + " disables " + entry.key);
    }
  }

  const InstalledPath& path_;
  const Surroundings& around_;
  std::vector<Finding> found_;
};

// What Claude Code takes for "yes" in an environment variable.
bool truthy(std::string_view value) {
  const std::string lower = to_lower_ascii(trim(value));
  return lower == "1" || lower == "true" || lower == "yes" || lower == "on";
}

void claude_switches(const std::string& path, bool user_file, bool managed, std::vector<Finding>& found) {
  const auto file = read_settings_file(path);
  if (!file || !file->bytes) return;
  const auto settings = parse_settings(*file->bytes, Comments::refuse);
  if (!settings) return;
  const Json& off = (*settings)["disableAllHooks"];
  if (!off.is_null() && !(off.is_bool() && !off.as_bool()) && off.text_or("") != "false")
    found.push_back(finding("hooks-off", Severity::critical, path + " sets disableAllHooks; remove it"));
  // Measured: `env` of the user's file can start a mode without hooks, `env` of a project's file cannot.
  for (const std::string_view name : {"CLAUDE_CODE_SIMPLE", "CLAUDE_CODE_SAFE_MODE"})
    if (user_file && truthy((*settings)["env"][name].text_or("")))
      found.push_back(finding("hooks-off", Severity::critical,
                              path + " sets " + std::string(name) + ", a mode without hooks; remove it"));
  if (managed && (*settings)["allowManagedHooksOnly"].bool_or(false) && !names_weir(*settings))
    found.push_back(finding("hooks-off", Severity::critical,
                            path +
                                " allows managed hooks only, and Weir's are not among them; use `weir init "
                                "claude --system`"));
}

void codex_switches(const std::string& path, bool requirements, std::vector<Finding>& found) {
  const auto file = read_settings_file(path);
  if (!file || !file->bytes) return;
  const auto state = read_hook_state(*file->bytes);
  if (!state)
    return found.push_back(
        finding("settings.ignored", Severity::medium, path + ": " + state.error().message()));
  if (state->hooks_feature_off)
    found.push_back(
        finding("hooks-off", Severity::critical, path + " sets features.hooks = false; remove it"));
  const auto items = toml_outline(*file->bytes);
  for (const auto& item : *items)
    if (requirements && item.path == std::vector<std::string>{"allow_managed_hooks_only"} &&
        item.value == "true" && file->bytes->find("weir-hook") == std::string::npos)
      found.push_back(finding("hooks-off", Severity::critical,
                              path + " allows managed hooks only, and Weir's are not among them"));
}

}  // namespace

std::string InstalledPath::name() const {
  std::string text = "hook/" + std::string(setup::name(agent)) + "/" + std::string(setup::name(scope));
  return directory.empty() ? text : text + ":" + directory;
}

Result<std::vector<InstalledPath>> installed_paths(const os::Places& places) {
  TRY(const auto records, read_records(places));
  std::vector<InstalledPath> paths;
  for (const auto& record : records) {
    InstalledPath path{.agent = record.agent,
                       .scope = record.scope,
                       .directory = record.directory,
                       .installation = record.installation,
                       .hook_digest = record.hook_digest,
                       .installed = record.installed};
    for (const auto& file : record.files) {
      const bool requirements = file.role == Role::whole && file.path.ends_with("/requirements.toml");
      if (file.role == Role::hooks || requirements) path.settings = file.path;
      if (file.role == Role::trust) {
        path.trust = file.path;
        path.trust_keys = file.keys;
      }
    }
    paths.push_back(std::move(path));
  }
  return paths;
}

std::vector<Finding> check(const InstalledPath& path, const Surroundings& around) {
  Surroundings here = around;
  if (path.scope == Scope::project) here.project_dir = path.directory;
  if (path.scope == Scope::system) here.root = path.directory;
  return Checker(path, here).run();
}

std::vector<Finding> switches(Agent agent, Scope path_scope, const Surroundings& around) {
  std::vector<Finding> found;
  if (path_scope == Scope::system) return found;
  const auto files = settings_files(agent, around);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (agent == Agent::claude)
      claude_switches(files[i], i == 0, i + 1 == files.size(), found);
    else
      codex_switches(files[i], i + 1 == files.size(), found);
  }
  return found;
}

}  // namespace weir::setup
