#include "pod/direct.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <span>
#include <tuple>

#include "os/files.h"

namespace weir::pod {
namespace {

constexpr std::size_t kPathBytesMax = 4096;  // PATH_MAX
constexpr std::size_t kStatusBytesMax = 16'384;
constexpr std::uint64_t kPermissions = 0777;
constexpr std::uint64_t kTemporary = 020000000;  // __O_TMPFILE, without O_DIRECTORY
constexpr std::uint64_t kPathOnly = 010000000;   // O_PATH
constexpr std::uint64_t kExchange = 1U << 1;     // RENAME_EXCHANGE
constexpr std::uint64_t kWhiteout = 1U << 2;     // RENAME_WHITEOUT

using What = FileCall::What;

// Root's supervisor has capabilities, its pod none: what is done for a program is done without.
class WithoutCapabilities {
 public:
  WithoutCapabilities() {
    if (::geteuid() != 0 || ::syscall(SYS_capget, &header_, had_.data()) != 0) return;
    auto none = had_;
    for (auto& one : none)
      one.effective = 0;
    changed_ = ::syscall(SYS_capset, &header_, none.data()) == 0;
  }
  ~WithoutCapabilities() {
    if (changed_) (void)::syscall(SYS_capset, &header_, had_.data());
  }
  WithoutCapabilities(const WithoutCapabilities&) = delete;
  WithoutCapabilities& operator=(const WithoutCapabilities&) = delete;

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> had_{};
  bool changed_ = false;
};

// The umask of the process that asks, while something is made for it. The caller has one thread that makes
// files.
class WithUmask {
 public:
  explicit WithUmask(pid_t thread) {
    mode_t theirs = 0077;
    const auto status = os::read_file("/proc/" + std::to_string(thread) + "/status", kStatusBytesMax);
    constexpr std::string_view kName = "\nUmask:\t";
    const auto at = status ? status->find(kName) : std::string::npos;
    if (at != std::string::npos)
      std::from_chars(status->data() + at + kName.size(), status->data() + status->size(), theirs, 8);
    ours_ = ::umask(theirs & kPermissions);
  }
  ~WithUmask() { ::umask(ours_); }
  WithUmask(const WithUmask&) = delete;
  WithUmask& operator=(const WithUmask&) = delete;

