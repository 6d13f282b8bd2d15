// The pods of this person: where each one's changes lie until they are committed or discarded.
//
//   const PodStore store(places.state + "/pods");
//   TRY(const auto pod, store.create("/home/ann/project", "python"));
//   TRY(const os::Fd held, store.lock(pod));     // the launcher: for as long as anything in the pod may run
//   mount overlay: lowerdir=pod.workspace, upperdir=pod.upper, workdir=pod.work, userxattr
//   …
//   TRY(const auto last, store.last_of("/home/ann/project"));   // weir diff
//
// A pod is a directory <state>/pods/<id>/, mode 0700 (docs/formats/pod.md):
//
//   pod.json   what it is           upper/  what the agent changed, written by overlayfs
//   pod.lock   flock while it runs  work/   overlayfs' own
//
// **pod.lock**: the launcher holds the exclusive lock of lock() from before the first process of the pod
// starts until the last has ended. The descriptor is close-on-exec and stays with the launcher; when the
// launcher dies the kernel gives the lock back, so a pod's processes must die with it. commit and discard
// take the same lock and refuse while they cannot have it.
//
// Whatever the instant of a kill, a pod is there whole or not at all: it is made as ".new-<id>" and renamed,
// and renamed to ".gone-<id>" before it is removed; removal that was cut off is finished by the next one. The
// directory of one that changed nothing becomes ".empty-0" to ".empty-3", for the next pod to take.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace weir::changes {

struct Pod {
  std::string id;         // UUIDv7
  std::string workspace;  // absolute, without symbolic links
  std::string upper;
  std::string work;
  // Wall time by the clock of the file system that holds the pod: what changes on the host later has a later
  // ctime (to one tick of that clock, some milliseconds).
  std::int64_t started_ns = 0;
  std::string profile;
  std::string from;   // the id of the pod whose changes it began with; "": none
  std::string batch;  // the id of the batch whose pods' changes it holds, merged (batch_merge.h); "": none
  // What the host changed since then is in conflict: started_ns, or that of the pods it began with.
  std::int64_t base_ns = 0;
  // Which directory `workspace` was: another one that takes its name is not committed to.
  std::uint64_t workspace_device = 0;
  std::uint64_t workspace_inode = 0;
  bool direct = false;  // it writes the workspace itself; nothing is ever in `upper`
};

inline constexpr int kPodRecordVersion = 1;  // "v" of pod.json

// The journal of a commit under way: there only meanwhile, and after one that was cut off.
inline std::string commit_journal(const std::string& directory) {
  return directory + "/commit.jsonl";
}

class PodStore {
 public:
  using Pod = changes::Pod;

  explicit PodStore(std::string state_dir) : dir_(std::move(state_dir)) {}  // <state>/pods

  // `workspace`: an existing directory; links in its path are resolved. Not flushed to the device: what a
  // power failure leaves of a new pod shows in damaged().
  // `from`: a pod of this very directory whose changes are copied first, with its lock held by the caller,
  // and which stays as it is. Errors then also: `invalid` for a pod of another directory, those of
  // copy_tree.h.
  Result<Pod> create(const std::string& workspace, const std::string& profile, const Pod* from = nullptr,
                     bool direct = false) const;
  // A pod in which nothing ran: `fill` writes its upper directory, and records beside it into its own, before
  // anybody can see it. `batch` as in Pod.
  using Fill = std::function<Status(int directory, int upper)>;
  Result<Pod> create_filled(const std::string& workspace, const std::string& batch, std::int64_t base_ns,
                            const Fill& fill) const;
  // The newest pod of this very directory.
  Result<std::optional<Pod>> last_of(const std::string& workspace) const;
  // Oldest first. Pods whose pod.json cannot be read are left out and stand in damaged().
  Result<std::vector<Pod>> list() const;
  Result<std::vector<std::string>> damaged() const;  // their ids
  Result<std::optional<Pod>> find(const std::string& id) const;

  // Removes the pod with all that the agent left, and what earlier removals left behind. The caller holds
  // lock() unless the pod is damaged. Error `denied` when something in it cannot be removed.
  Status remove(const Pod& pod) const;
  Status remove_id(const std::string& id) const;  // also a damaged one
  // For a pod whose upper directory is empty, under lock() as well: it is none any more, and its directory is
  // kept for the next one, up to four of them. Not flushed: should the power fail now, an unchanged pod is
  // there again.
  Status retire_unchanged(const Pod& pod) const;
  // Does its upper directory hold anything? Also true where that cannot be seen: only what is known to be
  // empty may go.
  static bool has_changes(const Pod& pod);

  // The lock described above, for the launcher and for who changes the pod or its host files. Error
  // `unavailable` when somebody else holds it.
  Result<os::Fd> lock(const Pod& pod) const;
  // Keeps launchers, commit and discard away while the pod is copied; many may hold it so at once. Error
  // `unavailable` while it runs.
  Result<os::Fd> hold(const Pod& pod) const;
  // Does somebody hold it now? Nothing is promised about the next instant.
  bool running(const Pod& pod) const;

  // <state>/pods/<id>: the records of diff and commit lie there too.
  std::string directory(const Pod& pod) const { return dir_ + "/" + pod.id; }
  // Was a commit of it cut off (or is one under way)? The next one finishes it.
  bool commit_interrupted(const Pod& pod) const;

 private:
  Result<Pod> read(const std::string& id) const;
  Status sweep(int dir) const;
  Result<Pod> make(Pod pod, const std::string& workspace, const Fill& fill) const;
  Status take_out(int store, const std::string& id) const;

  std::string dir_;
};

}  // namespace weir::changes
