#include "daemon/probe_paths.h"

#include "daemon/keys.h"
#include "os/process.h"

namespace weir::daemon {

std::string shim_path() {
  const std::string self = os::self_path();
  return self.substr(0, self.rfind('/')) + "/weir-hook";
}

std::vector<ProbePath> probe_paths(const os::Places& places) {
  std::vector<ProbePath> paths;
  const auto key = hook_public_key(places);
  if (!key) return paths;
  for (const char* agent : {"claude-code", "codex"})
    paths.push_back({agent, "", shim_path(), places.event_socket(), *key, ""});
  return paths;
}

}  // namespace weir::daemon
