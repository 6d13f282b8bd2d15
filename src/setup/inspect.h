// Is an installed path still what was installed, and does anything switch it off?
//
//   for (const InstalledPath& path : installed_paths(places))
//     for (const event::Finding& finding : check(path, surroundings(places, env, project, ""))) …
//
// Used by the daemon's probes, `weir status` and `weir doctor`. A probe of the shim proves that the shim
// refuses; these checks prove that the agent would ask it. Only a run of the real agent (`weir doctor
// --live`) proves both at once.
#pragma once

#include <string>
#include <vector>

#include "event/decision.h"
#include "setup/places.h"
#include "setup/records.h"

namespace weir::setup {

// One agent in one scope that `weir init` guarded.
struct InstalledPath {
  Agent agent = Agent::claude;
  Scope scope = Scope::user;
  std::string directory;  // of a project, or the --root prefix
  std::string settings;   // the file with the hooks
  std::string trust;      // Codex: config.toml; "" otherwise
  std::vector<std::string> trust_keys;
  Installation installation;
  std::string hook_digest;
  std::string installed;

  // "hook/claude-code/user", "hook/codex/project:/srv/app": the name in status, log and probes.
  std::string name() const;
};

// From the record of installs; empty when there is none. An unreadable record is an Error.
Result<std::vector<InstalledPath>> installed_paths(const os::Places& places);

// What is wrong, strongest first; empty when the path is as it was installed. Rules:
//   setup.settings.missing  unreadable  weir-gone  incomplete  other-key     the file with the hooks
//   setup.trust.missing  switched-off                                        Codex: its config.toml
//   setup.shim.missing  changed  not-executable  writable                    the shim
//   setup.hooks-off                                                          a setting that switches hooks
//   off setup.settings.ignored                                                   the agent drops the whole
//   file
std::vector<event::Finding> check(const InstalledPath& path, const Surroundings& around);

// Settings of this agent that switch hooks off or weaken them, installed or not: disableAllHooks, an `env`
// that starts a mode without hooks, features.hooks = false, allowManagedHooksOnly without Weir. For
// `path_scope` system these have no effect (measured) and are not reported.
std::vector<event::Finding> switches(Agent agent, Scope path_scope, const Surroundings& around);

}  // namespace weir::setup
