#include "pod/bwrap_place.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::pod {
namespace {

constexpr std::uint64_t kShmBytes = 256ULL << 20;  // as in a pod of Weir's own

// Inherited: bwrap reads it by its number.
Result<os::Fd> file_in_memory(const std::string& content) {
  os::Fd file(::memfd_create("pod", 0));
  if (!file) return std::unexpected(os::errno_error("no memory for a file of the pod", "memfd", errno));
  TRY_STATUS(os::write_all(file.get(), content));
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

class Words {
 public:
  void add(std::initializer_list<std::string> words) { argv_.insert(argv_.end(), words); }
  void add_memory(const std::string& at, std::uint64_t bytes, const char* mode) {
    add({"--size", std::to_string(bytes), "--perms", mode, "--tmpfs", at});
  }
  void add_mount(const PodMount& mount) {
    if (mount.kind == PodMount::Kind::tmpfs) {
      const bool shared = mount.at == "/tmp" || mount.at == "/var/tmp";
      add_memory(mount.at, mount.bytes_max, shared ? "1777" : "0755");
    } else {
      add({is_read_only(mount) ? "--ro-bind" : "--bind", mount.source, mount.at});
    }
  }
  std::vector<std::string> take() { return std::move(argv_); }

 private:
  std::vector<std::string> argv_;
};

}  // namespace

Result<BwrapCommand> bwrap_command(const PodPlan& plan, const std::string& bwrap, const std::string& program,
                                   const std::vector<std::string>& words) {
  BwrapCommand command;
  Words out;
  out.add({bwrap, "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
           "--unshare-cgroup-try", "--die-with-parent", "--as-pid-1", "--cap-drop", "ALL"});
  out.add({"--uid", std::to_string(plan.uid), "--gid", std::to_string(plan.gid)});
  out.add({"--hostname", plan.spec.hostname, "--proc", "/proc", "--dev", "/dev"});
  out.add_memory("/dev/shm", kShmBytes, "1777");
  for (const auto& mount : plan.mounts)
    out.add_mount(mount);
  for (const auto& door : plan.doors)
    out.add({"--ro-bind", door.source, door.at});
  for (const auto& link : plan.spec.links)
    out.add({"--symlink", link.target, link.at});
  for (const auto& file : plan.spec.files) {
    TRY(os::Fd content, file_in_memory(file.content));
    out.add({"--perms", "0644", "--file", std::to_string(content.get()), file.at});
    command.files.push_back(std::move(content));
  }
  out.add({"--ro-bind", program, std::string(kPodInsidePlace), "--remount-ro", "/dev", "--remount-ro",
           "/proc", "--remount-ro", "/"});
  out.add({"--chdir", "/", "--", std::string(kPodInsidePlace)});
  command.argv = out.take();
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  return command;
}

Result<std::string> find_bwrap() {
  const auto path = os::find_program("bwrap");
  if (!path) return fail(ErrorCode::not_found, "bubblewrap is not installed", "bwrap");
  const auto tried =
      os::run_child({.argv = {*path, "--unshare-user", "--unshare-pid", "--unshare-net", "--ro-bind", "/",
                              "/", "--proc", "/proc", "--dev", "/dev", "true"},
                     .timeout_ms = 10'000});
  if (!tried) return std::unexpected(tried.error());
  if (tried->exit.code == 0) return *path;
  const std::string_view said = std::string_view(tried->err).substr(0, tried->err.find('\n'));
  return fail(ErrorCode::unavailable, "bubblewrap cannot make namespaces here: " + printable(said, 200),
              *path);
}

Result<std::string> inside_program() {
  const std::string self = os::self_path();
  std::string program = self.substr(0, self.rfind('/') + 1) + "weir";
  if (::access(program.c_str(), X_OK) != 0)
    return fail(ErrorCode::not_found, "the program weir is not beside this one", program,
                "install both again");
  return program;
}

}  // namespace weir::pod
