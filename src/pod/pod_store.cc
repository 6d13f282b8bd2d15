#include "pod/pod_store.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/bytes.h"
#include "base/json.h"
#include "base/time_text.h"
#include "base/uuid.h"
#include "os/files.h"
#include "os/random.h"
#include "pod/beneath.h"
#include "pod/path_text.h"
#include "pod/remove_tree.h"

namespace weir::pod {
namespace {

constexpr std::size_t kPodsMax = 100'000;
constexpr const char* kNew = ".new-";
constexpr const char* kGone = ".gone-";
constexpr const char* kEmpty = ".empty-";

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
  set_path(json, "workspace", pod.workspace);
  return json;
}

Status write_new(int dir, const char* name, std::string_view bytes) {
  const os::Fd fd(::openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(os::errno_error("cannot create", name, errno));
  return os::write_all(fd.get(), bytes);
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
  TRY_STATUS(write_new(dir.get(), "pod.lock", ""));
  TRY(const Node made, node_at(dir.get(), "pod.lock"));
  return made.ctime_ns;
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

}  // namespace

Result<Pod> PodStore::create(const std::string& workspace, const std::string& profile) const {
  TRY_STATUS(os::make_dirs(dir_, 0700));
  Pod pod;
  pod.id = os::new_uuid();
  pod.workspace = os::resolve_path(workspace);
  pod.profile = profile;
  pod.upper = dir_ + "/" + pod.id + "/upper";
  pod.work = dir_ + "/" + pod.id + "/work";
  TRY(const os::Fd root, open_root(pod.workspace));
  TRY(const Node node, node_of(root.get()));
  pod.workspace_device = node.device;
  pod.workspace_inode = node.inode;

  TRY(const os::Fd store, open_store(dir_));
  const std::string fresh = kNew + pod.id;
  os::Fd dir;
  const auto made = furnish(store.get(), fresh, node.mode, dir);
  Status done = made ? Status() : std::unexpected(made.error());
  if (made) {
    pod.started_ns = *made;
    done = write_new(dir.get(), "pod.json", canonical(pod_json(pod)) + "\n");
  }
  if (done && ::renameat2(store.get(), fresh.c_str(), store.get(), pod.id.c_str(), RENAME_NOREPLACE) != 0)
    done = std::unexpected(os::errno_error("cannot name the pod's directory", pod.id, errno));
  if (!done) {
    (void)remove_tree(store.get(), fresh);
    return std::unexpected(done.error());
  }
  return pod;
}

Status PodStore::remove(const Pod& pod) const {
  return remove_id(pod.id);
}

Status PodStore::take_out(int store, const std::string& id, const char* as) const {
  if (!is_uuid(id)) return fail("not the id of a pod", id, "`weir pods` shows them");
  const std::string gone = as + id;
  if (::renameat2(store, id.c_str(), store, gone.c_str(), RENAME_NOREPLACE) != 0 && errno != ENOENT)
    return std::unexpected(os::errno_error("cannot take the pod out of use", id, errno));
  return {};
}

Status PodStore::remove_id(const std::string& id) const {
  TRY(const os::Fd store, open_store(dir_));
  TRY_STATUS(take_out(store.get(), id, kGone));
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
  return take_out(store.get(), pod.id, kEmpty);
}

void PodStore::sweep_empty() const {
  constexpr int kSweepsMax = 16;
  const auto store = open_store(dir_);
  const auto names =
      store ? names_in(store->get(), kPodsMax) : Result<std::vector<std::string>>(fail("none"));
  if (!names) return;
  int swept = 0;
  for (const auto& name : *names)
    // Somebody else may be at it as well.
    if (name.starts_with(kEmpty) && swept++ < kSweepsMax) (void)remove_tree(store->get(), name);
}

// What was being removed when its remover died. ".new-…" is left alone: it may be somebody's who is at work;
// those of dead makers are taken away when they are a day old.
Status PodStore::sweep(int dir) const {
  constexpr std::int64_t kDayNs = std::int64_t{86'400} * 1'000'000'000;
  TRY(const auto names, names_in(dir, kPodsMax));
  TRY(const Node now, node_of(dir));  // changed just now by our rename: what time it is for this file system
  for (const auto& name : names) {
    if (name.starts_with(kEmpty)) (void)remove_tree(dir, name);
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

bool PodStore::running(const Pod& pod) const {
  const os::Fd fd(::open((directory(pod) + "/pod.lock").c_str(), O_RDONLY | O_CLOEXEC));
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

bool PodStore::commit_interrupted(const Pod& pod) const {
  return os::exists(commit_journal(directory(pod)));
}

}  // namespace weir::pod
