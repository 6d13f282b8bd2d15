#include "pod/doors.h"

#include <algorithm>
#include <string_view>

#include "base/bytes.h"
#include "os/files.h"

namespace weir::pod {
namespace {

constexpr std::string_view kServices = "starts services outside";
constexpr std::string_view kContainers = "starts containers with any directory of this machine";
constexpr std::string_view kTerminals = "types into terminals outside";

std::string value_of(const std::map<std::string, std::string>& env, const std::string& name,
                     const std::string& fallback = {}) {
  const auto found = env.find(name);
  return found != env.end() && !found->second.empty() ? found->second : fallback;
}

void add(std::vector<Door>& doors, const std::string& path, std::string_view leads, std::string_view misses) {
  const std::string real = os::resolve_path(path);
  const auto info = os::file_info(real);
  if (!info || info->kind != os::FileInfo::Kind::socket) return;
  for (const auto& door : doors)
    if (door.path == real) return;
  doors.push_back({real, std::string(leads), std::string(misses)});
}

// "unix:path=/run/user/1000/bus,guid=...;..." (D-Bus specification, server addresses).
void add_bus_addresses(std::vector<Door>& doors, const std::string& addresses) {
  for (const auto address : split(addresses, ';')) {
    if (!address.starts_with("unix:")) continue;
    for (const auto field : split(address.substr(5), ','))
      if (field.starts_with("path=/"))
        add(doors, std::string(field.substr(5)), kServices, "desktop notifications, keyring");
  }
}

void add_all_in(std::vector<Door>& doors, const std::string& dir, std::string_view leads,
                std::string_view misses) {
  for (const auto& name : os::list_dir(dir))
    add(doors, dir + "/" + name, leads, misses);
}

}  // namespace

std::vector<Door> outside_doors(const std::map<std::string, std::string>& env, uid_t uid) {
  std::vector<Door> doors;
  const std::string id = std::to_string(uid);
  const std::string runtime = value_of(env, "XDG_RUNTIME_DIR", "/run/user/" + id);
  add(doors, runtime + "/bus", kServices, "desktop notifications, keyring");
  add(doors, runtime + "/systemd/private", kServices, "systemctl --user");
  add_bus_addresses(doors, value_of(env, "DBUS_SESSION_BUS_ADDRESS"));
  add(doors, "/run/dbus/system_bus_socket", kServices, "system services over D-Bus");
  add(doors, "/run/systemd/private", kServices, "systemctl");

  for (const char* variable : {"DOCKER_HOST", "CONTAINER_HOST"}) {
    const std::string host = value_of(env, variable);
    if (host.starts_with("unix://")) add(doors, host.substr(7), kContainers, "docker, podman");
  }
  for (const std::string& path :
       {std::string("/run/docker.sock"), std::string("/run/podman/podman.sock"), runtime + "/docker.sock",
        runtime + "/podman/podman.sock", std::string("/run/containerd/containerd.sock"),
        std::string("/run/crio/crio.sock"), std::string("/var/lib/incus/unix.socket"),
        std::string("/var/lib/lxd/unix.socket"), std::string("/var/snap/lxd/common/lxd/unix.socket")})
    add(doors, path, kContainers, "docker, podman, lxc");

  const std::string tmux = value_of(env, "TMUX");
  if (!tmux.empty())
    add(doors, tmux.substr(0, tmux.find(',')), kTerminals, "the tmux session around this run");
  add_all_in(doors, value_of(env, "TMUX_TMPDIR", "/tmp") + "/tmux-" + id, kTerminals, "tmux attach");
  add_all_in(doors, "/run/screen/S-" + value_of(env, "USER"), kTerminals, "screen -r");
  return doors;
}

std::vector<std::string> paths_of(const std::vector<Door>& doors) {
  std::vector<std::string> paths;
  for (const auto& door : doors)
    paths.push_back(door.path);
  return paths;
}

}  // namespace weir::pod
