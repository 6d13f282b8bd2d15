// Doors: sockets through which a process starts or steers work outside its own shield, and so leaves it. A
// read-only bind does not close them, since connecting writes nothing; they are masked instead.
//
//   spec.masked_files = paths_of(outside_doors(env, uid));
//
// What each one would do: the user's service manager and message bus start programs on request
// (`systemd-run --user`), container engines start containers with any mount, a terminal multiplexer types
// into other terminals. Graphical sessions (X11, Wayland) are not masked: agents open browsers and use the
// clipboard; docs/shield.md says what that leaves open.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace weir::pod {

struct Door {
  std::string path;    // a socket that exists now
  std::string leads;   // "starts services of the user"
  std::string misses;  // what a person will miss: "systemctl --user, notifications"
};

// The doors that exist on this machine for `uid`, by XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS, DOCKER_HOST,
// CONTAINER_HOST, TMUX and TMUX_TMPDIR of `env` and by the places where these programs listen by default.
std::vector<Door> outside_doors(const std::map<std::string, std::string>& env, uid_t uid);

std::vector<std::string> paths_of(const std::vector<Door>& doors);

}  // namespace weir::pod
