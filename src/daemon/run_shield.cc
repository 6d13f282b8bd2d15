#include "daemon/run_shield.h"

#include <algorithm>

#include "os/files.h"
#include "pod/doors.h"
#include "setup/places.h"

namespace weir::daemon {
namespace {

std::vector<std::string> agent_settings(const RunShield& run) {
  const auto around = setup::surroundings(run.places, run.env, run.cwd, "");
  std::vector<std::string> files;
  for (const auto agent : {setup::Agent::claude, setup::Agent::codex}) {
    for (auto& file : setup::settings_files(agent, around))
      files.push_back(std::move(file));
    for (const auto scope : {setup::Scope::user, setup::Scope::project, setup::Scope::system})
      files.push_back(setup::hooks_file(agent, scope, around));
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  std::erase_if(files, [](const auto& file) { return !os::exists(file); });
  return files;
}

}  // namespace

pod::ShieldSpec run_shield(const RunShield& run) {
  pod::ShieldSpec spec;
  spec.hidden_dirs = {run.places.state};
  if (run.places.runtime != run.places.state) spec.hidden_dirs.push_back(run.places.runtime);
  spec.kept_paths = {run.places.event_dir()};
  spec.read_only_paths = {run.program, run.hook};
  if (os::exists(run.places.config)) spec.read_only_paths.push_back(run.places.config);
  spec.read_only_paths.insert(spec.read_only_paths.end(), run.read_only_more.begin(),
                              run.read_only_more.end());
  for (auto& file : agent_settings(run))
    spec.read_only_paths.push_back(std::move(file));
  spec.masked_files = pod::paths_of(pod::outside_doors(run.env, run.uid));
  return spec;
}

bool breach_is_fatal(const std::string& breach, const RunShield& run) {
  const auto settings = agent_settings(run);
  const bool only_settings = std::any_of(settings.begin(), settings.end(), [&](const std::string& file) {
    return breach.ends_with(" " + file) || breach.ends_with(" " + os::resolve_path(file));
  });
  return !only_settings;
}

}  // namespace weir::daemon