 private:
  mode_t ours_ = 0;
};

mode_t permissions(std::uint64_t mode) {
  return static_cast<mode_t>(mode & kPermissions);
}

bool writes(std::uint64_t flags) {
  return (flags & O_ACCMODE) != O_RDONLY;
}

// A link at the end of the path is what the call means, not where it leads.
bool follows(const FileCall& call) {
  switch (call.what) {
    case What::open:
      return (call.flags & O_NOFOLLOW) == 0 && (call.flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
    case What::truncate:
      return true;
    case What::mode:
    case What::owner:
    case What::times:
    case What::access:
    case What::attributes:
      return (call.flags & AT_SYMLINK_NOFOLLOW) == 0;
    case What::hard_link:
      return (call.flags & AT_SYMLINK_FOLLOW) != 0;
    default:
      return false;
  }
}

// What only the kernel answers, and a read-only mount refuses.
bool is_left_to_kernel(const FileCall& call) {
  if (call.unusual) return true;
  if (call.what == What::open) {
    const bool changes = writes(call.flags) || (call.flags & (O_CREAT | O_TRUNC | kTemporary)) != 0;
    return !changes || (call.flags & kPathOnly) != 0;
  }
  return false;
}

bool may_be_about_descriptor(What what) {
  return what == What::mode || what == What::owner || what == What::times;
}

// The first path of a call; the descriptor it is about in place of one. None: not there, too long, or empty.
std::optional<std::string> path_of(const FileCall& call, const Memory& memory) {
  std::optional<std::string> path;
  if (call.path != 0) path = memory.text(call.path, kPathBytesMax);
  const bool empty = call.path == 0 || (path && path->empty() && (call.flags & AT_EMPTY_PATH) != 0);
  if (empty && may_be_about_descriptor(call.what))
    return call.dir == AT_FDCWD ? "." : "/proc/self/fd/" + std::to_string(call.dir);
  if (!path || path->empty() || path->size() == kPathBytesMax) return std::nullopt;
  return path;
}

bool has_two_paths(What what) {
  return what == What::rename || what == What::hard_link;
}

// The file of this name that was judged, whatever it may be called now; a link is not followed.
os::Fd same_file(const DirectPlace& place) {
  os::Fd fd(::openat(place.host_dir.get(), place.last.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat now;
  if (fd && (::fstat(fd.get(), &now) != 0 || now.st_ino != place.child.inode)) {
    fd.reset();
    errno = ESTALE;
  }
  return fd;
}

bool is_empty(const DirectPlace& place) {
  const auto dir = changes::open_dir_beneath(place.host_dir.get(), place.last);
  const auto names =
      dir ? changes::names_in(dir->get(), 1) : Result<std::vector<std::string>>(fail("closed"));
  return !names || names->empty();  // the kernel knows
}

std::string by_descriptor(const os::Fd& fd) {
  return "/proc/self/fd/" + std::to_string(fd.get());
}

// Times as utimensat(2) takes them; none when they cannot be read. Without any: now.
std::optional<std::array<timespec, 2>> times_of(const Memory& memory, const FileCall& call) {
  std::array<timespec, 2> times{{{0, UTIME_NOW}, {0, UTIME_NOW}}};
  if (call.value == 0) return times;
  const auto read = [&](auto& into) {
    return memory.read(call.value, std::span(reinterpret_cast<char*>(&into), sizeof into));
  };
  if (call.number == SYS_utimensat) return read(times) ? std::optional(times) : std::nullopt;
#ifdef SYS_utime
  if (call.number == SYS_utime) {
    utimbuf seconds{};
    if (!read(seconds)) return std::nullopt;
    return std::array<timespec, 2>{{{seconds.actime, 0}, {seconds.modtime, 0}}};
  }
#endif
  std::array<timeval, 2> micro{};
  if (!read(micro)) return std::nullopt;
  for (std::size_t i = 0; i < micro.size(); ++i)
    times[i] = {micro[i].tv_sec, micro[i].tv_usec * 1000};
  return times;
}

}  // namespace

Result<std::unique_ptr<Direct>> Direct::create(int root, const PodPlan& plan, const DirectRules& rules) {
  const auto workspace = std::ranges::find(plan.mounts, PodMount::Kind::direct, &PodMount::kind);
  if (workspace == plan.mounts.end() || rules.catalogue == nullptr)
    return fail(ErrorCode::internal, "a direct pod without a workspace or a catalogue", "pod");
  TRY(DirectPlaces places, DirectPlaces::create(root, *workspace));
  DirectJudge judge(places.host(), plan, *workspace, rules);
  return std::unique_ptr<Direct>(new Direct(std::move(places), std::move(judge)));
}

bool Direct::serve(const Notification& notification, const Notifications& notifications) {
  const Memory memory(notification.thread);
  const auto call = file_call(notification, memory);
  if (!call) return false;
  Outcome outcome;
  if (!is_left_to_kernel(*call)) {
    const WithoutCapabilities as_the_program;
    outcome = decide(notification, *call, notifications);
  }
  if (outcome.goes_on)
    notifications.go_on(notification.id);
  else if (outcome.fd)
    notifications.give(notification.id, outcome.fd.get(), outcome.close_on_exec);
  else
    notifications.answer(notification.id, outcome.error_number);
  return true;
}

Direct::Outcome Direct::decide(const Notification& notification, const FileCall& call,
                               const Notifications& notifications) {
  const Memory memory(notification.thread);
  const auto path = path_of(call, memory);
  if (!path) return {};
  auto place = places_.find(notification.thread, call.dir, *path, follows(call));
  if (!place) return {};
  Asked asked{
      .notification = notification, .call = call, .place = *std::move(place), .other = {}, .text = {}};
  if (call.what == What::soft_link || has_two_paths(call.what)) {
    const auto text = memory.text(call.other, kPathBytesMax);
    if (!text || text->size() == kPathBytesMax) return {};
    asked.text = *text;
  }
  if (has_two_paths(call.what)) {
    auto other = places_.find(notification.thread, call.other_dir, asked.text, false);
    if (!other) return {};
    asked.other = *std::move(other);
  }
  if (call.what == What::times) {
    const auto times = times_of(memory, call);
    if (!times) return {};
    asked.times = *times;
  }
  // Only now is it known that all of this was read from the process that asks.
  if (!notifications.waits(notification.id)) return {};
  for (const DirectPlace* one : {&asked.place, &asked.other})
    if (one->error_number != 0) return error(one->error_number);
  return has_two_paths(call.what) ? act_on_two(asked) : act(asked);
}

Direct::Outcome Direct::act(Asked& asked) {
  if (!asked.place.inside) return {};
  // Of a read-only mount the kernel would say so before it looks.
  const bool makes = asked.call.what == What::make_directory || asked.call.what == What::make_file ||
                     asked.call.what == What::soft_link ||
                     (asked.call.what == What::open && (asked.call.flags & O_CREAT) != 0);
  if (!makes && asked.place.child.kind == changes::NodeKind::none) return error(ENOENT);
  switch (asked.call.what) {
    case What::open:
      return open(asked);
    case What::make_directory:
      return make_directory(asked);
    case What::make_file:
      return make_file(asked);
    case What::remove:
      return remove(asked);
    case What::soft_link:
      return make_link(asked);
    case What::truncate:
      return truncate(asked);
    case What::mode:
      return set_mode(asked);
    case What::owner:
      return set_owner(asked);
    case What::times:
      return set_times(asked);
    case What::access:
      return access(asked);
    case What::attributes:  // programs then do without, or give permissions in place of an access list
      return error(EOPNOTSUPP);
    default:
      return {};
  }
}

Direct::Outcome Direct::act_on_two(Asked& asked) {
  if (!asked.place.inside && !asked.other.inside) return {};
  // As between any two file systems; the kernel would say that one of them is read-only.
  if (!asked.place.inside || !asked.other.inside) return error(EXDEV);
  if (asked.place.child.kind == changes::NodeKind::none) return error(ENOENT);
  if (asked.place.last == "." || asked.other.last == ".") return {};
  return asked.call.what == What::rename ? rename(asked) : hard_link(asked);
}

bool Direct::refuses(const std::optional<Held>& held) {
  if (!held) return false;
  ++report_.refused;
  const bool known =
      std::ranges::any_of(report_.paths, [&](const Held& one) { return one.path == held->path; });
  if (!known && report_.paths.size() < kDirectRefusedMax) report_.paths.push_back(*held);
  return true;
}

Direct::Outcome Direct::error(int error_number) {
  Outcome outcome;
  outcome.goes_on = false;
  outcome.error_number = error_number;
  return outcome;
}

// `result` of a system call on the host's side.
Direct::Outcome Direct::done(int result) {
  if (result != 0) return error(errno);
  ++report_.changes;
  return error(0);
}

Direct::Outcome Direct::open(Asked& asked) {
  const auto& [place, flags] = std::tie(asked.place, asked.call.flags);
  if ((flags & kTemporary) != 0) return error(EOPNOTSUPP);  // programs then make a file of a name
  if (place.slash || place.last == ".") return {};
  const bool exists = place.child.kind != changes::NodeKind::none;
  if (!exists) return (flags & O_CREAT) != 0 ? create_file(asked) : Outcome{};
  if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return error(EEXIST);
  if (place.child.kind == changes::NodeKind::directory) return error(EISDIR);
  if (place.child.kind == changes::NodeKind::symlink) return error(ELOOP);
  // Pipes and devices are the kernel's to open; to truncate what is only read, a read-only mount's to refuse.
  if (place.child.kind != changes::NodeKind::file || (!writes(flags) && (flags & O_TRUNC) != 0)) return {};
  return open_existing(asked);
}

namespace {

// What is passed on of open's flags. Never waits for anything, and never a link or another kind of file.
int passed(std::uint64_t flags) {
  constexpr std::uint64_t kKept =
      O_ACCMODE | O_APPEND | O_SYNC | O_DSYNC | O_DIRECT | O_NOATIME | O_NONBLOCK | O_LARGEFILE;
  return static_cast<int>(flags & kKept) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
}

void wait_as_asked(const os::Fd& fd, std::uint64_t flags) {
  if ((flags & O_NONBLOCK) == 0) (void)::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
}

}  // namespace

Direct::Outcome Direct::create_file(Asked& asked) {
  const auto& flags = asked.call.flags;
  if (refuses(judge_.creates(asked.place.path, changes::NodeKind::file))) return error(EACCES);
  const WithUmask umask(asked.notification.thread);
  Outcome outcome = error(0);
  outcome.fd = os::Fd(::openat(asked.place.host_dir.get(), asked.place.last.c_str(),
                               passed(flags) | O_CREAT | O_EXCL, permissions(asked.call.value)));
  if (!outcome.fd) return error(errno);
  wait_as_asked(outcome.fd, flags);
  outcome.close_on_exec = (flags & O_CLOEXEC) != 0;
  ++report_.changes;
  return outcome;
}

Direct::Outcome Direct::open_existing(Asked& asked) {
  const auto& flags = asked.call.flags;
  if (writes(flags) && refuses(judge_.writes(asked.place.path, asked.place.child))) return error(EACCES);
  Outcome outcome = error(0);
  outcome.fd = os::Fd(::openat(asked.place.host_dir.get(), asked.place.last.c_str(), passed(flags)));
  if (!outcome.fd) return error(errno);
  // The host may have put another file there since.
  struct stat now;
  if (::fstat(outcome.fd.get(), &now) != 0 || now.st_ino != asked.place.child.inode || !S_ISREG(now.st_mode))
    return error(ESTALE);
  if ((flags & O_TRUNC) != 0 && ::ftruncate(outcome.fd.get(), 0) != 0) return error(errno);
  wait_as_asked(outcome.fd, flags);
  outcome.close_on_exec = (flags & O_CLOEXEC) != 0;
  if (writes(flags)) ++report_.changes;
  return outcome;
}

Direct::Outcome Direct::make_directory(Asked& asked) {
  const DirectPlace& place = asked.place;
  if (place.last == "." || place.child.kind != changes::NodeKind::none) return error(EEXIST);
  if (refuses(judge_.creates(place.path, changes::NodeKind::directory))) return error(EACCES);
  const WithUmask umask(asked.notification.thread);
  return done(::mkdirat(place.host_dir.get(), place.last.c_str(), permissions(asked.call.value)));
}

// mknod(2) of a regular file; of all else the kernel says that the file system is read-only.
Direct::Outcome Direct::make_file(Asked& asked) {
  const DirectPlace& place = asked.place;
  const std::uint64_t type = asked.call.value & S_IFMT;
  if (place.child.kind != changes::NodeKind::none) return error(EEXIST);
  if (place.slash || (type != 0 && type != S_IFREG)) return {};
  if (refuses(judge_.creates(place.path, changes::NodeKind::file))) return error(EACCES);
  const WithUmask umask(asked.notification.thread);
  return done(
      ::mknodat(place.host_dir.get(), place.last.c_str(), S_IFREG | permissions(asked.call.value), 0));
}

Direct::Outcome Direct::remove(Asked& asked) {
  const DirectPlace& place = asked.place;
  const bool directory = (asked.call.flags & AT_REMOVEDIR) != 0;
  if (place.last == ".") return error(directory ? EINVAL : EISDIR);
  if (place.slash && !directory) return error(ENOTDIR);
  // What cannot be anyway is no attempt at what is held: git tries whether directories are empty.
  const bool is_directory = place.child.kind == changes::NodeKind::directory;
  if (directory != is_directory) return error(directory ? ENOTDIR : EISDIR);
  if (directory && !is_empty(place)) return error(ENOTEMPTY);
  if (judge_.holds_mount(place.path)) return error(EBUSY);
  if (refuses(judge_.removes(place.path, place.child))) return error(EACCES);
  return done(::unlinkat(place.host_dir.get(), place.last.c_str(), directory ? AT_REMOVEDIR : 0));
}

Direct::Outcome Direct::make_link(Asked& asked) {
  const DirectPlace& place = asked.place;
  if (place.slash || place.child.kind != changes::NodeKind::none) return error(EEXIST);
  if (refuses(judge_.creates(place.path, changes::NodeKind::symlink, asked.text))) return error(EACCES);
  return done(::symlinkat(asked.text.c_str(), place.host_dir.get(), place.last.c_str()));
}

Direct::Outcome Direct::rename(Asked& asked) {
  const auto& [from, to, flags] = std::tie(asked.place, asked.other, asked.call.flags);
  const bool slash = from.slash || to.slash;
  if ((flags & kWhiteout) != 0 || (slash && from.child.kind != changes::NodeKind::directory)) return {};
  if (judge_.holds_mount(from.path) || judge_.holds_mount(to.path)) return error(EBUSY);
  // Two names of one file: nothing happens (rename(2)).
  const bool exchange = (flags & kExchange) != 0;
  if (exchange && to.child.kind == changes::NodeKind::none) return error(ENOENT);
  if (refuses(judge_.moves(from.path, from.child, to.path, to.child))) return error(EACCES);
  if (exchange && refuses(judge_.moves(to.path, to.child, from.path, from.child))) return error(EACCES);
  return done(static_cast<int>(::syscall(SYS_renameat2, from.host_dir.get(), from.last.c_str(),
                                         to.host_dir.get(), to.last.c_str(), flags)));
}

Direct::Outcome Direct::hard_link(Asked& asked) {
  const auto& [from, to] = std::tie(asked.place, asked.other);
  if (to.child.kind != changes::NodeKind::none) return error(EEXIST);
  if (from.child.kind != changes::NodeKind::file || from.slash || to.slash) return error(EPERM);
  if (refuses(judge_.links(from.path, from.child, to.path))) return error(EACCES);
  return done(::linkat(from.host_dir.get(), from.last.c_str(), to.host_dir.get(), to.last.c_str(), 0));
}

Direct::Outcome Direct::truncate(Asked& asked) {
  const DirectPlace& place = asked.place;
  if (place.child.kind != changes::NodeKind::file || place.slash) return {};
  rlimit limit{};
  const pid_t thread = asked.notification.thread;
  if (::prlimit(thread, RLIMIT_FSIZE, nullptr, &limit) != 0 || asked.call.value > limit.rlim_cur)
    return error(EFBIG);
  if (refuses(judge_.writes(place.path, place.child))) return error(EACCES);
  const os::Fd fd(::openat(place.host_dir.get(), place.last.c_str(), passed(O_WRONLY)));
  struct stat now;
  if (!fd) return error(errno);
  if (::fstat(fd.get(), &now) != 0 || now.st_ino != place.child.inode) return error(ESTALE);
  return done(::ftruncate(fd.get(), static_cast<off_t>(asked.call.value)));
}

Direct::Outcome Direct::set_mode(Asked& asked) {
  const DirectPlace& place = asked.place;
  if (place.child.kind != changes::NodeKind::file && place.child.kind != changes::NodeKind::directory)
    return {};
  if (refuses(judge_.sets(place.path, place.child))) return error(EACCES);
  const os::Fd file = same_file(place);
  if (!file) return error(errno);
  return done(::chmod(by_descriptor(file).c_str(), permissions(asked.call.value)));
}

// To oneself, which is all that a pod's one id and no capability allow.
Direct::Outcome Direct::set_owner(Asked& asked) {
  const DirectPlace& place = asked.place;
  constexpr auto kUnchanged = static_cast<std::uint32_t>(-1);
  const auto uid = static_cast<std::uint32_t>(asked.call.value);
  const auto gid = static_cast<std::uint32_t>(asked.call.value2);
  const bool own = (uid == kUnchanged || uid == ::geteuid()) && (gid == kUnchanged || gid == ::getegid());
  if (!own) return error(EPERM);
  if (refuses(judge_.sets(place.path, place.child))) return error(EACCES);
  return done(::fchownat(place.host_dir.get(), place.last.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW));
}

Direct::Outcome Direct::set_times(Asked& asked) {
  const DirectPlace& place = asked.place;
  if (refuses(judge_.sets(place.path, place.child))) return error(EACCES);
  return done(::utimensat(place.host_dir.get(), place.last.c_str(), asked.times.data(), AT_SYMLINK_NOFOLLOW));
}

// Changes nothing; on a read-only mount the kernel would say that nothing can be written.
Direct::Outcome Direct::access(const Asked& asked) {
  const DirectPlace& place = asked.place;
  if (place.child.kind == changes::NodeKind::symlink) return {};
  if (place.child.kind == changes::NodeKind::file && judge_.writes(place.path, place.child))
    return error(EACCES);
  const int mode = static_cast<int>(asked.call.value & (R_OK | W_OK | X_OK));
  // By effective capabilities: of the real ones root's supervisor has all.
  return error(::faccessat(place.host_dir.get(), place.last.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno);
}

}  // namespace weir::pod
