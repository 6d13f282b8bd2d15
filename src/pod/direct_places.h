// Where a path of a pod's program leads, and whether that is the direct workspace (direct.h).
//
//   const auto place = places.find(thread, AT_FDCWD, "../notes.txt", true);
//   if (place && place->inside) … openat(place->host_dir.get(), place->last.c_str(), …)
//
// The path is walked by the kernel below the pod's root directory, links and ".." as a program there meets
// them; only a link at its end is followed by hand. What comes out is the directory as the host's workspace
// has it, by descriptor, and the name that is left: the same directory as the pod's, or there is no place.
// How exactly a program would have understood its path protects nothing: what is judged and then changed is
// what stands here. Inside the room only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "changes/beneath.h"
#include "os/fd.h"
#include "pod/pod_spec.h"

namespace weir::pod {

struct DirectPlace {
  bool inside = false;   // in the workspace; else only this is said
  std::string path;      // relative to the workspace; "" is the workspace itself
  os::Fd host_dir;       // O_PATH: the directory that holds it; itself when `last` is "."
  std::string last;      // "." for a directory that was named by itself
  changes::Node child;   // what is there now; kind none: nothing. Of `last`, no link followed
  int error_number = 0;  // ENOENT …: what it would lie in is no directory there, and nothing else is said
  bool slash = false;    // the path ended in "/"
};

class DirectPlaces {
 public:
  static Result<DirectPlaces> create(int root, const PodMount& workspace);

  // None: it leads to nothing that can be found so; the kernel answers. That something of the workspace is
  // not there is no such case: by the time the kernel looks, another thread's call may have made it.
  // `follow`: a link at its end, too.
  std::optional<DirectPlace> find(pid_t thread, int dir, const std::string& path, bool follow) const;

  int host() const { return host_.get(); }  // the workspace on the host

 private:
  DirectPlaces() = default;
  std::optional<DirectPlace> nowhere(std::string path, int error_number) const;
  std::optional<DirectPlace> inside(const os::Fd& dir, const std::string& last) const;

  int root_ = -1;
  std::string at_;  // the workspace's path in the pod
  os::Fd host_;
  std::uint64_t mount_ = 0;       // the workspace's mount in the pod
  std::uint64_t proc_mount_ = 0;  // whose links are no texts
};

}  // namespace weir::pod
