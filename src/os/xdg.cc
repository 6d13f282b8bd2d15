#include "os/xdg.h"

#include <unistd.h>

#include "os/files.h"
#include "os/process.h"

namespace weir::os {
namespace {

std::string home_dir() {
  std::string home = env_or("HOME", "");
  if (!home.empty()) return home;
  home = local_account().home;
  return home.empty() ? "/" : home;
}

}  // namespace

Places places_under(const std::string& dir) {
  return {.home = home_dir(), .config = dir + "/config", .state = dir + "/state", .runtime = dir + "/run"};
}

Places places() {
  const std::string own = env_or("WEIR_HOME", "");
  if (!own.empty()) return places_under(own);
  Places places;
  places.home = home_dir();
  places.config = env_or("XDG_CONFIG_HOME", places.home + "/.config") + "/weir";
  places.state = env_or("XDG_STATE_HOME", places.home + "/.local/state") + "/weir";
  const std::string runtime = env_or("XDG_RUNTIME_DIR", "");
  places.runtime = !runtime.empty() && exists(runtime) ? runtime + "/weir" : places.state;
  return places;
}

}  // namespace weir::os
