#include "changes/pod_store.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ranges>

#include "base/bytes.h"
#include "base/json.h"
#include "base/time_text.h"
#include "base/uuid.h"
#include "changes/beneath.h"
#include "changes/copy_tree.h"
#include "changes/path_text.h"
#include "changes/remove_tree.h"
#include "os/files.h"
#include "os/random.h"

namespace weir::changes {
namespace {

constexpr std::size_t kPodsMax = 100'000;
constexpr const char* kNew = ".new-";
constexpr const char* kGone = ".gone-";
constexpr const char* kEmpty = ".empty-";
constexpr int kEmptyMax = 4;

Result<os::Fd> open_store(const std::string& dir) {
  os::Fd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return std::unexpected(os::errno_error("cannot open the directory of pods", dir, errno));
  return fd;
}

Json pod_json(const Pod& pod) {
  Json json = Json::object({{"v", kPodRecordVersion},
                            {"id", pod.id},
                            {"started", rfc3339(pod.started_ns)},
                            {"profile", pod.profile},
                            // As text: inode numbers may use all 64 bits, JSON readers often have 53.
                            {"workspace_device", std::to_string(pod.workspace_device)},
                            {"workspace_inode", std::to_string(pod.workspace_inode)}});
  if (!pod.from.empty()) json.set("from", pod.from);
  if (!pod.batch.empty()) json.set("batch", pod.batch);
  if (!pod.from.empty() || !pod.batch.empty()) json.set("since", rfc3339(pod.base_ns));
  if (pod.direct) json.set("direct", true);
  set_path(json, "workspace", pod.workspace);
  return json;
}

// Not truncated first: a block that is freed and taken again costs a round trip to a disk that is told of it
// (mount option discard).
Status write_over(int dir, const char* name, std::string_view bytes) {
  const os::Fd fd(::openat(dir, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(os::errno_error("cannot create", name, errno));
  TRY_STATUS(os::write_all(fd.get(), bytes));
  if (::ftruncate(fd.get(), static_cast<off_t>(bytes.size())) != 0)
    return std::unexpected(os::errno_error("cannot write", name, errno));
  return {};
}

// The new pod's directory with everything but pod.json; returns its descriptor and when that was.
// The upper directory's permissions are those the workspace has inside; nobody else comes so far.
Result<std::int64_t> furnish(int store, const std::string& name, std::uint32_t mode, os::Fd& dir) {
  if (::mkdirat(store, name.c_str(), 0700) != 0)
    return std::unexpected(os::errno_error("cannot create the pod's directory", name, errno));
  dir = os::Fd(::openat(store, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!dir) return std::unexpected(os::errno_error("cannot open the pod's directory", name, errno));
  for (const char* one : {"upper", "work"})
    if (::mkdirat(dir.get(), one, 0700) != 0)
      return std::unexpected(os::errno_error("cannot create a directory of the pod", one, errno));
  if (::fchmodat(dir.get(), "upper", (mode & 0777) | 0700, 0) != 0)
    return std::unexpected(
        os::errno_error("cannot set the permissions of a directory of the pod", "upper", errno));
  TRY_STATUS(write_over(dir.get(), "pod.lock", ""));
  TRY(const Node made, node_at(dir.get(), "pod.lock"));
  return made.ctime_ns;
}

// A file system takes longer to make and remove the few files of a pod than the kernel to make the pod, ext4
// above all, which then looks for numbers that were not given away lately. So the directories of pods that
// changed nothing are kept for the next ones: `.empty-0` to `.empty-3`.
std::string empty_name(int slot) {
  return kEmpty + std::to_string(slot);
}

bool take_empty(int store, const std::string& as) {
  for (int slot = 0; slot < kEmptyMax; ++slot)
    if (::renameat2(store, empty_name(slot).c_str(), store, as.c_str(), RENAME_NOREPLACE) == 0) return true;
  return false;
}

// What overlayfs leaves in its work directory; it refuses to take "incompat" over (overlayfs.rst, Volatile
// mount). It gives none of these any permissions, and only root can do without. Empties it, or fails.
bool clear_work(int dir) {
  constexpr std::array kLeft{"work/work", "work/work/incompat", "work/work/incompat/volatile"};
  for (const char* name : kLeft)
    if (::fchmodat(dir, name, 0700, 0) != 0) {
      if (errno != ENOENT) return false;
      break;
    }
  (void)::unlinkat(dir, "work/work/incompat/volatile/dirty", 0);
  for (const char* name : std::views::reverse(kLeft))
    (void)::unlinkat(dir, name, AT_REMOVEDIR);
  const os::Fd work(::openat(dir, "work", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const auto left = work ? names_in(work.get(), 1) : Result<std::vector<std::string>>(fail("closed"));
  return left && left->empty();
}

// "user.overlay.*" of the top: what it was a copy of.
bool clear_overlay_marks(int upper) {
  char names[4096];
  const ssize_t n = ::flistxattr(upper, names, sizeof names);
  if (n < 0) return errno == ENOTSUP;
  for (const auto name : split({names, static_cast<std::size_t>(n)}, '\0'))
    if (name.starts_with("user.overlay.") && ::fremovexattr(upper, std::string(name).c_str()) != 0)
      return false;
  return true;
}

// As furnish(), of a directory that had an unchanged pod.
Result<std::int64_t> refurnish(int store, const std::string& name, std::uint32_t mode, os::Fd& dir) {
  dir = os::Fd(::openat(store, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const os::Fd upper(dir ? ::openat(dir.get(), "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                         : -1);
  const auto changes = upper ? names_in(upper.get(), 1) : Result<std::vector<std::string>>(fail("closed"));
  if (!changes || !changes->empty() || !clear_work(dir.get()) || !clear_overlay_marks(upper.get()) ||
      ::fchmod(upper.get(), (mode & 0777) | 0700) != 0 ||
      ::utimensat(dir.get(), "pod.lock", nullptr, 0) != 0) {
    dir.reset();
    TRY_STATUS(remove_tree(store, name));
    return furnish(store, name, mode, dir);
  }
  TRY(const Node touched, node_at(dir.get(), "pod.lock"));
  return touched.ctime_ns;
}

// The process that holds the flock(2) of this file, as proc_locks(5) tells: "1: FLOCK ADVISORY WRITE 4711
// fe:01:9043 0 EOF". "" when that cannot be told; only the inode is compared, for a hint to a person.
std::string lock_holder(const std::string& file) {
  constexpr std::size_t kLocksBytesMax = 4 << 20;
  struct stat status;
  const auto text = os::read_file("/proc/locks", kLocksBytesMax);
  if (!text || ::stat(file.c_str(), &status) != 0) return {};
  const std::string inode = ":" + std::to_string(status.st_ino);
  for (const auto line : split(*text, '\n')) {
    std::vector<std::string_view> words;
    for (const auto word : split(line, ' '))
      if (!word.empty()) words.push_back(word);
    if (words.size() > 5 && words[1] == "FLOCK" && words[3] == "WRITE" && words[5].ends_with(inode))
      return words[4] == "0" ? std::string() : std::string(words[4]);  // 0: of another pid namespace
  }
  return {};
}

Status fill_upper(int dir, const PodStore::Fill& fill) {
  if (!fill) return {};
  const os::Fd upper(::openat(dir, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!upper) return std::unexpected(os::errno_error("cannot open a directory of the pod", "upper", errno));
  return fill(dir, upper.get());
}

}  // namespace

// `pod`: its profile, and what it begins with. base_ns 0: when it is made.
Result<Pod> PodStore::make(Pod pod, const std::string& workspace, const Fill& fill) const {
  pod.id = os::new_uuid();
  pod.workspace = os::resolve_path(workspace);
  pod.upper = dir_ + "/" + pod.id + "/upper";
  pod.work = dir_ + "/" + pod.id + "/work";
  TRY(const os::Fd root, open_root(pod.workspace));
  TRY(const Node node, node_of(root.get()));
  pod.workspace_device = node.device;
  pod.workspace_inode = node.inode;

  TRY(const os::Fd store, open_store(dir_));
  const std::string fresh = kNew + pod.id;
  os::Fd dir;
  const auto made = take_empty(store.get(), fresh) ? refurnish(store.get(), fresh, node.mode, dir)
                                                   : furnish(store.get(), fresh, node.mode, dir);
  Status done = made ? Status() : std::unexpected(made.error());
  if (made) {
    pod.started_ns = *made;
    if (pod.base_ns == 0) pod.base_ns = pod.started_ns;
    done = fill_upper(dir.get(), fill);
  }
  if (done) {
    done = write_over(dir.get(), "pod.json", canonical(pod_json(pod)) + "\n");
  }
  if (done && ::renameat2(store.get(), fresh.c_str(), store.get(), pod.id.c_str(), RENAME_NOREPLACE) != 0)
    done = std::unexpected(os::errno_error("cannot name the pod's directory", pod.id, errno));
  if (!done) {
    (void)remove_tree(store.get(), fresh);
    return std::unexpected(done.error());
  }
  return pod;
}

Result<Pod> PodStore::create(const std::string& workspace, const std::string& profile, const Pod* from,
                             bool direct) const {
  TRY_STATUS(os::make_dirs(dir_, 0700));
  Pod pod;
  pod.profile = profile;
  pod.direct = direct;
  if (from == nullptr) return make(std::move(pod), workspace, {});
  const auto info = os::file_info(os::resolve_path(workspace));
  if (!info || from->workspace_device != info->device || from->workspace_inode != info->inode)
    return fail("the pod to begin with worked on another directory", from->id,
                "change to " + from->workspace);
  pod.from = from->id;
  pod.base_ns = from->base_ns;
  return make(std::move(pod), workspace, [from](int, int upper) -> Status {
    TRY(const os::Fd source, open_root(from->upper));
    return copy_tree(source.get(), upper);
  });
}

Result<Pod> PodStore::create_filled(const std::string& workspace, const std::string& batch,
                                    std::int64_t base_ns, const Fill& fill) const {
  TRY_STATUS(os::make_dirs(dir_, 0700));
  Pod pod;
  pod.profile = "batch";
  pod.batch = batch;
  pod.base_ns = base_ns;
  return make(std::move(pod), workspace, fill);
}

Status PodStore::remove(const Pod& pod) const {
  return remove_id(pod.id);
}

Status PodStore::take_out(int store, const std::string& id) const {
  if (!is_uuid(id)) return fail("not the id of a pod", id, "`weir pods` shows them");
  const std::string gone = kGone + id;
  if (::renameat2(store, id.c_str(), store, gone.c_str(), RENAME_NOREPLACE) != 0 && errno != ENOENT)
    return std::unexpected(os::errno_error("cannot take the pod out of use", id, errno));
  return {};
}

Status PodStore::remove_id(const std::string& id) const {
  TRY(const os::Fd store, open_store(dir_));
  TRY_STATUS(take_out(store.get(), id));
  if (::fsync(store.get()) != 0) return std::unexpected(os::errno_error("cannot flush", dir_, errno));
  TRY_STATUS(remove_tree(store.get(), kGone + id));
  return sweep(store.get());
}

bool PodStore::has_changes(const Pod& pod) {
  const os::Fd upper(::open(pod.upper.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  const auto names = upper ? names_in(upper.get(), 1) : Result<std::vector<std::string>>(fail("closed"));
  return !names || !names->empty();
}

Status PodStore::retire_unchanged(const Pod& pod) const {
  if (has_changes(pod))
    return fail(ErrorCode::denied, "the pod has changes", pod.id, "commit or discard them");
  TRY(const os::Fd store, open_store(dir_));
  const os::Fd dir(::openat(store.get(), pod.id.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const auto names = dir ? names_in(dir.get(), kPodsMax) : Result<std::vector<std::string>>(fail("closed"));
  // One with more in it than every pod has (the state of an agent) is nobody else's.
  const bool plain = names && names->size() == 4;
  for (int slot = 0; plain && slot < kEmptyMax; ++slot)
    if (::renameat2(store.get(), pod.id.c_str(), store.get(), empty_name(slot).c_str(), RENAME_NOREPLACE) ==
        0)
      return {};
  TRY_STATUS(take_out(store.get(), pod.id));
  return remove_tree(store.get(), kGone + pod.id);
}

// What was being removed when its remover died. ".new-…" is left alone: it may be somebody's who is at work;
// those of dead makers are taken away when they are a day old.
Status PodStore::sweep(int dir) const {
  constexpr std::int64_t kDayNs = std::int64_t{86'400} * 1'000'000'000;
  TRY(const auto names, names_in(dir, kPodsMax));
  TRY(const Node now, node_of(dir));  // changed just now by our rename: what time it is for this file system
  for (const auto& name : names) {
    if (name.starts_with(kEmpty)) {
      // Taken by its name first: a new pod may be about to.
      const std::string gone = kGone + os::new_uuid();
      if (::renameat2(dir, name.c_str(), dir, gone.c_str(), RENAME_NOREPLACE) == 0)
        (void)remove_tree(dir, gone);
      continue;
    }
    const bool gone = name.starts_with(kGone);
    if (!gone && !name.starts_with(kNew)) continue;
    TRY(const Node node, node_at(dir, name));
    if (node.kind != NodeKind::directory || (!gone && now.ctime_ns - node.ctime_ns < kDayNs)) continue;
    TRY_STATUS(remove_tree(dir, name));
  }
  return {};
}

Result<os::Fd> PodStore::lock(const Pod& pod) const {
  // A look by running() holds the lock for an instant: that must not make a launcher fail.
  constexpr int kTries = 20;
  constexpr useconds_t kPauseUs = 1000;
  for (int tries = 1;; ++tries) {
    auto lock = os::lock_file(directory(pod) + "/pod.lock");
    if (lock || lock.error().code != ErrorCode::unavailable) return lock;
    if (tries == kTries) {
      const std::string holder = lock_holder(directory(pod) + "/pod.lock");
      return fail(ErrorCode::unavailable, "the pod still runs", pod.id,
                  "wait for the end of its command, or end `weir pod` itself: kill " +
                      (holder.empty() ? "and its process number" : holder));
    }
    ::usleep(kPauseUs);
  }
}

Result<os::Fd> PodStore::hold(const Pod& pod) const {
  const std::string file = directory(pod) + "/pod.lock";
  os::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return std::unexpected(os::errno_error("cannot open the lock of the pod", file, errno));
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) != 0)
    return fail(ErrorCode::unavailable, "the pod still runs", pod.id, "wait for the end of its command");
  return fd;
}

bool PodStore::running(const Pod& pod) const {
  const os::Fd fd(::open((directory(pod) + "/pod.lock").c_str(), O_RDONLY | O_CLOEXEC));
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

bool PodStore::commit_interrupted(const Pod& pod) const {
  return os::exists(commit_journal(directory(pod)));
}

}  // namespace weir::changes
