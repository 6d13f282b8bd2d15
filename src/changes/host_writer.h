// Bringing single changes to the host so that every path holds the old or the new at any instant. Inside the
// room only.
//
// The new thing is written under a temporary name in the same directory, flushed, and swapped in: with
// RENAME_NOREPLACE where there was nothing, with RENAME_EXCHANGE where something stood, so that what comes
// out can be looked at and put back if it is not what was reviewed (renameat2(2)). Directories are held by
// descriptors below the workspace's; nobody's symbolic link is followed (beneath.h).
#pragma once

#include <string>
#include <vector>

#include "changes/change.h"
#include "os/fd.h"

namespace weir::changes {

// A change that lies ready under its temporary name.
struct Staged {
  const Change* change = nullptr;
  os::Fd parent;
  os::Fd file;  // of a regular file, for the flush
  std::string temporary;
  Node made;  // what was put under that name
};

class HostWriter {
 public:
  HostWriter(int host_root, int upper_root) : host_(host_root), upper_(upper_root) {}

  // added, modified and retyped: writes what the pod has beside its place, making directories above that are
  // missing. Error `unavailable` when the pod's file is no longer what was compared.
  Result<Staged> stage(const Change& change, const std::string& temporary);
  // Everything staged reaches the device.
  Status flush(const std::vector<Staged>& staged);
  // Swaps it in. Error `exists` when the host's side is no longer what was compared; all is as before then,
  // or the error says under which name the host's lies.
  Status put(const Staged& staged);
  // Takes the temporary away again, if it is ours: after a failed put it may be the only name of the host's.
  void drop(const Staged& staged);

  Status remove(const Change& change, const std::string& temporary);  // deleted
  Status set_mode(const Change& change);                              // mode
  Status flush_directories();                                         // names reach the device

  // Takes away what an interrupted commit left of one path. `host`, `pod`: what either side was then
  // (state_text()). Error `exists` when it is not ours to remove.
  Status clear(const std::string& path, const std::string& temporary, const std::string& host,
               const std::string& pod);

 private:
  Result<os::Fd> parent_for(const std::string& path);
  Result<os::Fd> stage_file(const Change& change, int parent, const std::string& temporary);

  int host_;
  int upper_;
};

}  // namespace weir::changes
