// A pod's workspace as a copy, where there is no overlay to be had: made before the pod starts, and when it
// has ended turned into what an overlay would have left, so that review, commit and discard know no
// difference. Inside the room only.
//
//   TRY(auto copy, WorkingCopy::make(overlay));     // the mount of kind overlay
//   … the program works in copy->workspace(), with copy->home() and copy->tmp() …
//   TRY_STATUS(copy->take_changes());               // into overlay.upper
//
// Everything lies in the overlay's work directory, which is the pod's own, and goes with this object. Bytes
// are shared with the workspace where the file system can (reflinks). Left out are sockets, pipes, devices,
// and what its own permissions close to this user; none of that counts as deleted.
//
// What changed is told by the clock that nobody in the pod can set: a file is as it was when it is the same
// inode under the same name with a ctime from before the program started.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "changes/copy_tree.h"
#include "os/fd.h"
#include "pod/pod_spec.h"

namespace weir::pod {

class WorkingCopy {
 public:
  // Errors: `invalid` when the upper layer holds something already (--from), those of copy_tree().
  static Result<std::unique_ptr<WorkingCopy>> make(const PodMount& overlay);
  ~WorkingCopy();
  WorkingCopy(const WorkingCopy&) = delete;
  WorkingCopy& operator=(const WorkingCopy&) = delete;

  std::string workspace() const { return work_ + "/workspace"; }
  std::string home() const { return work_ + "/home"; }
  std::string tmp() const { return work_ + "/tmp"; }
  std::string scratch() const { return work_ + "/scratch"; }  // empty, for a launcher's own
  const std::vector<std::string>& left_out() const { return record_.left_out; }
  std::uint64_t disk_bytes() const { return disk_bytes_; }  // what the untouched copy holds

  // Moves what is new or changed into the upper layer and writes there what was deleted. Nobody may work in
  // the copy any more. Error: the upper layer then holds a part.
  Status take_changes();

 private:
  WorkingCopy(std::string work, std::string upper) : work_(std::move(work)), upper_(std::move(upper)) {}
  Status fill(const std::string& from);

  std::string work_;
  std::string upper_;
  changes::CopyRecord record_;
  std::uint64_t disk_bytes_ = 0;
  std::int64_t made_ns_ = 0;  // ctime of the last thing that was made, by the clock of the file system
};

// What take_changes() does, over opened directories. `made_ns`: a ctime later than that is the pod's.
Status take_copy_changes(int copy, int upper, const changes::CopyRecord& record, std::int64_t made_ns,
                         const changes::ChangeLimits& limits = {});

}  // namespace weir::pod
