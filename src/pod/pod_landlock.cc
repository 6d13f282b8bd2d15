#include "pod/pod_landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "os/fd.h"
#include "os/files.h"
#include "pod/landlock.h"

namespace weir::pod {
namespace {

// <linux/landlock.h> of Debian 12 ends at ABI 2, so the rights stand here: bit and the ABI that brought it.
using Rights = std::uint64_t;
constexpr Rights kExecute = 1U << 0;
constexpr Rights kWriteFile = 1U << 1;
constexpr Rights kReadFile = 1U << 2;
constexpr Rights kReadDir = 1U << 3;
constexpr Rights kRemoveDir = 1U << 4;
constexpr Rights kRemoveFile = 1U << 5;
constexpr Rights kMakeChar = 1U << 6;
constexpr Rights kMakeDir = 1U << 7;
constexpr Rights kMakeReg = 1U << 8;
constexpr Rights kMakeSock = 1U << 9;
constexpr Rights kMakeFifo = 1U << 10;
constexpr Rights kMakeBlock = 1U << 11;
constexpr Rights kMakeSym = 1U << 12;
constexpr Rights kRefer = 1U << 13;     // ABI 2
constexpr Rights kTruncate = 1U << 14;  // ABI 3
constexpr Rights kIoctlDev = 1U << 15;  // ABI 5
constexpr Rights kAbi1 = (1U << 13) - 1;
constexpr Rights kTcp = 0b11;     // ABI 4: bind and connect
constexpr Rights kScopes = 0b11;  // ABI 6: abstract unix sockets, signals

constexpr Rights kRead = kExecute | kReadFile | kReadDir;
// Device nodes are never made in a pod, whatever the mounts say.
constexpr Rights kWrite = kRead | kWriteFile | kRemoveDir | kRemoveFile | kMakeDir | kMakeReg | kMakeSock |
                          kMakeFifo | kMakeSym | kRefer | kTruncate;
static_assert((kWrite & (kMakeChar | kMakeBlock)) == 0);
constexpr Rights kDevice = kReadFile | kReadDir | kWriteFile | kIoctlDev;
// The kernel refuses rights on directories in a rule for a file.
constexpr Rights kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDev;

struct RulesetAttr {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};
struct __attribute__((packed)) PathBeneath {
  std::uint64_t allowed_access = 0;
  std::int32_t parent_fd = -1;
};
constexpr int kRulePathBeneath = 1;

Rights rights_of(int abi) {
  return kAbi1 | (abi >= 2 ? kRefer : 0U) | (abi >= 3 ? kTruncate : 0U) | (abi >= 5 ? kIoctlDev : 0U);
}

std::unexpected<Error> refused(const std::string& where) {
  Error error = os::errno_error("Landlock refused a rule", where, errno);
  error.code = ErrorCode::unavailable;
  return std::unexpected(std::move(error));
}

class Ruleset {
 public:
  explicit Ruleset(const RulesetAttr& attr, std::size_t size)
      : handled_(attr.handled_access_fs),
        fd_(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attr, size, 0))) {}

  explicit operator bool() const { return static_cast<bool>(fd_); }

  Status allow(int fd, Rights rights, const std::string& where) {
    struct stat status;
    if (::fstat(fd, &status) != 0) return refused(where);
    PathBeneath rule;
    rule.allowed_access = rights & handled_ & (S_ISDIR(status.st_mode) ? ~0ULL : kOfFiles);
    rule.parent_fd = fd;
    if (::syscall(SYS_landlock_add_rule, fd_.get(), kRulePathBeneath, &rule, 0) != 0) return refused(where);
    return {};
  }
  Status allow(const std::string& path, Rights rights) {
    const os::Fd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!fd) return refused(path);
    return allow(fd.get(), rights, path);
  }
  // From ABI 7 on the kernel logs refusals of the process that entered, which are our own probes: not wanted.
  Status enter(int abi) {
    constexpr unsigned kLogSameExecOff = 1;
    if (::syscall(SYS_landlock_restrict_self, fd_.get(), abi >= 7 ? kLogSameExecOff : 0U) != 0)
      return refused("landlock");
    return {};
  }

 private:
  Rights handled_;
  os::Fd fd_;
};

