#include "pod/runsc_bundle.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "os/files.h"
#include "os/process.h"
#include "pod/bwrap_place.h"

namespace weir::pod {
namespace {

constexpr int kStartMs = 30'000;

Json bind(const std::string& source, const std::string& at, bool writable) {
  return Json::object({{"destination", at},
                       {"type", "bind"},
                       {"source", source},
                       {"options", Json::strings({"rbind", "nosuid", "nodev", writable ? "rw" : "ro"})}});
}

Json mount_json(const PodMount& mount) {
  if (mount.kind == PodMount::Kind::tmpfs)
    return Json::object(
        {{"destination", mount.at},
         {"type", "tmpfs"},
         {"source", "tmpfs"},
         {"options", Json::strings({"nosuid", "nodev", "size=" + std::to_string(mount.bytes_max)})}});
  return bind(mount.source, mount.at, !is_read_only(mount));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

// The place of a mount in the root directory, unless another mount holds it: gVisor makes it there.
Status make_place(const PodPlan& plan, const std::string& root, const PodMount& mount) {
  for (const auto& other : plan.mounts)
    if (other.at != mount.at && mount.at.starts_with(other.at + "/")) return {};
  struct stat status;
  const bool is_dir = mount.kind == PodMount::Kind::tmpfs ||
                      (::stat(mount.source.c_str(), &status) == 0 && S_ISDIR(status.st_mode));
  const std::string at = root + mount.at;
  if (is_dir) return os::make_dirs(at, 0755);
  TRY_STATUS(os::make_dirs(at.substr(0, at.rfind('/')), 0755));
  return os::write_file_atomic(at, "", 0644, os::Durability::none);
}

bool is_covered(const PodPlan& plan, const std::string& at) {
  for (const auto& mount : plan.mounts)
    if (at.starts_with(mount.at + "/")) return true;
  return false;
}

}  // namespace

Json runsc_config(const PodPlan& plan, const std::string& program, const std::string& channel,
                  const std::vector<std::string>& words) {
  Json mounts = Json::array();
  mounts.push(Json::object({{"destination", "/proc"}, {"type", "proc"}, {"source", "proc"}}));
  mounts.push(Json::object(
      {{"destination", "/dev"}, {"type", "tmpfs"}, {"source", "tmpfs"}, {"options", Json::strings({"ro"})}}));
  for (const auto& mount : plan.mounts)
    mounts.push(mount_json(mount));
  mounts.push(bind(program, std::string(kPodInsidePlace), false));
  mounts.push(bind(channel, "/run/weir-pod", false));
  std::vector<std::string> arguments = {std::string(kPodInsidePlace)};
  arguments.insert(arguments.end(), words.begin(), words.end());
  Json capabilities = Json::object({});
  for (const char* set : {"bounding", "effective", "inheritable", "permitted"})
    capabilities.set(set, Json::array());
  Json namespaces = Json::array();
  for (const char* kind : {"pid", "network", "ipc", "uts", "mount"})
    namespaces.push(Json::object({{"type", kind}}));
  return Json::object({{"ociVersion", "1.0.2"},
                       {"process", Json::object({{"terminal", false},
                                                 // Without privilege runsc shows the caller's files as those
                                                 // of uid 0, and has no capability to give.
                                                 {"user", Json::object({{"uid", 0}, {"gid", 0}})},
                                                 {"args", Json::strings(arguments)},
                                                 {"env", Json::strings({"PATH=/usr/bin:/bin"})},
                                                 {"cwd", "/"},
                                                 {"capabilities", std::move(capabilities)},
                                                 {"noNewPrivileges", true}})},
                       {"root", Json::object({{"path", "rootfs"}, {"readonly", true}})},
                       {"hostname", plan.spec.hostname},
                       {"mounts", std::move(mounts)},
                       {"linux", Json::object({{"namespaces", std::move(namespaces)}})}});
}

Status make_runsc_bundle(const PodPlan& plan, const std::string& directory, const std::string& program,
                         const std::vector<std::string>& words) {
  const std::string root = directory + "/rootfs";
  for (const char* place : {"/proc", "/dev", "/sys", "/run/weir-pod"})
    TRY_STATUS(os::make_dirs(root + place, 0755));
  TRY_STATUS(os::make_dirs(directory + "/channel", 0700));
  TRY_STATUS(os::write_file_atomic(root + std::string(kPodInsidePlace), "", 0644, os::Durability::none));
  for (const auto& mount : plan.mounts)
    TRY_STATUS(make_place(plan, root, mount));
  for (const auto& file : plan.spec.files) {
    if (is_covered(plan, file.at)) continue;
    TRY_STATUS(os::make_dirs(root + file.at.substr(0, file.at.rfind('/')), 0755));
    TRY_STATUS(os::write_file_atomic(root + file.at, file.content, 0644, os::Durability::none));
  }
  for (const auto& link : plan.spec.links) {
    if (is_covered(plan, link.at)) continue;
    TRY_STATUS(os::make_dirs(root + link.at.substr(0, link.at.rfind('/')), 0755));
    if (::symlink(link.target.c_str(), (root + link.at).c_str()) != 0)
      return std::unexpected(os::errno_error("cannot make a link of the pod", link.at, errno));
  }
  const Json config = runsc_config(plan, program, directory + "/channel", words);
  return os::write_file_atomic(directory + "/config.json", canonical(config), 0600, os::Durability::none);
}

// Bound below a descriptor: a path of the state may be longer than an address takes.
Result<os::Fd> listen_for_runsc(const std::string& directory) {
  const os::Fd dir(::open((directory + "/channel").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  os::Fd listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_of("/proc/self/fd/" + std::to_string(dir.get()) + "/channel");
  if (!dir || !listener ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), 1) != 0)
    return std::unexpected(os::errno_error("cannot listen for the pod", directory, errno));
  return listener;
}

Result<os::Fd> accept_from_runsc(const os::Fd& listener, const std::string& directory, pid_t pid) {
  const os::Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd fds[2] = {{listener.get(), POLLIN, 0}, {handle.get(), POLLIN, 0}};
  ::poll(fds, 2, kStartMs);
  os::Fd connection(fds[0].revents != 0 ? ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC) : -1);
  ::unlink((directory + "/channel/channel").c_str());
  if (!connection)
    return fail(ErrorCode::unavailable, "runsc could not make the pod; its reason stands before this",
                "runsc");
  return connection;
}

Result<os::Fd> connect_from_runsc() {
  os::Fd channel(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_of(std::string(kRunscChannel));
  if (!channel || ::connect(channel.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::unexpected(
        os::errno_error("the supervisor cannot be reached", std::string(kRunscChannel), errno));
  return channel;
}

Result<std::string> find_runsc() {
  const auto path = os::find_program("runsc");
  if (!path) return fail(ErrorCode::not_found, "runsc (gVisor) is not installed", "runsc");
  return *path;
}

// Without a network stack of the host's and without control groups, which an ordinary user has not; sockets
// of the host's are opened for the channel.
std::vector<std::string> runsc_words(const std::string& runsc, const std::string& directory) {
  return {runsc,
          "--rootless",
          "--network=none",
          "--ignore-cgroups",
          "--host-uds=open",
          "--root",
          directory + "/state",
          "run",
          "--bundle",
          directory,
          "weir-pod"};
}

}  // namespace weir::pod