// The three standard descriptors came from outside. A program that opens /dev/stderr or /proc/self/fd/1
// opens the file behind one anew, and may, as far as the descriptor itself goes. Pipes and sockets need no
// rule; what takes none (a file in memory) cannot be opened anew.
void allow_standard_descriptors(Ruleset& rules) {
  for (const int fd : {0, 1, 2}) {
    struct stat status;
    if (::fstat(fd, &status) != 0 || (!S_ISCHR(status.st_mode) && !S_ISREG(status.st_mode))) continue;
    const int mode = ::fcntl(fd, F_GETFL) & O_ACCMODE;
    const Rights rights = (mode != O_WRONLY ? kReadFile : 0U) |
                          (mode != O_RDONLY ? kWriteFile | kTruncate : 0U) |
                          (S_ISCHR(status.st_mode) ? kIoctlDev : 0U);
    (void)rules.allow(fd, rights, "descriptor " + std::to_string(fd));
  }
}

Status allow_places(const PodPlan& plan, Ruleset& rules) {
  TRY_STATUS(rules.allow("/", kReadDir));  // directories and links of the pod's own
  TRY_STATUS(rules.allow("/proc", kReadFile | kReadDir));
  TRY_STATUS(rules.allow("/dev", kDevice));
  TRY_STATUS(rules.allow("/dev/shm", kWrite));
  for (const auto& mount : plan.mounts)
    TRY_STATUS(rules.allow(mount.at, is_read_only(mount) ? kRead : kWrite));
  for (const auto& file : plan.spec.files)
    TRY_STATUS(rules.allow(file.at, kReadFile));
  return {};
}

// On the host's root directory. What is not there is no place; a pod's own files stand for the host's of that
// name.
Status allow_host_places(const PodPlan& plan, Ruleset& rules) {
  const auto where_there = [&](const std::string& path, Rights rights) -> Status {
    return ::access(path.c_str(), F_OK) == 0 ? rules.allow(path, rights) : Status();
  };
  for (const char* device : {"null", "zero", "full", "random", "urandom", "tty"})
    TRY_STATUS(where_there(std::string("/dev/") + device, kDevice));
  for (const char* facts :
       {"cpuinfo", "meminfo", "stat", "uptime", "loadavg", "version", "filesystems", "sys"})
    TRY_STATUS(where_there(std::string("/proc/") + facts, kReadFile | kReadDir));
  for (const auto& mount : plan.mounts)
    TRY_STATUS(rules.allow(mount.source, is_read_only(mount) ? kRead : kWrite));
  for (const auto& file : plan.spec.files)
    TRY_STATUS(where_there(file.at, kReadFile));
  return {};
}

}  // namespace

Result<PodLandlock> enter_pod_landlock(const PodPlan& plan) {
  PodLandlock done;
  done.abi = landlock_abi();
  if (done.abi == 0) return done;
  RulesetAttr attr;
  attr.handled_access_fs = rights_of(done.abi);
  done.tcp = done.abi >= 4 && plan.spec.network == PodNetwork::none;
  done.scopes = done.abi >= kLandlockAbiScopes;
  if (done.tcp) attr.handled_access_net = kTcp;
  if (done.scopes) attr.scoped = kScopes;
  // An older kernel refuses a longer structure only when what it does not know is not zero (landlock(7)).
  Ruleset rules(attr, sizeof attr);
  if (!rules) return refused("ruleset");
  TRY_STATUS(plan.launcher == Launcher::landlock ? allow_host_places(plan, rules)
                                                 : allow_places(plan, rules));
  allow_standard_descriptors(rules);
  TRY_STATUS(rules.enter(done.abi));
  return done;
}

}  // namespace weir::pod
